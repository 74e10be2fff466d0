"""The web server: what it serves, its limits, and that it only listens on loopback."""

import base64
import contextlib
import http.client
import json
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from cardsim.errors import SimulatorError
from cardsim.pki import server as server_module
from cardsim.pki.ocsp import MAX_REQUEST
from cardsim.pki.places import base_port
from cardsim.pki.server import PkiServer
from cardsim.pki.state import set_state
from tests.stand.waiting import LIMIT


@contextlib.contextmanager
def _served(folder: Path) -> Iterator[PkiServer]:
    with PkiServer(folder) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def server(pki: Path, tmp_path: Path) -> Iterator[PkiServer]:
    """A running server over a copy of the PKI."""
    with _served(Path(shutil.copytree(pki, tmp_path / "pki"))) as server:
        yield server


def _ask(
    server: PkiServer, method: str, path: str, body: bytes | None = None, media_type: str = "application/ocsp-request"
) -> tuple[int, str | None, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", base_port(server.base_url), timeout=LIMIT)
    try:
        connection.request(method, path, body, {"Content-Type": media_type} if body is not None else {})
        reply = connection.getresponse()
        return reply.status, reply.headers["Content-Type"], reply.read()
    finally:
        connection.close()


def test_lists_and_certificates(server: PkiServer) -> None:
    status, kind, body = _ask(server, "GET", "/crl/moica-complete.crl")
    assert (status, kind) == (200, "application/pkix-crl")
    assert len(x509.load_der_x509_crl(body)) == 4
    assert _ask(server, "GET", "/certs/moeaca-IssuedToThisCA.p7b")[1] == "application/pkcs7-mime"
    assert _ask(server, "HEAD", "/crl/moica-complete.crl") == (200, "application/pkix-crl", b"")


@pytest.mark.parametrize(
    "path", ["/", "/pki.json", "/../pki.json", "/crl/", "/crl/moica-01.crl?x=1", "/%63rl/moica-01.crl"]
)
def test_nothing_else_is_served(server: PkiServer, path: str) -> None:
    assert _ask(server, "GET", path)[0] == 404


@pytest.mark.parametrize(
    ("path", "body", "media_type", "status"),
    [
        ("/ocsp/moica", b"x", "application/ocsp-request", 200),
        ("/ocsp/root", b"x", "application/ocsp-request", 404),
        ("/ocsp/moica", b"x", "text/plain", 415),
        ("/ocsp/moica", b"x" * (MAX_REQUEST + 1), "application/ocsp-request", 413),
    ],
)
def test_ocsp_over_http(server: PkiServer, path: str, body: bytes, media_type: str, status: int) -> None:
    assert _ask(server, "POST", path, body, media_type)[0] == status


@pytest.mark.parametrize("length", ["", "-1", "1e3", "٣", "9" * 5000])
def test_odd_lengths_are_refused(server: PkiServer, length: str) -> None:
    head = f"POST /ocsp/moica HTTP/1.0\r\nContent-Type: application/ocsp-request\r\nContent-Length: {length}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", base_port(server.base_url)), timeout=LIMIT) as connection:
        connection.sendall(head.encode())
        assert connection.recv(100).split(b" ")[1] in (b"411", b"413")


@pytest.mark.parametrize(
    "raw", [b"\x00\xff\r\n\r\n", b"GET\r\n\r\n", b"BREW / HTTP/1.1\r\n\r\n", b"GET /" + b"a" * 70000]
)
def test_broken_requests_leave_it_alive_and_the_terminal_clean(
    server: PkiServer, raw: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    address = ("127.0.0.1", base_port(server.base_url))
    with contextlib.suppress(ConnectionError), socket.create_connection(address, timeout=LIMIT) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1000)
    assert _ask(server, "GET", "/crl/moica-01.crl")[0] == 200
    assert capfd.readouterr() == ("", "")


def test_an_unexpected_fault_is_one_line(
    server: PkiServer, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(path: str) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(server.publication, "document", broken)
    with pytest.raises(http.client.RemoteDisconnected):
        _ask(server, "GET", "/crl/moica-01.crl")
    assert capfd.readouterr().err == "cardsim crl-server: request failed: ZeroDivisionError\n"


def test_damaged_states_are_503_not_an_old_list(server: PkiServer, tmp_path: Path) -> None:
    (tmp_path / "pki" / "state.json").write_text("damaged")
    assert _ask(server, "GET", "/crl/moica-01.crl")[0] == 503
    assert _ask(server, "POST", "/ocsp/moica", b"x")[0] == 503


def test_a_state_changed_from_outside_shows(server: PkiServer, tmp_path: Path) -> None:
    set_state(tmp_path / "pki", "citizen", "revoked")
    assert len(x509.load_der_x509_crl(_ask(server, "GET", "/crl/moica-complete.crl")[2])) == 6


def test_too_many_connections(server: PkiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    port = base_port(server.base_url)
    with contextlib.ExitStack() as stack:
        for _ in range(server_module.MAX_CONNECTIONS):
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=LIMIT))
        extra = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=LIMIT))
        with contextlib.suppress(ConnectionError):
            assert extra.recv(1) == b""


def test_only_loopback(server: PkiServer) -> None:
    assert server.server_address[0] == "127.0.0.1"


def test_another_port_or_a_taken_one(server: PkiServer, pki: Path) -> None:
    with pytest.raises(SimulatorError, match="not port 1"):
        PkiServer(pki, 1)
    with pytest.raises(SimulatorError, match="cannot listen"):
        PkiServer(pki)


@pytest.mark.parametrize(
    ("card", "verdict"),
    [("citizen", ": good"), ("revoked", "keyCompromise"), ("suspended", "certificateHold"), ("untrusted", ": unknown")],
)
def test_the_openssl_command_accepts_the_ocsp_answers(
    server: PkiServer, tmp_path: Path, card: str, verdict: str
) -> None:
    folder = tmp_path / "pki"
    image = json.loads((folder / "cards" / f"{card}.json").read_text())
    chain = [(folder / name).read_bytes() for name in ("anchors/root.cer", "issuers/moica.cer")]
    command: list[str | Path] = [
        "openssl", "ocsp", "-url", f"{server.base_url}/ocsp/moica",
        "-issuer", _pem(tmp_path / "issuer", chain[1]),
        "-cert", _pem(tmp_path / "card", base64.b64decode(image["keys"]["9A"]["certificate"])),
        "-CAfile", _pem(tmp_path / "chain", *chain),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=LIMIT)
    assert verdict in done.stdout
    # Silence about the nonce means that it was the one sent.
    assert done.stderr == "Response verify OK\n"


def _pem(path: Path, *certificates: bytes) -> Path:
    loaded = [x509.load_der_x509_certificate(der) for der in certificates]
    path.write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in loaded))
    return path
