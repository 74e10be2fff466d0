"""Serves pages of tests to browsers, over TLS where there is a certificate."""

import ssl
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import AF_INET, AddressFamily
from types import MappingProxyType, TracebackType
from typing import Any, Self

from typing_extensions import override


class PageServer:
    """One server with a thread for each connection; a context manager. Without a port it has a free one."""

    def __init__(
        self, handler: Callable[..., BaseHTTPRequestHandler], certificate: Path | None = None,
        *, port: int = 0, address: str = "127.0.0.1", family: AddressFamily = AF_INET,
    ) -> None:  # fmt: skip
        self._server = _Server((address, port), handler, family)
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, certificate.with_suffix(".key"))
            plain = self._server.socket
            self._server.socket = context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self) -> Self:
        """Starts to serve."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class PageHandler(BaseHTTPRequestHandler):
    """Answers with what `send` is given, and logs nothing."""

    def send(
        self, body: bytes | str, kind: str = "text/html", more: Mapping[str, str] = MappingProxyType({}),
        status: int = 200,
    ) -> None:  # fmt: skip
        """Answers; a text as UTF-8, and nothing but the headers where only they are asked for."""
        content = body if isinstance(body, bytes) else body.encode()
        self.send_response(status)
        sent = {"Content-Type": f"{kind}; charset=utf-8", "Content-Length": str(len(content)), **more}
        for name, value in sent.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def received(self) -> str:
        """The body of the request."""
        return self.rfile.read(int(self.headers["Content-Length"])).decode()

    @override
    def log_message(self, format: str, *arguments: object) -> None:
        """Says nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, place: tuple[str, int], handler: Callable[..., Any], family: AddressFamily) -> None:
        self.address_family = family
        super().__init__(place, handler)

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that leaves is no error of ours."""
