"""What people see who open our addresses themselves: the state of the program, and refusals as pages."""

import asyncio
import logging
import ssl
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Middleware

from agent import VERSION
from agent.failures import Code, FailureError, Text, failure
from agent.web.guard import PORT, Handler
from agent.web.page import Page, is_window, require_window

_SECONDS = 3.0
_NEVER = Text("無", "None")
_LOG = logging.getLogger(__name__)
_NOT_FOUND = (
    Text("這裡沒有頁面。", "There is no page here."),
    Text(
        "請關閉此頁，並由網站的登入網頁使用憑證登入。",
        "Close this page and use card log-in from the site's log-in page.",
    ),
)

LAST_FAILURE: web.AppKey[list[Code]] = web.AppKey("last failure", list)


def note_failure(request: web.Request, code: Code) -> None:
    """Makes a failure the last one that /status shows."""
    request.app[LAST_FAILURE][:] = [code]


class StatusPage:
    """Handler of /status: that the program runs, its version and ports, its certificate, its last failure.

    `root` is the certificate that browsers are to trust; `http_port` is 0 where nobody listens.
    """

    def __init__(self, http_port: int, root: Path | None) -> None:
        self._http_port = http_port
        self._tls = ssl.create_default_context(cafile=root) if root else None
        self._page = Page("status", script=False)

    def routes(self) -> list[web.RouteDef]:
        """The route of the page."""
        return [web.get("/status", self.page, allow_head=False)]

    async def page(self, request: web.Request) -> web.Response:
        """The page; nothing of it can be read by another origin, and it names no reader, card or person."""
        require_window(request)
        expiry = await self._expiry(request.app[PORT])
        failures = request.app[LAST_FAILURE]
        meaning = failure(failures[-1]).meaning if failures else _NEVER
        return self._page.answer(
            version=VERSION,
            port=str(request.app[PORT]),
            http_port=str(self._http_port or "–"),
            expiry=f"{expiry:%Y-%m-%d}" if expiry else "–",
            code=failures[-1].value if failures else "",
            meaning_zh=meaning.zh,
            meaning_en=meaning.en,
        )

    async def _expiry(self, port: int) -> datetime | None:
        """When the certificate expires that browsers get now; None where it is not one that our root vouches for.

        Asked of our own listener: that needs no parser here, and tells what is really served.
        """
        if self._tls is None:
            return None
        try:
            async with asyncio.timeout(_SECONDS):
                opened = asyncio.open_connection("127.0.0.1", port, ssl=self._tls, server_hostname="localhost")
                _, writer = await opened
        except (OSError, TimeoutError) as error:  # ssl.SSLError is an OSError
            _LOG.warning("our own certificate: %s", type(error).__name__)
            return None
        seconds = ssl.cert_time_to_seconds(writer.get_extra_info("peercert")["notAfter"])
        writer.transport.abort()
        return datetime.fromtimestamp(seconds, UTC)


class Refusals:
    """Turns refusals of pages that a person opened into a page, and remembers the last failure."""

    def __init__(self) -> None:
        self._page = Page("error", script=False)

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
                return self._answer(row.status, row.code.value, row.meaning, row.remedy)
            except web.HTTPNotFound:
                if not _by_person(request):
                    raise
                return self._answer(404, "404", *_NOT_FOUND)

        return refusals

    def _answer(self, status: int, code: str, meaning: Text, remedy: Text) -> web.Response:
        return self._page.answer(
            status=status,
            code=code,
            meaning_zh=meaning.zh,
            meaning_en=meaning.en,
            remedy_zh=remedy.zh,
            remedy_en=remedy.en,
        )


def _by_person(request: web.Request) -> bool:
    return request.method == "GET" and is_window(request) and "text/html" in request.headers.get("Accept", "")
