"""The native API: discovery, and authentication by CORS fetch."""

import msgspec
from aiohttp import web

from agent.callers import caller
from agent.card.frames import Token
from agent.order import Wanted, make_order
from agent.settings import WebSettings
from agent.signing import Signing
from agent.web.bodies import read_body
from agent.web.guard import CALLER

_HELLO = {"service": "cardlogin", "protocol": 1}
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "content-type",
    "Access-Control-Max-Age": "600",
}


class Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST /v1/authenticate."""

    challenge: str
    language: str = "zh-Hant"
    certificate: Wanted = Wanted()
    pss: bool = False


class NativeApi:
    """Handlers of /v1/hello and /v1/authenticate."""

    def __init__(self, signing: Signing, settings: WebSettings) -> None:
        self._signing = signing
        self._settings = settings

    def routes(self) -> list[web.RouteDef]:
        """The routes of this API."""
        return [
            self.discovery(),
            web.post("/v1/authenticate", self.authenticate),
            web.options("/v1/authenticate", self.preflight),
        ]

    def discovery(self) -> web.RouteDef:
        """The route of /v1/hello alone."""
        return web.get("/v1/hello", self.hello, allow_head=False)

    async def hello(self, request: web.Request) -> web.Response:
        """Says that somebody is here, and nothing that could be tracked."""
        if "Origin" in request.headers:
            self._caller(request)
        return web.json_response(_HELLO)

    async def preflight(self, request: web.Request) -> web.Response:
        """Answers the preflight of an origin that may ask (Fetch standard, CORS-preflight fetch)."""
        self._caller(request)
        return web.Response(status=204, headers=_PREFLIGHT)

    async def authenticate(self, request: web.Request) -> web.Response:
        """Signs the challenge for the origin that the browser names."""
        origin = self._caller(request)
        ask = await read_body(request, Ask)
        order = make_order(origin, ask.challenge, ask.language, ask.certificate, pss=ask.pss)
        return token_response(await self._signing.sign(order))

    def _caller(self, request: web.Request) -> str:
        origins = request.headers.getall("Origin", [])
        origin = caller(origins[0] if len(origins) == 1 else None, developer=self._settings.developer)
        request[CALLER] = origin
        return origin


def token_response(token: Token) -> web.Response:
    """A token as JSON."""
    return web.Response(body=msgspec.json.encode(token), content_type="application/json")
