"""Where an attack takes place: sites whose pages do what a test says, and a person who clicks on them."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from playwright.sync_api import BrowserContext, Page

from tests.stand.asking import Asker, new_challenge, signature_is_good, wait_until
from tests.stand.pages import PageHandler, PageServer
from tests.stand.parts import PIN
from tests.stand.screen import Screen
from tests.stand.site import RETURN
from tests.stand.stack import Stack

# A page with a button: `act` is what the test makes of it. A page that was sent a message keeps it. What is written in
# the fragment is done without anybody's click.
_PAGE = """<!DOCTYPE html><meta charset="utf-8"><title>stage</title><button id="go" onclick="act()">go</button>
<script>window.heard = []; addEventListener("message", ({ origin, data }) => heard.push({ origin, data }));
setTimeout(() => eval(decodeURIComponent(location.hash.slice(1))), 100);</script>"""

SANDBOXED = "/sandboxed"
_OPEN = {"Access-Control-Allow-Origin": "*"}
_SANDBOX = "sandbox allow-scripts allow-popups allow-popups-to-escape-sandbox"


class Host(PageServer):
    """A site on a port of its own, over TLS where it has a certificate; a context manager.

    `redirects`: where requests of a method (GET, POST) for its return address are sent on to. `posts`: what came.
    """

    def __init__(
        self, name: str, certificate: Path | None, redirects: Mapping[str, str] = MappingProxyType({})
    ) -> None:  # fmt: skip
        super().__init__(partial(_Handler, self), certificate)
        self.redirects, self.posts = redirects, list[str]()
        self.origin = f"{'https' if certificate else 'http'}://{name}:{self.port}"


class _Handler(PageHandler):
    def __init__(self, host: Host, *arguments: Any) -> None:
        self._host = host
        super().__init__(*arguments)

    def do_GET(self) -> None:
        """The page, whatever is asked for; at the return address, that answers are taken there.

        At /sandboxed it has no name: its origin is opaque.
        """
        if self._is_sent_on():
            return
        if self.path == SANDBOXED:
            self.send(_PAGE, more={**_OPEN, "Content-Security-Policy": _SANDBOX})
            return
        if self.path == RETURN:
            self.send('{"cardlogin_return": 1}', "application/json", _OPEN)
        else:
            self.send(_PAGE, more=_OPEN)

    def do_POST(self) -> None:
        """The page; what was sent is kept."""
        if not self._is_sent_on():
            sent = self.received()
            self._host.posts.extend([sent] if sent else [])
            self.send(_PAGE, more=_OPEN)

    def _is_sent_on(self) -> bool:
        target = self._host.redirects.get(self.command) if self.path == RETURN else None
        if target is not None:
            self.send("", "text/plain", {**_OPEN, "Location": target}, 307)
        return target is not None


class Stage:
    """The person's browser, card and screen, and two sites: one that the person wants, and an evil one."""

    def __init__(self, stack: Stack, screen: Screen, context: BrowserContext, good: Host, evil: Host) -> None:
        self.stack, self.screen, self.context, self.good, self.evil = stack, screen, context, good, evil
        self.agent, self.own = stack.agent.url, stack.agent.own
        self._before = self._card()

    def page(self, host: Host) -> Page:
        """A new window on a site."""
        page = self.context.new_page()
        page.goto(host.origin)
        return page

    def act(self, page: Page, program: str) -> None:
        """The person clicks, and the page does that."""
        page.evaluate("program => { window.act = () => { eval(program); }; }", program)
        page.click("#go", no_wait_after=True)

    def opens(self, page: Page, program: str) -> Page:
        """The person clicks, and a window opens."""
        with page.expect_popup() as popup:
            self.act(page, program)
        popup.value.wait_for_load_state()
        return popup.value

    def popup(self, page: Page, name: str = "") -> Page:
        """The agent's popup, opened by a page that keeps it as `popup`."""
        opened = self.opens(page, f"window.popup = open('{self.agent}/v1/popup', '{name}')")
        page.wait_for_function("heard.some(({ data }) => data.type === 'cardlogin:ready')")
        return opened

    def order(self, page: Page, challenge: str) -> None:
        """What the client of a page says to the popup."""
        message = {"type": "cardlogin:authenticate", "challenge": challenge}
        page.evaluate("([message, origin]) => popup.postMessage(message, origin)", [message, self.own])

    def heard(self, page: Page, kind: str = "cardlogin:token") -> list[dict[str, Any]]:
        """The messages of a kind that a page was sent, with the origin of their sender."""
        found: list[dict[str, Any]] = page.evaluate("kind => heard.filter(({ data }) => data.type === kind)", kind)
        return found

    def types_pin(self) -> None:
        """Types the PIN into the window."""
        self.screen.wait_window()
        self.screen.type(PIN)
        self.screen.key("Return")

    def nothing_was_done(self) -> None:
        """No window is open, nothing was signed and no try was spent since the stage was set."""
        assert self.screen.windows() == []
        self.no_try_was_spent()

    def no_try_was_spent(self) -> None:
        """Whatever windows there were, the card did not sign and counts the same tries."""
        assert self._card() == self._before

    def still_serves(self) -> None:
        """The person can log in: a whole order, with window, PIN and signature."""
        wait_until(lambda: not self.screen.windows())
        asker, challenge = Asker(self.stack.agent), new_challenge()
        answer = asker.ask(challenge, self.good.origin)
        self.types_pin()
        assert answer.result().status == 200
        assert signature_is_good(answer.result().body, self.good.origin, challenge)
        asker.stop()
        wait_until(lambda: not self.screen.windows())

    def log(self) -> str:
        """What the agent has logged."""
        return self.stack.agent.log.read_text("utf-8")

    def _card(self) -> tuple[int, int]:
        status = self.stack.reader.control("status")
        return status["signatures"], status["tries"]
