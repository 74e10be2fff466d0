"""Where an attack takes place: sites whose pages do what a test says, and a person who clicks on them."""

import ssl
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any

from playwright.sync_api import BrowserContext, Page
from typing_extensions import override

from tests.stand.asking import Asker, new_challenge, signature_is_good, wait_until
from tests.stand.parts import PIN
from tests.stand.screen import Screen
from tests.stand.site import RETURN
from tests.stand.stack import Stack

# A page with a button: `act` is what the test makes of it. A page that was sent a message keeps it. What is written in
# the fragment is done without anybody's click.
_PAGE = b"""<!DOCTYPE html><meta charset="utf-8"><title>stage</title><button id="go" onclick="act()">go</button>
<script>window.heard = []; addEventListener("message", ({ origin, data }) => heard.push({ origin, data }));
setTimeout(() => eval(decodeURIComponent(location.hash.slice(1))), 100);</script>"""

SANDBOXED = "/sandboxed"
_SANDBOX = "sandbox allow-scripts allow-popups allow-popups-to-escape-sandbox"


class Host:
    """A site on a port of its own, over TLS where it has a certificate; a context manager.

    `redirects`: where requests of a method (GET, POST) for its return address are sent on to. `posts`: what came.
    """

    def __init__(
        self, name: str, certificate: Path | None, redirects: Mapping[str, str] = MappingProxyType({})
    ) -> None:  # fmt: skip
        self.redirects, self.posts = redirects, list[str]()
        self._server = _Server(self)
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, certificate.with_suffix(".key"))
            plain = self._server.socket
            self._server.socket = context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
        self.port = int(self._server.server_address[1])
        self.origin = f"{'https' if certificate else 'http'}://{name}:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self) -> "Host":
        """Starts to serve."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, host: Host) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.host = host

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that leaves is no error of ours."""


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """The page, whatever is asked for; at the return address, that answers are taken there.

        At /sandboxed it has no name: its origin is opaque.
        """
        if self._is_sent_on():
            return
        if self.path == SANDBOXED:
            self._answer(_PAGE, "text/html; charset=utf-8", more={"Content-Security-Policy": _SANDBOX})
            return
        if self.path == RETURN:
            self._answer(b'{"cardlogin_return": 1}', "application/json")
        else:
            self._answer(_PAGE, "text/html; charset=utf-8")

    def do_POST(self) -> None:
        """The page; what was sent is kept."""
        if not self._is_sent_on():
            sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._host.posts.extend([sent] if sent else [])
            self._answer(_PAGE, "text/html; charset=utf-8")

    @property
    def _host(self) -> Host:
        assert isinstance(self.server, _Server)
        return self.server.host

    def _is_sent_on(self) -> bool:
        target = self._host.redirects.get(self.command) if self.path == RETURN else None
        if target is not None:
            self._answer(b"", "text/plain", 307, {"Location": target})
        return target is not None

    def _answer(
        self, body: bytes, kind: str, status: int = 200, more: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self.send_response(status)
        headers = {"Content-Type": kind, "Content-Length": str(len(body)), "Access-Control-Allow-Origin": "*", **more}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_message(self, format: str, *arguments: object) -> None:
        """Says nothing."""


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
