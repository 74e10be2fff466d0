"""The web server for revocation lists, OCSP and issuer certificates, on 127.0.0.1 only."""

import http.server
import socketserver
import sys
import threading
from http import HTTPStatus
from pathlib import Path
from typing import Any, ClassVar, cast

from typing_extensions import override

from cardsim.errors import SimulatorError
from cardsim.pki.ocsp import MAX_REQUEST
from cardsim.pki.places import base_port
from cardsim.pki.publication import Publication

MAX_CONNECTIONS = 32
"""Connections served at once; further ones are closed."""
_TIMEOUT = 10.0


class _Handler(http.server.BaseHTTPRequestHandler):
    server_version = "cardsim"
    sys_version = ""
    timeout: ClassVar[float | None] = _TIMEOUT

    @property
    def _publication(self) -> Publication:
        return cast("PkiServer", self.server).publication

    def do_GET(self) -> None:
        """A list or a certificate bundle."""
        try:
            found = self._publication.document(self.path)
        except SimulatorError:
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, b"", "text/plain")
            return
        if found is None:
            self._answer(HTTPStatus.NOT_FOUND, b"", "text/plain")
        else:
            self._answer(HTTPStatus.OK, *found)

    do_HEAD = do_GET

    def do_POST(self) -> None:
        """An OCSP request (RFC 6960 appendix A)."""
        size = self.headers.get("Content-Length", "")
        if not self._publication.responds_at(self.path):
            self._answer(HTTPStatus.NOT_FOUND, b"", "text/plain")
        elif self.headers.get("Content-Type") != "application/ocsp-request":
            self._answer(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, b"", "text/plain")
        elif not (size.isascii() and size.isdigit() and len(size) < 10):
            self._answer(HTTPStatus.LENGTH_REQUIRED, b"", "text/plain")
        elif int(size) > MAX_REQUEST:
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, b"", "text/plain")
        else:
            self._ocsp(self.rfile.read(int(size)))

    def _ocsp(self, body: bytes) -> None:
        try:
            reply = self._publication.ocsp(self.path, body)
        except SimulatorError:
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, b"", "text/plain")
            return
        self._answer(HTTPStatus.OK, reply, "application/ocsp-response")

    def _answer(self, status: HTTPStatus, body: bytes, media_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Write no access log."""


class PkiServer(http.server.ThreadingHTTPServer):
    """Serves one PKI folder at the address its certificates name."""

    daemon_threads = True
    request_queue_size = MAX_CONNECTIONS

    def __init__(self, folder: Path, port: int | None = None) -> None:
        """Bind the port; raises SimulatorError if it is taken or not the one in the certificates."""
        self.publication = Publication(folder)
        self.base_url = self.publication.base_url
        expected = base_port(self.base_url)
        if port is not None and port != expected:
            raise SimulatorError(f"the certificates in {folder} name {self.base_url}, not port {port}")
        self._free = threading.BoundedSemaphore(MAX_CONNECTIONS)
        try:
            super().__init__(("127.0.0.1", expected), _Handler)
        except OSError as error:
            raise SimulatorError(f"cannot listen on {self.base_url}: {error.strerror}") from None

    @override
    def server_bind(self) -> None:
        """Bind without the name look-up of the base class, which may wait for a name server."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    @override
    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve in a thread of its own, or close the connection when too many are open."""
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    @override
    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one connection and give its place back."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Name an unexpected fault in one line; a client that went away is none."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            print(f"cardsim crl-server: request failed: {type(error).__name__}", file=sys.stderr)
