"""Stands in for the ministry's identity check: `python -m portal.standins.confirmer --folder DIR --port N`.

It speaks what cardlogin_server.identity.confirm.HttpIdentityConfirmer asks, over mutual TLS on loopback. DIR/pairs.json
holds what it knows: subject serial numbers of virtual cards, and the ID number of each card's holder. Keys are written
into DIR when it starts: client.pem, client.key and authorities.pem are the portal's (CARDLOGIN_CONFIRMER_FOLDER). When
it answers, it prints "ready" and its address.
"""

import argparse
import base64
import hashlib
import json
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from typing_extensions import override

from cardlogin_server.identity.confirm import MOST_PAIRS, Confirmation
from portal.standins.keys import make_keys

_LARGEST_REQUEST = 262_144
_SKEW = timedelta(minutes=5)
_SECONDS = 10


class ConfirmerStandIn(ThreadingHTTPServer):
    """Answers which of the pairs it is asked about it knows; `url` is where."""

    daemon_threads = True

    def __init__(self, folder: Path, pairs: Mapping[str, str], port: int = 0) -> None:
        """Make new keys in `folder` and listen on a port of loopback, or on any free one."""
        make_keys(folder)
        super().__init__(("127.0.0.1", port), _Handler)
        self.pairs = pairs
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "server.pem", folder / "server.key")
        context.load_verify_locations(folder / "authorities.pem")
        context.verify_mode = ssl.CERT_REQUIRED
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    @property
    def url(self) -> str:
        """Its address."""
        return f"https://127.0.0.1:{self.server_address[1]}/"

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: strangers fail at the handshake."""


class _Handler(BaseHTTPRequestHandler):
    server: ConfirmerStandIn  # type: ignore[mutable-override]
    timeout: ClassVar[float | None] = _SECONDS

    def do_POST(self) -> None:
        try:
            request = _read(self._body(), self._client())
            outcomes = [self._outcome(serial, number).value for serial, number in request["pairs"]]
            status, answer = 200, {"nonce": request["nonce"], "outcomes": outcomes}
        except (ValueError, KeyError, TypeError, RecursionError, InvalidSignature):
            status, answer = 400, {}
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _body(self) -> bytes:
        length = int(self.headers["Content-Length"] or 0)
        if not 0 < length <= _LARGEST_REQUEST:
            raise ValueError("size")
        return self.rfile.read(length)

    def _client(self) -> bytes:
        """The certificate (DER) that the other side has proven itself with."""
        connection = self.connection
        der = connection.getpeercert(binary_form=True) if isinstance(connection, ssl.SSLSocket) else None
        if der is None:
            raise ValueError("no certificate")
        return der

    def _outcome(self, serial: str, number: str) -> Confirmation:
        return Confirmation.CONFIRMED if self.server.pairs.get(serial) == number else Confirmation.NO_SUCH_PAIR

    @override
    def log_message(self, format: str, *arguments: object) -> None:
        """Keep quiet: a request names people's numbers."""


def _read(body: bytes, client: bytes) -> dict[str, Any]:
    envelope = json.loads(body)
    signed = str(envelope["request"]).encode()
    key = x509.load_der_x509_certificate(client).public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        raise ValueError("key")
    key.verify(base64.b64decode(envelope["signature"], validate=True), signed, padding.PKCS1v15(), hashes.SHA256())
    request: dict[str, Any] = json.loads(signed)
    if request["client_id"] != hashlib.sha256(client).hexdigest():
        raise ValueError("client")
    if abs(datetime.now(UTC) - datetime.fromisoformat(request["time"])) > _SKEW:
        raise ValueError("time")
    if not isinstance(request["nonce"], str) or not 1 <= len(request["pairs"]) <= MOST_PAIRS:
        raise ValueError("nonce or pairs")
    return request


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(prog="portal.standins.confirmer", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="pairs.json, and the keys")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; any free one without it")
    options = parser.parse_args()
    pairs = json.loads((options.folder / "pairs.json").read_text("utf-8"))
    with ConfirmerStandIn(options.folder, pairs, options.port) as server:
        print(f"ready {server.url}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
