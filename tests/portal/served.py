"""A portal that runs as a process of its own, and connections to it as raw as a test wants them."""

import contextlib
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.portal.pki import Pki
from tests.portal.test_configuration import demo_environment, run
from tests.portal.test_serving import ROOT, free_port, make_tls
from tests.stand.waiting import LIMIT, wait_until

HEAD = b"GET /accounts/login/ HTTP/1.1\r\nHost: portal.test\r\nX-Forwarded-Proto: https\r\n"
"""A request up to the empty line that ends it."""


@dataclass(frozen=True)
class Server:
    """A running portal: where it listens, what it trusts to (None: plain HTTP, as behind a balancer), what it said."""

    port: int
    context: ssl.SSLContext | None
    log: Path
    process: subprocess.Popen[bytes]

    def plain(self) -> socket.socket:
        """A TCP connection, nothing else."""
        return socket.create_connection(("127.0.0.1", self.port), LIMIT)

    def connect(self) -> socket.socket:
        """A connection on which HTTP can be spoken."""
        raw = self.plain()
        return self.context.wrap_socket(raw, server_hostname="portal.test") if self.context else raw

    def page(self, connection: socket.socket) -> bytes:
        """The first line of the log-in page's answer on this connection, all of which is read."""
        connection.sendall(HEAD + b"\r\n")
        with connection.makefile("rb") as answer:
            first: bytes = answer.readline()
            length = 0
            while (line := answer.readline().strip()) != b"":
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            answer.read(length)
        return first.strip()

    def visit(self) -> bytes:
        """A visitor's own connection and page."""
        with self.connect() as connection:
            return self.page(connection)


@contextlib.contextmanager
def serving(folder: Path, pki: Pki, kind: str, *more: str) -> Iterator[Server]:
    """A portal served over `tls` or `plain`."""
    environment = demo_environment(folder, pki)
    assert run(environment, "migrate", "--verbosity", "0").returncode == 0
    make_tls(folder)
    port, log = free_port(), folder / "server.log"
    files = ["--certfile", str(folder / "tls.crt"), "--keyfile", str(folder / "tls.key")] if kind == "tls" else []
    command = [sys.executable, "-m", "gunicorn", "-c", "python:portal.serving", "-b", f"127.0.0.1:{port}", *files]
    with (
        log.open("wb") as file,
        subprocess.Popen([*command, *more, "portal.wsgi"], env=environment, cwd=ROOT, stderr=file) as process,
    ):
        context = ssl.create_default_context(cafile=folder / "tls.crt") if kind == "tls" else None
        server = Server(port, context, log, process)

        def answers() -> bool:
            with contextlib.suppress(OSError):
                return server.visit() == b"HTTP/1.1 200 OK"
            return False

        try:
            wait_until(answers)
            yield server
        finally:
            process.terminate()
    assert process.returncode == 0, log.read_text()
