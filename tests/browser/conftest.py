"""A person at the portal: Chromium, the PIN window, the virtual card, the real agent and portal."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.stand.asking import wait_until
from tests.stand.browser import browser
from tests.stand.parts import PIN, free_port
from tests.stand.screen import Screen
from tests.stand.stack import Stack

SECONDS = 15_000


class Visit:
    """The log-in page in a browser, and the hands of the person before it."""

    def __init__(self, stack: Stack, screen: Screen, context: BrowserContext) -> None:
        self.stack = stack
        self.screen = screen
        self.context = context
        self.page = self.open()

    def open(self) -> Page:
        """A new tab with the log-in page, its script loaded."""
        page = self.context.new_page()
        page.set_default_timeout(SECONDS)
        page.goto(f"{self.stack.portal.origin}/accounts/login/")
        page.wait_for_selector("#card-login:enabled")
        return page

    def use(self, card: str) -> None:
        """Puts another card into the reader."""
        self.stack.reader.control("swap", str(self.stack.card_image(card)))

    def type_pin(self, pin: str = PIN) -> None:
        """Types into the PIN window, once it can be typed into."""
        self.screen.wait_window()
        self.screen.type(pin)
        self.screen.key("Return")

    def refused(self, code: str, page: Page | None = None) -> str:
        """The text of the message on the page, once it says a code."""
        shown = page or self.page
        shown.wait_for_selector(f"#card-message[data-code={code}]")
        return shown.inner_text("#card-message")

    def logged_in_by(self) -> str:
        """How the person came in, as the page after log-in says."""
        self.page.wait_for_url("**/member/")
        assert "王小明" in self.page.inner_text("#who")
        return self.page.get_attribute("#how", "data-method") or ""


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, screen: Screen) -> Iterator[Stack]:
    """Card, agent, revocation server and portal on ports of their own."""
    folder = tmp_path_factory.mktemp("stack")
    ports = {"portal_port": free_port(), "crl_port": free_port(), "agent_http_port": free_port()}
    with Stack(folder, screen.display, agent_ports=[free_port()], **ports) as stack:
        yield stack


@pytest.fixture
def visit(stack: Stack, screen: Screen) -> Iterator[Visit]:
    """A fresh browser on the log-in page, the demo card in the reader with three tries."""
    stack.reader.control("swap", str(stack.card_image("citizen")))
    stack.reader.control("unblock")
    with browser(stack.home, stack.portal.port) as context:
        context.clear_cookies()
        yield Visit(stack, screen, context)
    wait_until(lambda: not screen.windows())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks everything in this folder."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
