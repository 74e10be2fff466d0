"""Attacks on a running daemon: other users, squatters, and more connections than anybody needs."""

import contextlib
import json
import os
import re
import resource
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from agent.web.connections import MAX_CONNECTIONS
from tests.stand.asking import ORIGIN, connect, new_challenge, send, wait_until
from tests.stand.parts import ROOT, Agent, free_port
from tests.stand.processes import Program
from tests.stand.waiting import LIMIT

WHO = "a program of this computer"

MANY = 10_000
# Says what the agent answers to an order; trusts every certificate, because the user's root is the user's alone.
CLIENT = """
import http.client, json, ssl, sys
context = ssl._create_unverified_context()
connection = http.client.HTTPSConnection(sys.argv[1], int(sys.argv[2]), timeout=120, context=context)
headers = {"Origin": "https://portal.test", "Content-Type": "application/json", "Host": "localhost:" + sys.argv[2]}
connection.request(sys.argv[3], sys.argv[4], sys.argv[5] or None, headers)
answer = connection.getresponse()
print(json.dumps([answer.status, dict(answer.getheaders()), answer.read().decode()]))
"""


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Agent]:
    """A running daemon of its own, without screen, reader and card."""
    agent = Agent(tmp_path / "agent", tmp_path, {"DISPLAY": ""}, ports=[free_port()])
    yield agent
    agent.stop()


def still_serves(agent: Agent) -> None:
    """Fails unless a page of the user is answered; without a screen an order gets as far as the card host."""
    status, _, body = send(agent, "GET", "/v1/hello", headers={"Origin": ORIGIN})
    assert (status, json.loads(body)) == (200, {"service": "cardlogin", "protocol": 1})


def orders(agent: Agent) -> int:
    """How many orders have reached the card host so far, as the log says."""
    return len(re.findall(r"agent\.signing: order", agent.log.read_text("utf-8")))


def as_other_user(agent: Agent, method: str, path: str, body: str = "", address: str = "127.0.0.1") -> list[object]:
    """Status, headers and body that a process of another user gets; needs root, as in CI."""
    if os.geteuid() != 0:
        pytest.fail("this test starts a process of another user: run it as root, as CI does")
    result = subprocess.run(
        ["/usr/bin/python3", "-c", CLIENT, address, str(agent.port), method, path, body], user="nobody",
        group="nogroup", extra_groups=[], capture_output=True, text=True, check=True, timeout=LIMIT, cwd="/",
    )  # fmt: skip
    answer: list[object] = json.loads(result.stdout)
    return answer


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/hello"), ("GET", "/v1/popup"), ("POST", "/v1/authenticate"), ("OPTIONS", "/v1/authenticate")],
)
def test_process_of_another_user(agent: Agent, method: str, path: str, address: str) -> None:
    challenge = json.dumps({"challenge": new_challenge()}) if method == "POST" else ""
    status, headers, body = as_other_user(agent, method, path, challenge, address)
    assert (status, json.loads(str(body))["code"]) == (421, "other_user")
    assert isinstance(headers, dict)
    # The other user's page is to read that it has to try the next port; a popup page is read by nobody.
    assert headers.get("Access-Control-Allow-Origin") == (None if path == "/v1/popup" else ORIGIN)
    assert orders(agent) == 0
    still_serves(agent)


def test_process_of_the_same_user_as_a_control(agent: Agent) -> None:
    """The attack's client does get an answer when it is ours: so it is the user that is refused, not the client."""
    command = ["/usr/bin/python3", "-c", CLIENT, "127.0.0.1", str(agent.port), "GET", "/v1/hello", ""]
    result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=LIMIT, cwd="/")
    assert json.loads(result.stdout)[0] == 200


@contextlib.contextmanager
def squatted(port: int) -> Iterator[socket.socket]:
    """Another program has taken a port before the agent starts."""
    with socket.create_server(("127.0.0.1", port)) as squatter:
        yield squatter


