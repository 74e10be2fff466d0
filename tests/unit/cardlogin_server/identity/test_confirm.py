"""The identity check over mutual TLS, against a server on loopback that asks for the client's certificate."""

import base64
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from typing_extensions import override

from cardlogin_server.identity.confirm import Confirmation, ConfirmerUnavailable, HttpIdentityConfirmer, Pair
from tests.unit.cardlogin_server.pki import Authority, make_authority, name, rsa_key

OWNED, FOREIGN, CLOSED, BUSY = "0000000000000001", "0000000000000002", "0000000000000003", "0000000000000004"
NATIONAL_ID = "A123456789"
OUTCOMES = {OWNED: 0, FOREIGN: 1, CLOSED: 2, BUSY: 999}
ALL = [Pair(serial, NATIONAL_ID) for serial in OUTCOMES]


def authority(label: str) -> Authority:
    return make_authority(label, name((NameOID.COMMON_NAME, label)), None)


def write(folder: Path, label: str, issuer: Authority) -> None:
    """A key and a certificate for 127.0.0.1 as PEM files."""
    key, now = rsa_key(label), datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name((NameOID.COMMON_NAME, label)))
        .issuer_name(issuer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False)
        .sign(issuer.key, hashes.SHA256())
    )
    (folder / f"{label}.pem").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / f"{label}.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificates of the ministry, of a client with a contract, and of one that made its own."""
    folder = tmp_path_factory.mktemp("confirm")
    ministry, stranger = authority("ministry"), authority("stranger")
    for label, issuer in (("server", ministry), ("client", ministry), ("intruder", stranger)):
        write(folder, label, issuer)
    for label, issuer in (("ministry", ministry), ("other", stranger)):
        (folder / f"{label}.pem").write_bytes(issuer.certificate.public_bytes(Encoding.PEM))
    return folder


class Service(HTTPServer):
    """The service: answers from OUTCOMES when the signature is the client's, unless told to answer otherwise."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "server.pem", folder / "server.key")
        context.load_verify_locations(folder / "ministry.pem")
        context.verify_mode = ssl.CERT_REQUIRED
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.requests: list[dict[str, Any]] = []
        self.twist: Callable[[dict[str, Any]], object] = lambda answer: answer
        self.status = 200

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.server_address[1]}/CheckSNPID"

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: refused handshakes are what some tests are about."""


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: Service  # type: ignore[mutable-override]

    def do_POST(self) -> None:
        """Check the signature and answer each pair."""
        envelope = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        signature = base64.b64decode(envelope["signature"])
        rsa_key("client").public_key().verify(
            signature, envelope["request"].encode(), padding.PKCS1v15(), hashes.SHA256()
        )
        request = json.loads(envelope["request"])
        self.server.requests.append(request)
        outcomes = [OUTCOMES[serial] for serial, _ in request["pairs"]]
        answer = self.server.twist({"nonce": request["nonce"], "outcomes": outcomes})
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_message(self, format: str, *arguments: object) -> None:
        """Keep quiet."""


@pytest.fixture
def service(folder: Path) -> Iterator[Service]:
    """The service, running."""
    with Service(folder) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def confirmer(
    folder: Path, service: Service, client: str = "client", authorities: str = "ministry"
) -> HttpIdentityConfirmer:
    certificate, key = folder / f"{client}.pem", folder / f"{client}.key"
    return HttpIdentityConfirmer(
        service.url, certificate=certificate, key=key, authorities=folder / f"{authorities}.pem"
    )


def test_four_outcomes(folder: Path, service: Service) -> None:
    assert confirmer(folder, service).confirm(ALL) == tuple(Confirmation)
    assert [outcome.name for outcome in Confirmation] == ["CONFIRMED", "NO_SUCH_PAIR", "NOT_ACTIVATED", "ASK_AGAIN"]


