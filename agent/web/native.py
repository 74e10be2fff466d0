"""The native API: discovery, and authentication by CORS fetch."""

import msgspec
from aiohttp import web

from agent.card.frames import Token
from agent.messages import DEFAULT
from agent.order import Wanted, make_order
from agent.signing import Signing
from agent.web.asking import CALLER, admit_by_header, name_by_header, sign
from agent.web.bodies import read_body
from agent.web.places import PLACES

_HELLO = b'{"service": "cardlogin", "protocol": 1}'
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "content-type",
    "Access-Control-Max-Age": "600",
}


class Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST /v1/authenticate."""

    challenge: str
    language: str = DEFAULT
    certificate: Wanted = Wanted()
    pss: bool = False


class NativeApi:
    """Handlers of /v1/hello and /v1/authenticate."""

    def __init__(self, signing: Signing) -> None:
        self._signing = signing

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
        if request.headers.getall("Origin", []) == [request.app[PLACES].plain]:
            request[CALLER] = request.app[PLACES].plain  # our page over plain HTTP looks whether we are trusted by now
        elif "Origin" in request.headers:
            admit_by_header(request)
        return web.Response(body=_HELLO, content_type="application/json")

    async def preflight(self, request: web.Request) -> web.Response:
        """Answers the preflight of an origin that may ask (Fetch standard, CORS-preflight fetch)."""
        name_by_header(request)  # one that was refused by name may read that from the answer to its order
        return web.Response(status=204, headers=_PREFLIGHT)

    async def authenticate(self, request: web.Request) -> web.Response:
        """Signs the challenge for the origin that the browser names."""
        origin = admit_by_header(request)
        ask = await read_body(request, Ask)
        order = make_order(origin, ask.challenge, ask.language, ask.certificate, pss=ask.pss)
        return token_response(await sign(request, self._signing, order))


def token_response(token: Token) -> web.Response:
    """A token as JSON."""
    return web.Response(body=msgspec.json.encode(token), content_type="application/json")
