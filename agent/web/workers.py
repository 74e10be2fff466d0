"""What is answered to a browser that looks after a service worker: we have none, and one that is there is to go.

Whoever held a port before us may have left a worker under its origin, which answers in our place. Browsers ask for the
worker's script again whenever it was used (Service Workers, section 3.2 "update"), past any cache, and say so.
"""

from aiohttp import hdrs, web

_HEADER = "Service-Worker"
_SCRIPT = """addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(remove()));
async function remove() {
  for (const name of await caches.keys()) await caches.delete(name);
  await registration.unregister();
}
"""


def asks_for_worker(request: web.Request) -> bool:
    """Whether a browser fetches the script of a worker; no page can send this header."""
    return _HEADER in request.headers and request.method == hdrs.METH_GET


def removal() -> web.Response:
    """A worker that removes itself and everything that the origin keeps, whatever its script was called."""
    return web.Response(text=_SCRIPT, content_type="text/javascript", headers={"Clear-Site-Data": '"cache", "storage"'})