def test_request_names_client_time_and_a_fresh_nonce(folder: Path, service: Service) -> None:
    asker = confirmer(folder, service)
    asker.confirm(ALL[:1])
    asker.confirm(ALL[:1])
    first, second = service.requests
    certificate = x509.load_pem_x509_certificate((folder / "client.pem").read_bytes())
    assert first["client_id"] == certificate.fingerprint(hashes.SHA256()).hex()
    assert datetime.fromisoformat(first["time"]).tzinfo
    assert first["nonce"] != second["nonce"]
    assert first["pairs"] == [[OWNED, NATIONAL_ID]]


def test_thousand_pairs_and_no_more(folder: Path, service: Service) -> None:
    asker = confirmer(folder, service)
    assert asker.confirm(ALL * 250) == tuple(Confirmation) * 250
    for pairs in ([], ALL * 251):
        with pytest.raises(ValueError, match="1000"):
            asker.confirm(pairs)


def test_client_without_a_contract(folder: Path, service: Service) -> None:
    with pytest.raises(ConfirmerUnavailable):
        confirmer(folder, service, client="intruder").confirm(ALL)
    assert service.requests == []


def test_server_that_is_not_the_ministrys(folder: Path, service: Service) -> None:
    with pytest.raises(ConfirmerUnavailable):
        confirmer(folder, service, authorities="other").confirm(ALL)
    assert service.requests == []


def test_server_under_another_name(folder: Path, service: Service) -> None:
    url = service.url.replace("127.0.0.1", "localhost")
    asker = HttpIdentityConfirmer(
        url, certificate=folder / "client.pem", key=folder / "client.key", authorities=folder / "ministry.pem"
    )
    with pytest.raises(ConfirmerUnavailable):
        asker.confirm(ALL)


@pytest.mark.parametrize(
    "twist",
    [
        pytest.param(lambda answer: answer | {"nonce": "old"}, id="replayed_answer"),
        pytest.param(lambda answer: answer | {"outcomes": answer["outcomes"][:-1]}, id="too_few"),
        pytest.param(lambda answer: answer | {"outcomes": [*answer["outcomes"], 0]}, id="too_many"),
        pytest.param(lambda answer: answer | {"outcomes": [0, 0, 0, 3]}, id="unknown_outcome"),
        pytest.param(lambda answer: answer | {"outcomes": [False, 0, 0, 0]}, id="false_is_not_zero"),
        pytest.param(lambda answer: answer | {"outcomes": ["0", 0, 0, 0]}, id="text"),
        pytest.param(lambda answer: answer | {"outcomes": {}}, id="object"),
        pytest.param(lambda answer: answer | {"more": 1}, id="more"),
        pytest.param(lambda answer: [], id="list"),
        pytest.param(lambda answer: b"", id="empty"),
        pytest.param(lambda answer: b"[" * 60_000, id="deep"),
        pytest.param(lambda answer: b" " * 70_000, id="huge"),
    ],
)
def test_answer_that_cannot_be_believed(folder: Path, service: Service, twist: Callable[[Any], object]) -> None:
    service.twist = twist
    with pytest.raises(ConfirmerUnavailable) as caught:
        confirmer(folder, service).confirm(ALL)
    assert NATIONAL_ID not in str(caught.value)


@pytest.mark.parametrize("status", [204, 302, 403, 500])
def test_other_status(folder: Path, service: Service, status: int) -> None:
    service.status = status
    with pytest.raises(ConfirmerUnavailable):
        confirmer(folder, service).confirm(ALL)
    assert len(service.requests) == 1


def test_server_that_is_not_there(folder: Path) -> None:
    with Service(folder) as gone:
        asker = confirmer(folder, gone)
    with pytest.raises(ConfirmerUnavailable):
        asker.confirm(ALL)


def test_pair_shows_no_number_by_accident() -> None:
    assert repr(ALL[0]) == "Pair()"
    assert NATIONAL_ID not in f"{ALL}"


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "https://", "https://u@host/", "https://host/#x", ""])
def test_address_must_be_plain_https(folder: Path, url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        HttpIdentityConfirmer(
            url, certificate=folder / "client.pem", key=folder / "client.key", authorities=folder / "ministry.pem"
        )
