"""Portals of every kind, each on a port of its own, that serve the pages of this folder."""

import json
import ssl
import threading
from collections.abc import Mapping
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote, urlsplit

from typing_extensions import override

from tests.stand.parts import HOST

PAGES = Path(__file__).parent / "pages"
_KINDS = {
    **dict.fromkeys(("/portal.html", "/clock.html", "/bare.html"), "text/html"),
    "/client.js": "text/javascript",
}
# What stands before the name of the page says which policy for its windows a portal has.
_POLICIES = {"": "", "/cut": "same-origin", "/kept": "same-origin-allow-popups"}


class Kind(StrEnum):
    """Where a portal is, and what its visitor has told the browser about it."""

    PUBLIC = "https, public"
    GRANTED = "https, public, permission granted"
    LOOPBACK = "https, loopback"
    PLAIN_LOOPBACK = "http, loopback"
    PLAIN = "http, public, listed in [hipki] http"
    UNLISTED = "http, public"

    @property
    def encrypted(self) -> bool:
        """Whether it is served over TLS."""
        return self in (Kind.PUBLIC, Kind.GRANTED, Kind.LOOPBACK)

    @property
    def public(self) -> bool:
        """Whether browsers take it for a site of the internet."""
        return self not in (Kind.LOOPBACK, Kind.PLAIN_LOOPBACK)


class Portal:
    """One portal; a context manager. `said` is what its page told, oldest first."""

    def __init__(self, kind: Kind, certificate: Path) -> None:
        self.kind = kind
        self.said: list[dict[str, Any]] = []
        self._server = _Server(self)
        if kind.encrypted:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, certificate.with_suffix(".key"))
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.port = int(self._server.server_address[1])
        scheme = "https" if kind.encrypted else "http"
        self.origin = f"{scheme}://{HOST if kind.public else 'localhost'}:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self) -> "Portal":
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

    def page(self, style: Mapping[str, object], policy: str = "") -> str:
        """The address of a page in a style, under a policy for its windows."""
        return f"{self.origin}{policy}/portal.html?style={quote(json.dumps(style))}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, portal: Portal) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.portal = portal

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that leaves is no error of ours."""


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """A page or its script."""
        policy, _, name = urlsplit(self.path).path.rpartition("/")
        kind = _KINDS.get(f"/{name}")
        if kind is None or policy not in _POLICIES:
            self.send_error(404)
            return
        headers = {"Cross-Origin-Opener-Policy": _POLICIES[policy]} if _POLICIES[policy] else {}
        self._answer((PAGES / name).read_bytes(), kind, headers)

    def do_POST(self) -> None:
        """What the page tells."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if isinstance(self.server, _Server):
            self.server.portal.said.append(json.loads(body))
        self._answer(b"", "text/plain", {})

    def _answer(self, content: bytes, kind: str, headers: Mapping[str, str]) -> None:
        self.send_response(200)
        sent = {"Content-Type": f"{kind}; charset=utf-8", "Content-Length": str(len(content)), **headers}
        for name, value in sent.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    @override
    def log_message(self, format: str, *arguments: object) -> None:
        """Says nothing."""
