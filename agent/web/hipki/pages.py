"""The windows that portals open: the bridge to a portal's page, and the question whether a site may ask."""

import msgspec
from aiohttp import web

from agent.failures import FailureError
from agent.origins import MAX_ORIGIN
from agent.web.bodies import read_body
from agent.web.hipki.answers import failed
from agent.web.hipki.api import TOKEN, require_own_page
from agent.web.hipki.codes import Major, OldError, of_failure
from agent.web.hipki.desk import Desk
from agent.web.hipki.rules import POPUPS, SIBLING
from agent.web.metadata import path_of
from agent.web.page import Page, clicked, require_window
from agent.web.places import PLACES
from agent.web.selftest import OLD_PATH
from agent.web.status import note_failure
from agent.web.texts import OLD_POPUP, OLD_SITE

_RESIZED = frozenset({"/ChtPopupForm"})
# What the popup tells its opener where none of our answers has reached it.
_NO_ANSWER = failed("", OldError(Major.NO_ANSWER))


class SiteAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST /addDomain."""

    domain: str


class OldPages:
    """Handlers of the windows, each with a one-time page token; `prefix` is where the page finds the rest."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        # Any other policy would cut the opener that the answer goes to.
        self._popup = Page("old", OLD_POPUP, scripts=("asking", "old"), opener_policy="unsafe-none")
        self._site = Page("site", OLD_SITE, scripts=("asking", "site"), opener_policy="unsafe-none")

    def routes(self) -> list[web.RouteDef]:
        """The routes of the component."""
        return [
            *(web.get(path, self.popup, allow_head=False) for path in POPUPS),
            web.get("/addDomain", self.site, allow_head=False),
            web.post("/addDomain", self.permit),
            web.get("/selfTest.htm", self.self_test, allow_head=False),
        ]

    def sibling_routes(self) -> list[web.RouteDef]:
        """The routes of the sibling component (hipki.md, 1.1)."""
        return [web.get("/popupForm", self.sibling_popup, allow_head=False)]

    async def popup(self, request: web.Request) -> web.Response:
        """The bridge between a portal's page and us."""
        return self._bridge(request, "")

    async def sibling_popup(self, request: web.Request) -> web.Response:
        """The same, for the sibling component's paths."""
        return self._bridge(request, SIBLING)

    async def site(self, request: web.Request) -> web.Response:
        """The page that has the person asked about a site, which whoever opened it has named."""
        require_window(request)
        domain = request.query.get("domain", "")[:MAX_ORIGIN]
        return self._site.answer(
            request, page_token=self._desk.tokens.issue(), clicked=clicked(request), domain=domain
        )  # fmt: skip

    async def permit(self, request: web.Request) -> web.Response:
        """The number that goes to the opener; a refusal, which only the person sees, for a site that may not ask."""
        require_own_page(request)
        asked = await read_body(request, SiteAsked)
        self._desk.tokens.take(request.headers.get(TOKEN, ""))
        origin = self._desk.site_at(asked.domain)
        number = 0
        try:
            await self._desk.permit(request, origin)
        except FailureError as error:
            note_failure(request, error.code)
            number = int(of_failure(error).ret_code)
        return web.Response(body=msgspec.json.encode({"ret_code": number}), content_type="application/json")

    async def self_test(self, request: web.Request) -> web.Response:
        """Leads to our own self-test, in the form that people know from here."""
        require_window(request)
        return web.Response(status=302, headers={"Location": request.app[PLACES].front + OLD_PATH})

    def _bridge(self, request: web.Request, prefix: str) -> web.Response:
        require_window(request)
        self._desk.signing.prepare()
        path = path_of(request)
        return self._popup.answer(
            request, page_token=self._desk.tokens.issue(), clicked=clicked(request), greeting=POPUPS[path],
            resized="true" if path in _RESIZED else "false", prefix=prefix, no_answer=_NO_ANSWER,
        )  # fmt: skip