class TestPortSquatting:
    """A program that holds the first published port before the agent starts."""

    def test_agent_takes_the_next_port_and_says_so(self, tmp_path: Path) -> None:
        ports = [free_port(), free_port()]
        with squatted(ports[0]):
            agent = Agent(tmp_path / "agent", tmp_path, {"DISPLAY": ""}, ports=ports)
            try:
                assert agent.port == ports[1]
                still_serves(agent)
            finally:
                agent.stop()

    def test_squatter_cannot_pass_for_the_agent(self, tmp_path: Path, agent: Agent) -> None:
        """Whoever trusts the agent's root does not talk to a program that has another certificate."""
        key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(key),
             "-out", str(certificate)], check=True, capture_output=True, timeout=LIMIT,
        )  # fmt: skip
        port = free_port()
        command = [
            "openssl",
            "s_server",
            "-accept",
            f"127.0.0.1:{port}",
            "-key",
            str(key),
            "-cert",
            str(certificate),
            "-www",
        ]
        with ExitStack() as stack:
            server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            stack.callback(server.wait)
            stack.callback(server.kill)
            context = ssl.create_default_context(cafile=str(agent.root))
            wait_until(lambda: _listening(port))
            with socket.create_connection(("127.0.0.1", port)) as sock, pytest.raises(ssl.SSLCertVerificationError):
                context.wrap_socket(sock, server_hostname="localhost")
        still_serves(agent)


def _listening(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def hold_connections(agent: Agent, stack: ExitStack, count: int, first: bytes, *, tls: bool) -> None:
    """Opens connections, says something on each and keeps them."""
    context = ssl._create_unverified_context()  # noqa: S323  # an attacker does not care
    for number in range(count):
        sock = socket.create_connection(("127.0.0.1", agent.port), timeout=LIMIT)
        if tls:
            sock = context.wrap_socket(sock)
            sock.sendall(first)
        stack.callback(sock.close)
        if number % 1000 == 999:
            still_serves(agent)


@pytest.mark.parametrize(
    ("tls", "first"),
    [
        pytest.param(False, b"", id="silent"),
        pytest.param(True, b"", id="tls"),
        pytest.param(True, b"GET /v1/hello HTTP/1.1\r\nHost:", id="headers"),
    ],
)
@pytest.mark.slow
@pytest.mark.timeout(240)
def test_ten_thousand_connections(agent: Agent, tls: bool, first: bytes) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < MANY + 500:
        pytest.fail(f"this test opens {MANY} connections itself: raise the hard limit of open files ({hard})")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, MANY + 500), hard))
    process = psutil.Process(agent.program.pid)
    before = process.memory_info().rss / 2**20
    idle = connect(agent)
    idle.request("GET", "/v1/hello")
    assert idle.getresponse().read()
    with ExitStack() as stack:
        stack.callback(idle.close)
        hold_connections(agent, stack, MANY, first, tls=tls)
        assert process.num_fds() <= MAX_CONNECTIONS + 128
        still_serves(agent)
    wait_until(lambda: process.num_fds() < 64, 30)
    wait_until(lambda: process.memory_info().rss / 2**20 < before + 25, 30)
    still_serves(agent)
    assert "Traceback" not in agent.log.read_text("utf-8")


def test_system_with_few_files(tmp_path: Path) -> None:
    """A hard limit of 256 open files: fewer connections, and no failure."""
    state = tmp_path / "agent"
    state.mkdir()
    (state / "agent.toml").write_text(
        f"state = {json.dumps(str(state))}\n[hipki]\nport = 0\n[web]\nports = [{free_port()}]\n"
    )
    command = ["prlimit", "--nofile=256:256", "--", *Agent.command(state / "agent.toml")]
    program = Program.start("agent", command, logs=tmp_path, env={"DISPLAY": ""}, cwd=ROOT)
    try:
        port = int(program.ready.rpartition(":")[2])
        root = ssl.create_default_context(cafile=str(state / "identity" / "root.pem"))
        with ExitStack() as stack:
            for _ in range(600):
                sock = socket.create_connection(("127.0.0.1", port), timeout=LIMIT)
                stack.callback(sock.close)
            with socket.create_connection(("127.0.0.1", port), timeout=LIMIT) as sock:
                tls = stack.enter_context(root.wrap_socket(sock, server_hostname="localhost"))
                tls.sendall(f"GET /v1/hello HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n".encode())
                assert tls.recv(1000).startswith(b"HTTP/1.1 200")
            assert psutil.Process(program.pid).num_fds() < 200
    finally:
        program.stop()
