"""The popup: a page of ours that a portal opens; the browser tells it who the opener is, and it asks the daemon."""

import msgspec
from aiohttp import web

from agent.messages import DEFAULT
from agent.order import Wanted, make_order
from agent.signing import Signing
from agent.web.asking import admit, sign
from agent.web.bodies import read_body
from agent.web.native import token_response
from agent.web.page import Page, PageTokens, clicked, require_window
from agent.web.places import PLACES, led_home, require_own_page
from agent.web.texts import POPUP


class PopupAsk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST /v1/popup/authenticate; `origin` is the `event.origin` of the opener's message."""

    page_token: str
    origin: str
    challenge: str
    language: str = DEFAULT
    certificate: Wanted = Wanted()
    pss: bool = False


class PopupPage:
    """Handlers of /v1/popup and of the request that its script makes.

    `secure` is the origin of our HTTPS listener, for a page over plain HTTP: it goes there where the browser trusts it.
    """

    def __init__(self, signing: Signing, *, secure: str = "") -> None:
        self._signing = signing
        self._secure = secure
        self._tokens = PageTokens()
        # Any other policy would cut the opener that the answer goes to.
        self._page = Page(
            "popup", POPUP, scripts=("asking", "trusted", "popup"), connects=secure, opener_policy="unsafe-none"
        )

    def routes(self) -> list[web.RouteDef]:
        """The routes of the popup."""
        return [
            web.get("/v1/popup", self.page, allow_head=False),
            web.post("/v1/popup/authenticate", self.authenticate),
        ]

    def lead(self) -> web.RouteDef:
        """The route of a listener that only leads to the page elsewhere."""
        return web.get("/v1/popup", self.page, allow_head=False)

    async def page(self, request: web.Request) -> web.Response:
        """The page, with a fresh page token; only for a navigation of a whole window, never for a frame or a script."""
        require_window(request)
        if led := led_home(request):
            return led
        self._signing.prepare()
        return self._page.answer(
            request, page_token=self._tokens.issue(), clicked=clicked(request), secure=self._secure,
            port=str(request.app[PLACES].port),
        )  # fmt: skip

    async def authenticate(self, request: web.Request) -> web.Response:
        """Signs for the opener that the browser named to our page."""
        require_own_page(request)
        ask = await read_body(request, PopupAsk)
        self._tokens.take(ask.page_token)
        origin = admit(request, ask.origin)
        order = make_order(origin, ask.challenge, ask.language, ask.certificate, pss=ask.pss)
        return token_response(await sign(request, self._signing, order))
