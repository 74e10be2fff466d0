"""The popup: a page of ours that a portal opens; the browser tells it who the opener is, and it asks the daemon."""

import msgspec
from aiohttp import web

from agent.messages import DEFAULT
from agent.order import Wanted, make_order
from agent.signing import Signing
from agent.web.asking import admit, sign
from agent.web.bodies import read_body
from agent.web.native import token_response
from agent.web.page import Page, PageTokens, require_own_page, require_window
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

    `tls_port` is where the HTTPS listener is: a popup that was opened over plain HTTP tells it to the portal.
    """

    def __init__(self, signing: Signing, tls_port: int) -> None:
        self._signing = signing
        self._tls_port = tls_port
        self._tokens = PageTokens()
        # Any other policy would cut the opener that the answer goes to.
        self._page = Page("popup", POPUP, asks=True, opener_policy="unsafe-none")

    def routes(self) -> list[web.RouteDef]:
        """The routes of the popup."""
        return [
            web.get("/v1/popup", self.page, allow_head=False),
            web.post("/v1/popup/authenticate", self.authenticate),
        ]

    async def page(self, request: web.Request) -> web.Response:
        """The page, with a fresh page token; only for a navigation of a whole window, never for a frame or a script."""
        require_window(request)
        self._signing.prepare()
        return self._page.answer(request, page_token=self._tokens.issue(), tls_port=str(self._tls_port))

    async def authenticate(self, request: web.Request) -> web.Response:
        """Signs for the opener that the browser named to our page."""
        require_own_page(request)
        ask = await read_body(request, PopupAsk)
        self._tokens.take(ask.page_token)
        origin = admit(request, ask.origin)
        order = make_order(origin, ask.challenge, ask.language, ask.certificate, pss=ask.pss)
        return token_response(await sign(request, self._signing, order))
