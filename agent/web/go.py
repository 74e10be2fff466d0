"""The way by navigation: a portal leaves its page for ours and gets the answer by a form post to its return address.

For portals whose opener policy cuts popups. What is asked comes in the fragment of the address
(`/v1/go#return_to=…&challenge=…&language=…&state=…`), which a browser never sends: it is in no request, no log and no
Referer, the guard goes on refusing query strings, and the answer to `GET /v1/go` is the same for everybody. A form post
to us would carry the portal's `Origin`, but that is "null" where the portal's referrer policy says so, and it would
need a body parser and a page made from foreign input. The caller is the origin of the return address; whoever sent the
person here, only that origin receives the answer, and the window shows it.
"""

import re
from typing import Annotated, Literal

import msgspec
from aiohttp import web

from agent.callers import MAX_ORIGIN
from agent.card.frames import Token
from agent.failures import Code, FailureError
from agent.messages import DEFAULT
from agent.order import Wanted, make_order
from agent.signing import Signing
from agent.web.asking import admit, sign
from agent.web.bodies import read_body
from agent.web.page import Page, PageTokens, clicked, problem_text, require_window
from agent.web.places import led_home, require_own_page
from agent.web.status import note_failure
from agent.web.texts import GO

# The one address of a site that takes answers (RFC 8615): a path that anybody could name might lead elsewhere, and a
# form is sent on where an answer redirects it (RFC 9110, 15.4.8).
RETURN = "/.well-known/cardlogin-return"
MAX_ADDRESS = MAX_ORIGIN + len(RETURN)
_ADDRESS = re.compile(rf"(https?://[a-z0-9._:\[\]-]+){re.escape(RETURN)}")
DEVELOPER_TARGETS = " http://localhost:* http://127.0.0.1:*"


class GoAsk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST /v1/go/authenticate."""

    page_token: str
    return_to: Annotated[str, msgspec.Meta(max_length=MAX_ADDRESS)]
    challenge: str
    language: str = DEFAULT
    certificate: Wanted = Wanted()
    pss: bool = False


class Return(msgspec.Struct, frozen=True):
    """What our page is to send, and to whom: one form field with a JSON text."""

    origin: str
    return_to: str
    field: Literal["token", "failure"]
    value: str


def return_origin(address: str) -> str:
    """The origin of a return address; raises FailureError(request_malformed) for an address in another form."""
    match = _ADDRESS.fullmatch(address) if len(address) <= MAX_ADDRESS else None
    if match is None:
        raise FailureError(Code.REQUEST_MALFORMED)
    return match[1]


class GoPage:
    """Handlers of /v1/go and of the request that its script makes."""

    def __init__(self, signing: Signing, *, developer: bool) -> None:
        self._signing = signing
        self._tokens = PageTokens()
        # Before the form is sent, the script narrows this to the one origin (policies add up, CSP 3, 8.1).
        targets = "https:" + (DEVELOPER_TARGETS if developer else "")
        self._page = Page("go", GO, scripts=("asking", "returning", "go"), connects=targets, form_action=targets)
        self._cancelled = problem_text(FailureError(Code.USER_CANCELLED))

    def routes(self) -> list[web.RouteDef]:
        """The routes of the navigation."""
        return [
            web.get("/v1/go", self.page, allow_head=False),
            web.post("/v1/go/authenticate", self.authenticate),
        ]

    async def page(self, request: web.Request) -> web.Response:
        """The page, with a fresh page token; only for a navigation of a whole window."""
        require_window(request)
        if led := led_home(request):
            return led
        self._signing.prepare()
        return self._page.answer(
            request, page_token=self._tokens.issue(), cancelled=self._cancelled, clicked=clicked(request)
        )

    async def authenticate(self, request: web.Request) -> web.Response:
        """What to send back, be it token or failure; a problem document where there is nobody to send it to."""
        require_own_page(request)
        ask = await read_body(request, GoAsk)
        self._tokens.take(ask.page_token)
        origin = admit(request, return_origin(ask.return_to))
        try:
            value = msgspec.json.encode(await self._sign(request, origin, ask)).decode()
            answer = Return(origin, ask.return_to, "token", value)
        except FailureError as error:
            note_failure(request, error.code)
            answer = Return(origin, ask.return_to, "failure", problem_text(error))
        return web.Response(body=msgspec.json.encode(answer), content_type="application/json")

    async def _sign(self, request: web.Request, origin: str, ask: GoAsk) -> Token:
        order = make_order(origin, ask.challenge, ask.language, ask.certificate, pss=ask.pss)
        return await sign(request, self._signing, order, proven=False)
