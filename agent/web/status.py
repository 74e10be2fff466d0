"""What people see who open our addresses themselves: the state of the program, and refusals as pages."""

import asyncio
import logging
import ssl
from datetime import datetime
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Middleware

from agent import VERSION
from agent.failures import Code, FailureError, catalogue, failure
from agent.web.guard import Handler
from agent.web.page import Page, is_window, require_window
from agent.web.places import PLACES
from agent.web.texts import ERROR, NONE, NOT_FOUND, STATUS
from certs.life import IdentityError, read_life
from certs.private import read_private

_SECONDS = 3.0
_MAX_ROOT = 64 * 1024
_LOG = logging.getLogger(__name__)
LAST_FAILURE: web.AppKey[list[Code]] = web.AppKey("last failure", list)


def note_failure(request: web.Request, code: Code) -> None:
    """Makes a failure the last one that /status shows."""
    request.app[LAST_FAILURE][:] = [code]


class StatusPage:
    """Handler of /status: that the program runs, its version and ports, its certificate, its last failure.

    `root` is the certificate that browsers are to trust, `selftest` the path that leads to the self-test.
    """

    def __init__(self, root: Path | None, selftest: str = "/selftest") -> None:
        self._selftest = selftest
        self._identity = root.parent if root else None
        self._tls = ssl.create_default_context(cadata=read_private(root, _MAX_ROOT).decode("ascii")) if root else None
        self._page = Page("status", STATUS)

    def routes(self) -> list[web.RouteDef]:
        """The route of the page, and of the bare address, which leads to it."""
        return [
            web.get("/", self.lead, allow_head=False),
            web.get("/status", self.page, allow_head=False),
        ]

    async def lead(self, request: web.Request) -> web.Response:
        """Sends a person who opens the bare address to the page."""
        require_window(request)
        return web.Response(status=302, headers={"Location": "/status"})

    async def page(self, request: web.Request) -> web.Response:
        """The page; nothing of it can be read by another origin, and it names no reader, card or person."""
        require_window(request)
        failures, places = request.app[LAST_FAILURE], request.app[PLACES]
        until = await self._trusted_until(places.port)
        return self._page.answer(
            request,
            texts={"last": failure(failures[-1]).meaning if failures else NONE},
            version=VERSION,
            port=str(places.port),
            http_port=_port(places.http_port, places.taken),
            old_ports=", ".join(_port(port, taken) for port, taken in places.old.items()) or "–",
            until=f"{until:%Y-%m-%d}" if until else "–",
            code=failures[-1].value if failures else "",
            selftest=self._selftest,
        )

    async def _trusted_until(self, port: int) -> datetime | None:
        """Until when browsers that trust our root need no new one; None where they do not get a certificate of it now.

        The certificates beneath it change by themselves meanwhile, so their ends mean nothing to a person. What is
        served is asked of our own listener: that needs no parser here, and tells what is really so.
        """
        if self._tls is None or self._identity is None:
            return None
        try:
            async with asyncio.timeout(_SECONDS):
                opened = asyncio.open_connection("127.0.0.1", port, ssl=self._tls, server_hostname="localhost")
                _, writer = await opened
            writer.transport.abort()
            return (await asyncio.to_thread(read_life, self._identity)).not_after
        except IdentityError as error:
            _LOG.warning("our own identity: %s", error.fault.value)
        except (OSError, TimeoutError) as error:  # ssl.SSLError is an OSError
            _LOG.warning("our own certificate: %s", type(error).__name__)
        return None


class Refusals:
    """Turns refusals of pages that a person opened into a page, and remembers the last failure."""

    def __init__(self) -> None:
        self._page = Page("error", ERROR)
        catalogue()  # reads the file now, and not while a browser waits

    def middleware(self) -> Middleware:
        """The middleware; the guard stands around it and makes problem documents of what is left."""

        @web.middleware
        async def refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
            try:
                return await handler(request)
            except FailureError as error:
                note_failure(request, error.code)
                if not _by_person(request):
                    raise
                row = failure(error.code)
                return self._answer(request, row.status, row.code.value, (row.meaning, row.remedy))
            except web.HTTPNotFound:
                if not _by_person(request):
                    raise
                return self._answer(request, 404, "404", NOT_FOUND)

        return refusals

    def _answer(self, request: web.Request, status: int, code: str, said: tuple[str, str]) -> web.Response:
        return self._page.answer(request, status=status, code=code, texts={"meaning": said[0], "remedy": said[1]})


def _port(port: int, taken: list[str]) -> str:
    return f"– ({taken[0]})" if taken else str(port or "–")


def _by_person(request: web.Request) -> bool:
    return request.method == "GET" and is_window(request) and "text/html" in request.headers.get("Accept", "")
