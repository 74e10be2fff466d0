"""The page of the self-test: a person starts the checks there, and their results come line by line.

Nobody else can start or read anything here. The page is a whole window, a run is our own page's request with a token of
the page that is good once, and the page asks for one only when the person has clicked there. So a site that sends a
person here learns nothing, unless that person sends it a report after having seen it.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Annotated

import msgspec
from aiohttp import web

from agent.messages import DEFAULT, languages
from agent.selftest.ask import Ask, Browser, Short, Trial
from agent.selftest.child import RUN_SECONDS, TRIAL_SECONDS, Doctor
from agent.selftest.words import CHECKS
from agent.signing import Signing
from agent.web.asking import ADMISSION
from agent.web.bodies import read_body
from agent.web.go import DEVELOPER_TARGETS
from agent.web.page import Page, PageTokens, require_window
from agent.web.places import PLACES, led_home, require_own_page
from agent.web.problems import malformed
from agent.web.texts import SELFTEST

PATH, OLD_PATH = "/selftest", "/selftest/old"
_SCRIPTS = ("returning", "trusted", "selftest_rows", "selftest_old", "selftest_report", "selftest")
# The page stays open while its user follows the steps that it shows, and runs a check again after each.
_TOKEN_SECONDS = 12 * 3600.0
_LOG = logging.getLogger(__name__)


class RunAsk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST /selftest/run; the fields mean what they mean in `agent.selftest.ask.Ask`."""

    page_token: Annotated[str, msgspec.Meta(max_length=128)]
    language: Short = DEFAULT
    portal: Short = ""
    checks: Annotated[tuple[Short, ...], msgspec.Meta(max_length=64)] = ()
    trial: Trial = ""
    browser: Browser = Browser()


class SelfTestPage:
    """Handlers of /selftest, in our form and in that of the old component, and of the request that their script makes.

    `secure` is the origin of our HTTPS listener, for a page over plain HTTP: whether the browser trusts it is a check.
    """

    def __init__(self, signing: Signing, doctor: Doctor, *, developer: bool, secure: str = "") -> None:
        self._signing, self._doctor, self._secure = signing, doctor, secure
        self._tokens = PageTokens(seconds=_TOKEN_SECONDS)
        # Before a report is sent, the script narrows this to the one origin (policies add up, CSP 3, 8.1).
        targets = "https:" + (DEVELOPER_TARGETS if developer else "")
        self._page = Page(
            "selftest", SELFTEST, scripts=_SCRIPTS, styles=("selftest",), connects=targets, form_action=targets
        )

    def routes(self) -> list[web.RouteDef]:
        """The routes of the self-test."""
        return [
            web.get(PATH, self.page, allow_head=False),
            web.get(OLD_PATH, self.old_page, allow_head=False),
            web.post(f"{PATH}/run", self.run),
        ]

    async def page(self, request: web.Request) -> web.Response:
        """The page, with a fresh page token; only for a navigation of a whole window."""
        return self._answer(request)

    async def old_page(self, request: web.Request) -> web.Response:
        """The same with the rows that people know from the old component first."""
        return self._answer(request, old="true")

    async def run(self, request: web.Request) -> web.StreamResponse:
        """The results of one run as they come (application/x-ndjson), after them nothing; before them the next token.

        Raises FailureError, busy among them, before the first line.
        """
        require_own_page(request)
        ask = _checked(request, await read_body(request, RunAsk))
        self._tokens.take(ask.page_token)
        async with AsyncExitStack() as stack:
            if ask.trial:
                await stack.enter_async_context(self._signing.reserved())
            lines = await stack.enter_async_context(self._doctor.examine(_order(request, ask)))
            response = await self._stream(request, lines, TRIAL_SECONDS if ask.trial else RUN_SECONDS)
        with contextlib.suppress(ConnectionError):  # the page has gone away
            await response.write_eof()  # now, so that a page that has read it all may begin the next run
        return response

    async def _stream(self, request: web.Request, lines: AsyncIterator[bytes], seconds: float) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await response.prepare(request)
        try:
            async with asyncio.timeout(seconds):
                await response.write(_line({"kind": "token", "page_token": self._tokens.issue()}))
                async for line in lines:
                    await response.write(line)
        except TimeoutError:
            _LOG.warning("self-test: not done after %d seconds", seconds)
        except ConnectionError:
            pass  # the page has gone away
        return response

    def _answer(self, request: web.Request, old: str = "false") -> web.Response:
        require_window(request)
        if led := led_home(request):
            return led
        return self._page.answer(
            request, page_token=self._tokens.issue(), secure=self._secure, old=old, checks=" ".join(CHECKS),
            to_status=f"{request.app[PLACES].own}/status",
        )  # fmt: skip


def _checked(request: web.Request, ask: RunAsk) -> RunAsk:
    """The body; raises FailureError for a language that nobody speaks, and for a site that could not ask us."""
    if ask.language not in languages():
        raise malformed()
    if ask.portal:
        request.app[ADMISSION].callers.name(ask.portal)
    return ask


def _order(request: web.Request, ask: RunAsk) -> Ask:
    places = request.app[PLACES]
    return Ask(
        language=ask.language, portal=ask.portal, checks=ask.checks, trial=ask.trial, browser=ask.browser,
        port=places.port,
    )  # fmt: skip


def _line(value: object) -> bytes:
    return msgspec.json.encode(value) + b"\n"
