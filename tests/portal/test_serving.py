"""The portal behind gunicorn and TLS, as the demonstration runs it."""

import contextlib
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPResponse, HTTPSConnection
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.portal.pki import DAY, NOW, Pki
from tests.portal.test_configuration import demo_environment, run
from tests.stand.waiting import LIMIT, wait_until

ROOT = Path(__file__).parents[2]


def make_tls(folder: Path) -> None:
    """Write tls.key and tls.crt for portal.test into a folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "portal.test")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + DAY)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("portal.test")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "tls.key").write_bytes(pem)
    (folder / "tls.crt").write_bytes(certificate.public_bytes(Encoding.PEM))


@pytest.fixture
def tls(tmp_path: Path) -> Path:
    """A folder with tls.key and tls.crt."""
    make_tls(tmp_path)
    return tmp_path


def start(environment: dict[str, str], tls: Path, port: int) -> subprocess.Popen[str]:
    """Start the server with the demonstration's command."""
    files = ["--certfile", str(tls / "tls.crt"), "--keyfile", str(tls / "tls.key")]
    command = [sys.executable, "-m", "gunicorn", "-c", "python:portal.serving", *files]
    return subprocess.Popen(
        [*command, "-b", f"127.0.0.1:{port}", "portal.wsgi"],
        env=environment,
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Visitor:
    """Asks for pages over TLS, trusting the certificate of the test only."""

    def __init__(self, tls: Path, port: int) -> None:
        self._context = ssl.create_default_context(cafile=tls / "tls.crt")
        self.port = port

    def get(self, path: str) -> tuple[HTTPResponse, bytes]:
        """Return the answer and its body."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=LIMIT) as plain:
            connection = HTTPSConnection("portal.test", self.port)
            connection.sock = self._context.wrap_socket(plain, server_hostname="portal.test")
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
            connection.close()
            return answer, body

    def wait(self) -> None:
        """Return when the server answers."""

        def answers() -> bool:
            with contextlib.suppress(OSError):
                self.get("/")
                return True
            return False

        wait_until(answers)


@pytest.fixture
def visitor(tmp_path: Path, pki: Pki, tls: Path) -> Iterator[Visitor]:
    """A visitor of a running server; the server is ended afterwards."""
    environment = demo_environment(tmp_path, pki)
    assert run(environment, "migrate", "--verbosity", "0").returncode == 0
    made = Visitor(tls, free_port())
    with start(environment, tls, made.port) as process:
        try:
            made.wait()
            yield made
        finally:
            process.terminate()
            assert process.stderr is not None
            said = process.stderr.read()
    assert process.returncode == 0, said


def test_pages_and_files_over_tls(visitor: Visitor) -> None:
    page, body = visitor.get("/accounts/login/")
    assert page.status == 200
    assert "以憑證卡登入".encode() in body
    assert b'data-agent-ports="50001,50002"' in body
    assert "https://localhost:50001 https://localhost:50002" in page.headers["Content-Security-Policy"]
    assert page.headers["Set-Cookie"].startswith("__Host-csrf=")
    style, body = visitor.get("/static/portal/portal.css")
    assert (style.status, style.headers["Content-Type"]) == (200, 'text/css; charset="utf-8"')
    assert b"prefers-color-scheme" in body
    script, _ = visitor.get("/static/cardlogin/cardlogin.js")
    assert script.status == 200


def test_idle_connections_do_not_hold_the_server(visitor: Visitor) -> None:
    idle = [socket.create_connection(("127.0.0.1", visitor.port)) for _ in range(12)]
    try:
        page, _ = visitor.get("/")
        assert page.status == 200
        # None of them had to be given up for it.
        for connection in idle:
            connection.setblocking(False)
            with pytest.raises(BlockingIOError):
                connection.recv(1)
    finally:
        for connection in idle:
            connection.close()


def test_server_without_trust_anchors_does_not_come_up(tmp_path: Path, pki: Pki, tls: Path) -> None:
    environment = demo_environment(tmp_path, pki) | {"CARDLOGIN_PKI": str(tmp_path)}
    with start(environment, tls, free_port()) as process:
        _, said = process.communicate(timeout=LIMIT)
    assert process.returncode != 0
    assert "at least one anchor" in said
