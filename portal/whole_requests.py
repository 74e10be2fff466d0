"""From the event loop to a WSGI application: a thread is taken when a request is there as a whole, and only then."""

import asyncio
import io
import logging
import sys
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import unquote_to_bytes

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Environ = dict[str, Any]
Application = Callable[..., Iterable[bytes]]
Headers = list[tuple[bytes, bytes]]
Answer = tuple[int, Headers, bytes]

BODY_SECONDS = 20
"""For a browser to send the body of a form."""

_log = logging.getLogger("portal.server")


class WholeRequests:
    """An ASGI application (HTTP only) around a WSGI one (PEP 3333).

    Bodies and answers are held in memory: pages and forms of this site are short. A body longer than `largest` allows
    at its path is not read: the application sees its length and refuses it (portal.limits). One without Content-Length
    is not read either, as Django would not. An answer leaves before the application's `close` is done.
    """

    def __init__(self, application: Application, threads: int, largest: Callable[[str], int]) -> None:
        self._application = application
        self._largest = largest
        self._threads = ThreadPoolExecutor(threads, "web")

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request; nothing but HTTP is spoken here."""
        if scope["type"] != "http":
            await send({"type": "websocket.close"})
            return
        environ = _environ(scope)
        try:
            async with asyncio.timeout(BODY_SECONDS):
                wanted = 0 < _length(environ) <= self._largest(environ["PATH_INFO"])
                body = await _body(receive) if wanted else b""
        except (TimeoutError, ConnectionError):
            await _answer(send, (408, [(b"connection", b"close"), (b"content-length", b"0")], b""))
            return
        environ["wsgi.input"] = io.BytesIO(body)
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[Answer] = loop.create_future()

        def hand_over(answer: Answer) -> None:
            loop.call_soon_threadsafe(_give, answered, answer)

        work = loop.run_in_executor(self._threads, self._run, environ, hand_over)
        await asyncio.wait((answered, work), return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            work.result()  # raises what the application did not catch
        await _answer(send, await answered)
        await work

    def _run(self, environ: Environ, hand_over: Callable[[Answer], None]) -> None:
        started: list[tuple[int, Headers]] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> None:
            fields = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
            started.append((int(status[:3]), fields))

        parts = self._application(environ, start_response)
        try:
            content = b"".join(parts)
            hand_over((*started[-1], b"" if environ["REQUEST_METHOD"] == "HEAD" else content))
        finally:
            if hasattr(parts, "close"):
                _close(parts.close)


def _give(answered: asyncio.Future[Answer], answer: Answer) -> None:
    if not answered.done():  # nobody waits for it any more
        answered.set_result(answer)


def _close(close: Callable[[], None]) -> None:
    try:
        close()
    except Exception as error:  # the answer has left
        _log.error("after the answer: %s", type(error).__name__)


async def _answer(send: Send, answer: Answer) -> None:
    status, headers, content = answer
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


async def _body(receive: Receive) -> bytes:
    body, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise ConnectionError
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(body)


def _length(environ: Environ) -> int:
    length = environ.get("CONTENT_LENGTH", "")
    return int(length) if length.isascii() and length.isdecimal() and len(length) < 19 else 0


def _environ(scope: dict[str, Any]) -> Environ:
    host, port = scope.get("client") or ("", 0)
    server = scope.get("server") or ("", 0)
    environ: Environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        # PEP 3333: bytes as Latin-1.
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "REMOTE_ADDR": host,
        "REMOTE_PORT": str(port),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        if b"_" in name:
            continue  # X_Forwarded_For would be taken for the balancer's X-Forwarded-For: both have one key here
        key = name.decode("latin-1").upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
        text = value.decode("latin-1")
        environ[key] = f"{environ[key]},{text}" if key in environ else text
    return environ
