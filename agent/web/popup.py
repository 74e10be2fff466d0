"""The popup: a page of ours that a portal opens; the browser tells it who the opener is, and it asks the daemon."""

import base64
import hashlib
import secrets
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from aiohttp import web

from agent.callers import caller
from agent.failures import Code, FailureError
from agent.order import Wanted, make_order
from agent.settings import WebSettings
from agent.signing import Signing
from agent.web.bodies import read_body
from agent.web.native import token_response

# A popup may wait while its user looks for the card; more open popups than this are a page that runs wild.
TOKEN_SECONDS, MAX_TOKENS = 600.0, 64
_PAGES = Path(__file__).with_name("pages")


class PopupAsk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST /v1/popup/authenticate; `origin` is the `event.origin` of the opener's message."""

    page_token: str
    origin: str
    challenge: str
    language: str = "zh-Hant"
    certificate: Wanted = Wanted()
    pss: bool = False


class PageTokens:
    """One-time tokens that tie a request to a popup page we served."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._expiry: dict[str, float] = {}

    def issue(self) -> str:
        """A new token of 32 random bytes; the oldest is forgotten when there are too many."""
        while len(self._expiry) >= MAX_TOKENS:
            del self._expiry[next(iter(self._expiry))]
        token = secrets.token_urlsafe(32)
        self._expiry[token] = self._clock() + TOKEN_SECONDS
        return token

    def take(self, token: str) -> None:
        """Uses a token up; raises FailureError(origin_refused) for one that is unknown, used or too old."""
        expiry = self._expiry.pop(token, None)
        if expiry is None or expiry < self._clock():
            raise FailureError(Code.ORIGIN_REFUSED)


class PopupPage:
    """Handlers of /v1/popup and of the request that its script makes."""

    def __init__(self, signing: Signing, settings: WebSettings) -> None:
        self._signing = signing
        self._settings = settings
        self._tokens = PageTokens()
        self._html, self._policy = _page()

    def routes(self) -> list[web.RouteDef]:
        """The routes of the popup."""
        return [
            web.get("/v1/popup", self.page, allow_head=False),
            web.post("/v1/popup/authenticate", self.authenticate),
        ]

    async def page(self, request: web.Request) -> web.Response:
        """The page, with a fresh page token; only for a navigation of a whole window, never for a frame or a script."""
        if request.headers.get("Sec-Fetch-Dest", "document") != "document":
            raise FailureError(Code.ORIGIN_REFUSED)
        html = self._html.replace("%PAGE_TOKEN%", self._tokens.issue())
        # No Cross-Origin-Opener-Policy here: it would cut the opener that the answer goes to.
        return web.Response(
            text=html, content_type="text/html", charset="utf-8", headers={"Content-Security-Policy": self._policy}
        )

    async def authenticate(self, request: web.Request) -> web.Response:
        """Signs for the opener that the browser named to our page."""
        own = f"https://{request.headers['Host']}"
        if request.headers.getall("Origin", []) != [own] or request.headers.get("Sec-Fetch-Site") != "same-origin":
            raise FailureError(Code.ORIGIN_REFUSED)
        ask = await read_body(request, PopupAsk)
        self._tokens.take(ask.page_token)
        origin = caller(ask.origin, developer=self._settings.developer)
        order = make_order(origin, ask.challenge, ask.language, ask.certificate, pss=ask.pss)
        return token_response(await self._signing.sign(order))


def _page() -> tuple[str, str]:
    """The page as one document, and the policy that admits exactly its script and its style."""
    script, style = ((_PAGES / name).read_text("utf-8") for name in ("popup.js", "popup.css"))
    html = (_PAGES / "popup.html").read_text("utf-8")
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return html.replace("%STYLE%", style).replace("%SCRIPT%", script), policy


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
