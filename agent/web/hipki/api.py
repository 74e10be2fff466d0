"""What is asked for by the pages that we serve, and what any page may load."""

import base64
import logging
from collections.abc import Awaitable, Callable

from aiohttp import hdrs, web

from agent.failures import Code, FailureError
from agent.origins import parse
from agent.web.asking import CALLER
from agent.web.hipki import answers
from agent.web.hipki.asks import decrypt_request, list_request, sign_request
from agent.web.hipki.bitmap import bitmap
from agent.web.hipki.body import decode
from agent.web.hipki.codes import OldError, of_failure
from agent.web.hipki.desk import Desk
from agent.web.hipki.rules import UNSUPPORTED, wants_certificates
from agent.web.status import note_failure

TOKEN, ORIGIN = "X-CardLogin-Page", "X-CardLogin-Origin"
# Bytes of a request that any page may send as often as it likes: it names one reader, and reading much costs everybody.
MAX_LIST = 4096
# One transparent point.
_GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_LIST = "pkcs11info"
_LOG = logging.getLogger(__name__)


def require_own_page(request: web.Request) -> None:
    """Raises FailureError(origin_refused) unless the request is our own page's, as the browser says."""
    own = request.headers.getall("Origin", []) == [f"http://{request.headers['Host']}"]
    if not own or request.headers.get("Sec-Fetch-Site") != "same-origin":
        raise FailureError(Code.ORIGIN_REFUSED)


class OldApi:
    """Handlers of everything but pages; errors of the protocol are answers, and those of the guard are refusals."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[web.RouteDef]:
        """The routes of the component."""
        return [
            *self.asks(""),
            web.get("/p11Image.bmp", self.picture, allow_head=False),
            web.get("/waiting.gif", self.waiting, allow_head=False),
        ]

    def asks(self, prefix: str) -> list[web.RouteDef]:
        """The routes of what the popup asks for, below a prefix."""
        return [
            web.post(f"{prefix}/sign", self.sign),
            web.post(f"{prefix}/decrypt", self.decrypt),
            web.get(f"{prefix}/pkcs11info", self.readers, allow_head=False),
            web.post(f"{prefix}/pkcs11info", self.readers),
            *(web.post(f"{prefix}{path}", self.unsupported) for path in UNSUPPORTED),
        ]

    async def sign(self, request: web.Request) -> web.Response:
        """A signature for the opener that the browser named to our page."""

        async def work(origin: str) -> str:
            asked = sign_request(decode(await request.read()))
            return answers.signed(await self._desk.carry_out(request, origin, asked), asked)

        return await self._answer(request, "sign", work)

    async def decrypt(self, request: web.Request) -> web.Response:
        """A plain text for the opener."""

        async def work(origin: str) -> str:
            asked = decrypt_request(decode(await request.read()))
            return answers.decrypted(await self._desk.carry_out(request, origin, asked), asked)

        return await self._answer(request, "decrypt", work)

    async def unsupported(self, request: web.Request) -> web.Response:
        """That we do not do this, and who does."""

        async def work(_: str) -> str:
            func = decode(await request.read()).get("func")
            return answers.unsupported(func if isinstance(func, str) else "")

        return await self._answer(request, "", work)

    async def readers(self, request: web.Request) -> web.Response:
        """Readers and cards: all of them for our own page's opener; for others what `_public` tells."""
        certificates = wants_certificates(request)
        if not certificates and TOKEN not in request.headers:
            return _json(await self._public(request))

        async def work(origin: str) -> str:
            asked = list_request(decode(await request.read()), certificates=certificates)
            return answers.listed(await self._desk.listing(request, origin, asked), certificates=certificates)

        return await self._answer(request, _LIST, work)

    async def picture(self, request: web.Request) -> web.Response:
        """The same as text in a picture."""
        return web.Response(body=bitmap(await self._public(request)), content_type="image/bmp")

    async def waiting(self, _: web.Request) -> web.Response:
        """A picture with nothing on it."""
        headers = {"Cross-Origin-Resource-Policy": "cross-origin"}
        return web.Response(body=_GIF, content_type="image/gif", headers=headers)

    async def _answer(self, request: web.Request, func: str, work: Callable[[str], Awaitable[str]]) -> web.Response:
        """The answer to a request of our page; raises FailureError for one of anybody else."""
        require_own_page(request)
        self._desk.tokens.take(request.headers.get(TOKEN, ""))
        try:
            return _json(await work(self._desk.admit_proven(request.headers.get(ORIGIN))))
        except (FailureError, OldError) as error:
            return _json(_failed(request, func, error))

    async def _public(self, request: web.Request) -> str:
        """What the page learns that the Origin header names; readers by number where nobody has permitted it."""
        origin = request.headers.get(hdrs.ORIGIN)
        if origin is not None and parse(origin) is not None:
            request[CALLER] = origin  # it may read this answer, be it a refusal
        try:
            name = None if origin is None else self._desk.admit(origin)
            if name is None:
                self._desk.admission.requests.count("")
            asked = list_request(decode(await request.read(), MAX_LIST), certificates=False)
            if name is not None and self._desk.callers.permitted(name):
                return answers.listed(await self._desk.listing(request, name, asked), certificates=False)
            return answers.masked(self._desk.cards(), asked.ask.reader)
        except (FailureError, OldError) as error:
            return _failed(request, _LIST, error)


def _failed(request: web.Request, func: str, error: FailureError | OldError) -> str:
    """The protocol's answer for a failure, which is noted; the log has no word of what was asked."""
    if isinstance(error, FailureError):
        note_failure(request, error.code)
        error = of_failure(error)
    path = request.rel_url.raw_path
    _LOG.info("%s %s: %#x %s", request.method, path, error.ret_code, error.failure)
    return answers.failed(func, error)


def _json(text: str) -> web.Response:
    return web.Response(text=text, content_type="application/json")
