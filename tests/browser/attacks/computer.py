"""A person's computer whose ports others may have held before the agent, with one of the browsers on it."""

import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.browser.attacks.stage import Host
from tests.stand.asking import wait_until
from tests.stand.browser import Browser, Tab
from tests.stand.parts import PIN, Agent
from tests.stand.screen import Screen
from tests.stand.site import Site
from tests.stand.stack import Stack


class Computer:
    """Card, screen, browser, an evil page and a portal; the agent is started when a test says so.

    `ports` are the HTTPS ports, `http_port` is the plain one; `identity` is that of an agent which the browser trusts.
    """

    def __init__(
        self, stack: Stack, screen: Screen, browser: Browser, evil: Host, site: Site, folder: Path,
        *, ports: Sequence[int], http_port: int, identity: Path,
    ) -> None:  # fmt: skip
        self.stack, self.screen, self.browser, self.evil, self.site = stack, screen, browser, evil, site
        self.ports, self.http_port = ports, http_port
        self._folder, self._identity, self._closing = folder, identity, ExitStack()
        self._card = self._counts()

    def start_agent(self, ports: Sequence[int] = (), *, trusted: bool = True) -> Agent:
        """The agent, on some of the ports; the browser does not trust it where it has an identity of its own."""
        state = self._folder / f"agent-{len(list(self._folder.iterdir()))}"
        if trusted:
            shutil.copytree(self._identity, state / "identity")
        environment = {**self.stack.reader.env, "DISPLAY": self.screen.display}
        agent = Agent(state, self._folder, environment, ports=ports or self.ports, http_port=self.http_port)
        self._closing.callback(agent.stop)
        return agent

    def evil_page(self) -> Tab:
        """A page of the evil site."""
        return self.browser.open(self.evil.origin)

    def unasked(self, program: str) -> Tab:
        """A page of the evil site that does something without anybody's click."""
        return self.browser.open(f"{self.evil.origin}/#{quote(program)}")

    def act(self, tab: Tab, program: str) -> None:
        """The person clicks on a page, and the page does that."""
        tab.evaluate(f"(window.act = () => {{ {program} }}, 0)")
        tab.click("#go")

    def heard(self, tab: Tab, name: str) -> Any:
        """What a page was told under a name, once it was."""
        return wait_until(
            lambda: tab.evaluate(f"heard.map(({{ data }}) => data).find((data) => data.planted === '{name}')")
        )

    def visit(self) -> Tab:
        """The portal's page with the client, which knows all the ports."""
        return self.browser.open(self.site.page("/page", ports=list(self.ports), httpPort=self.http_port))

    def type_pin(self) -> None:
        """Types the PIN into the window."""
        self.screen.wait_window()
        self.screen.type(PIN)
        self.screen.key("Return")

    def nothing_was_done(self) -> None:
        """No window is open, nothing was signed, no try was spent."""
        assert self.screen.windows() == []
        assert self._counts() == self._card

    def close(self) -> None:
        """Closes all pages, and ends the agent."""
        self._closing.close()
        tab = self.browser.open("about:blank")
        for other in self.browser.others(tab):
            other.close()
        tab.close()
        self.screen.wait_no_window()

    def _counts(self) -> tuple[int, int]:
        status = self.stack.reader.control("status")
        return status["signatures"], status["tries"]
