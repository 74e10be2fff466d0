"""The old component runs beside us: whoever has the port first keeps it, and we serve everything else."""

import http.client
import json
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.card.attacks.test_ports import SQUATTER, get, says
from tests.stand.parts import ROOT, Agent, free_port
from tests.stand.processes import Program
from tests.stand.waiting import LIMIT, wait_until


@contextmanager
def component(port: int, user: str | None) -> Iterator[None]:
    """A program called `chtnode` holds the port, of this user or, where one is named, of another; that needs root."""
    if user is not None and os.geteuid() != 0:
        pytest.fail("this test starts a process of another user: run it as root, as CI does")
    more = {} if user is None else {"user": user, "group": "nogroup", "extra_groups": []}
    program = subprocess.Popen(
        ["chtnode", "-c", f"open('/proc/self/comm', 'w').write('chtnode')\n{SQUATTER}", str(port)],
        executable="/usr/bin/python3", stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd="/", **more,  # type: ignore[call-overload]
    )  # fmt: skip
    try:
        assert program.stdout is not None
        assert program.stdout.readline() == b"held\n"
        yield
    finally:
        program.communicate(timeout=LIMIT)


@contextmanager
def daemon(folder: Path, port: int, old: int) -> Iterator[Program]:
    """A daemon with the old component's port."""
    folder.mkdir()
    settings = folder / "agent.toml"
    web = f"[web]\nports = [{port}]\nhttp_port = 0\n[hipki]\nport = {old}\n"
    settings.write_text(f"state = {json.dumps(str(folder))}\n{web}")
    program = Program.start("agent", Agent.command(settings), logs=folder, env={"DISPLAY": ""}, cwd=ROOT, ready=False)
    try:
        yield program
    finally:
        program.stop()


def is_ours(old: int) -> bool:
    """Whether the popup at the old component's port is ours."""
    connection = http.client.HTTPConnection("localhost", old, timeout=LIMIT)
    try:
        headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
        connection.request("GET", "/popupForm", headers=headers)
        return b"page-token" in connection.getresponse().read()
    except OSError:
        return False
    finally:
        connection.close()


@pytest.mark.parametrize("user", [None, "nobody"])
def test_component_is_running(tmp_path: Path, user: str | None) -> None:
    port, old = free_port(), free_port()
    root = tmp_path / "agent" / "identity" / "root.pem"
    with ExitStack() as stack:
        held = stack.enter_context(ExitStack())
        held.enter_context(component(old, user))
        program = stack.enter_context(daemon(tmp_path / "agent", port, old))
        says(program, f"ready https://localhost:{port}")
        says(program, f"{old}: ")
        status = get(port, "/status", root)
        assert status.status == 200
        assert str(old) in status.text
        if user is not None:
            assert f"(user {user})" in status.text
        # The system names a program to whom it belongs and to root; that is who can start one of another user here.
        assert "chtnode" in status.text
        says(program, "chtnode")
        held.close()
        wait_until(lambda: is_ours(old), between=0.2)


def test_component_comes_back_and_finds_the_port_taken(tmp_path: Path) -> None:
    """Also as on Windows, where a program can ask for an address that is in use."""
    port, old = free_port(), free_port()
    with daemon(tmp_path / "agent", port, old) as program:
        says(program, f"ready https://localhost:{port}")
        wait_until(lambda: is_ours(old), between=0.2)
        for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
            with socket.socket(family) as sock:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                with pytest.raises(OSError, match="in use"):
                    sock.bind((address, old))
        assert is_ours(old)
