"""Another user's program that holds the ports which the agent would listen on; the other user is real."""

import http.client
import json
import os
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.stand.asking import wait_until
from tests.stand.parts import ROOT, Agent, free_port
from tests.stand.processes import Program
from tests.stand.waiting import LIMIT

WHO = "another user of this computer"
pytestmark = pytest.mark.card
# Holds ports on both loopback addresses until its stdin ends.
SQUATTER = """
import socket, sys
held = []
for port in map(int, sys.argv[1:]):
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        sock = socket.socket(family, socket.SOCK_STREAM)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind((address, port))
        sock.listen()
        held.append(sock)
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def squatted(*ports: int) -> Iterator[None]:
    """Another user holds these ports; needs root, as in CI."""
    if os.geteuid() != 0:
        pytest.fail("this test starts a process of another user: run it as root, as CI does")
    command = ["/usr/bin/python3", "-c", SQUATTER, *map(str, ports)]
    squatter = subprocess.Popen(
        command, user="nobody", group="nogroup", extra_groups=[], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        cwd="/",
    )  # fmt: skip
    try:
        assert squatter.stdout is not None
        assert squatter.stdout.readline() == b"held\n"
        yield
    finally:
        squatter.communicate(timeout=LIMIT)


@contextmanager
def daemon(folder: Path, ports: list[int], http_port: int = 0) -> Iterator[Program]:
    """A daemon that has been started, and need not be ready."""
    folder.mkdir()
    settings = folder / "agent.toml"
    settings.write_text(
        f"state = {json.dumps(str(folder))}\n[hipki]\nport = 0\n[web]\nports = {ports}\nhttp_port = {http_port}\n"
    )
    program = Program.start("agent", Agent.command(settings), logs=folder, env={"DISPLAY": ""}, cwd=ROOT, ready=False)
    try:
        yield program
    finally:
        program.stop()


def says(program: Program, text: str) -> None:
    """Returns when the daemon has said something; fails when it has ended."""

    def said() -> bool:
        assert program.process.poll() is None, program.log.read_text()
        return text in program.log.read_text("utf-8")

    wait_until(said)


class Page(NamedTuple):
    """What a browser gets; status 0 where nobody answers."""

    status: int
    text: str = ""
    location: str = ""


def get(port: int, path: str, root: Path | None) -> Page:
    """A page as a person opens it, over TLS with a root and over plain HTTP without."""
    if root is None:
        connection = http.client.HTTPConnection("localhost", port, timeout=LIMIT)
    else:
        context = ssl.create_default_context(cafile=str(root))
        connection = http.client.HTTPSConnection("localhost", port, timeout=LIMIT, context=context)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return Page(answer.status, answer.read().decode(), answer.getheader("Location", ""))
    except (OSError, http.client.HTTPException):
        return Page(0)
    finally:
        connection.close()


@pytest.mark.parametrize("count", [1, 3])
def test_every_port_is_held(tmp_path: Path, count: int) -> None:
    """Keep the agent from starting by holding every port of its list; it waits, names who it is, and serves later."""
    ports = [free_port() for _ in range(count)]
    with ExitStack() as stack:
        held = stack.enter_context(ExitStack())
        held.enter_context(squatted(*ports))
        program = stack.enter_context(daemon(tmp_path / "agent", ports))
        for port in ports:
            says(program, f"{port}: python3")
        says(program, "(user nobody)")
        assert "ready" not in program.log.read_text("utf-8")
        held.close()
        says(program, f"ready https://localhost:{ports[0]}")
        assert get(ports[0], "/v1/hello", tmp_path / "agent" / "identity" / "root.pem").status == 200


def test_daemon_that_waits_for_a_port_is_told_to_stop(tmp_path: Path) -> None:
    """Have an agent that waits for a port stay for ever."""
    port = free_port()
    with squatted(port), daemon(tmp_path / "agent", [port]) as program:
        says(program, "waiting for a port")
        program.process.terminate()
        assert program.process.wait(LIMIT) == 0


def test_plain_port_is_held_at_the_start(tmp_path: Path) -> None:
    """Keep the agent from ever serving popups over plain HTTP, or be what it leads a browser to meanwhile."""
    port, plain = free_port(), free_port()
    root = tmp_path / "agent" / "identity" / "root.pem"
    with ExitStack() as stack:
        held = stack.enter_context(ExitStack())
        held.enter_context(squatted(plain))
        program = stack.enter_context(daemon(tmp_path / "agent", [port], plain))
        says(program, f"ready https://localhost:{port}")
        status = get(port, "/status", root)
        assert f"({plain}: python3 (user nobody))" in status.text
        assert get(port, "/v1/popup", None).status == 0, "nobody is led to a stranger"
        held.close()
        wait_until(lambda: f"<dd>{plain}</dd>" in get(port, "/status", root).text)
        led = get(port, "/v1/popup", None)
        assert led.status == 307
        assert led.location.endswith(f".localhost:{plain}/v1/popup")
