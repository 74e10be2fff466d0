"""The portal's own old page, against the daemon on the old component's port, in both browsers."""

from collections.abc import Iterator

import pytest
from typing_extensions import override

from agent.permissions import Decision
from tests.stand.browser import Browser, Chromium, Tab, strangers
from tests.stand.firefox import firefox, make_profile
from tests.stand.firefox_tabs import FirefoxBrowser
from tests.stand.parts import PIN, Agent, free_port
from tests.stand.screen import Screen
from tests.stand.stack import Stack, Staging
from tests.stand.waiting import wait_until

PORT = 61161
OTHER_PIN = "654321"
pytestmark = pytest.mark.browser


class OldStack(Stack):
    """The demonstration in the manuals' profile, its daemon on the old port as well."""

    @override
    def start_agent(self) -> None:
        """Starts the daemon; the portal is a stranger to it."""
        environment = {**self.reader.env, "DISPLAY": str(self._display)}
        self.agent = Agent(
            self._state / "agent", self.logs, environment, ports=self._ports, http_port=self.http_port, hipki_port=PORT
        )


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, screen: Screen) -> Iterator[OldStack]:
    """All parts, for both browsers."""
    ports = {"portal_port": free_port(), "crl_port": free_port()}
    folder = tmp_path_factory.mktemp("old-way")
    made = OldStack(folder, screen.display, Staging("egov-compat"), agent_ports=[free_port()], **ports)
    with made:
        yield made


@pytest.fixture(params=["chromium", "firefox"])
def opened(request: pytest.FixtureRequest, stack: OldStack) -> Iterator[Browser]:
    """A browser that takes the portal for a public site, whose person has allowed nothing yet."""
    if request.param == "firefox":
        make_profile(stack.home, [("CardLogin demonstration", stack.portal.root)])
        with firefox(stack.home, stack.portal.port) as running:
            yield FirefoxBrowser(running)
    else:
        with strangers(stack.home, stack.portal.port) as someone:
            yield Chromium(someone())


def press(browser: Browser, stack: OldStack, pin: str) -> Tab:
    """The old page, a PIN typed into it and its button pressed."""
    stack.reader.renew(stack.card_image("citizen"))
    tab = browser.open(f"{stack.portal.origin}/login/card/old/")
    tab.text("#old-login:enabled")
    tab.evaluate(f"document.getElementById('old-pin').value = {pin!r}")
    tab.click("#old-login")
    return tab


def logged_in(tab: Tab) -> None:
    """Returns when the member's page says that it was the old way."""
    wait_until(lambda: tab.address().endswith("/member/"))
    assert tab.text("#how") == "憑證卡（舊方式）"


def test_window_asks_for_the_pin_whatever_the_page_has(stack: OldStack, screen: Screen, opened: Browser) -> None:
    stack.agent.decide(stack.portal.origin, Decision.ALLOW)
    tab = press(opened, stack, OTHER_PIN)
    screen.wait_window()
    screen.type(PIN)
    screen.key("Return")
    logged_in(tab)
    screen.wait_no_window()


def test_pin_of_the_page_is_used_where_it_was_allowed(stack: OldStack, screen: Screen, opened: Browser) -> None:
    stack.agent.decide(stack.portal.origin, Decision.PAGE_PIN)
    tab = press(opened, stack, PIN)
    logged_in(tab)
    assert not screen.windows()


def test_wrong_pin_of_the_page_is_told_with_the_tries_left(stack: OldStack, screen: Screen, opened: Browser) -> None:
    stack.agent.decide(stack.portal.origin, Decision.PAGE_PIN)
    tab = press(opened, stack, OTHER_PIN)
    assert "剩餘兩次機會" in tab.text("#old-message.failure")
    assert not screen.windows()


def test_person_who_allows_nothing_is_asked_first_and_may_stop(
    stack: OldStack, screen: Screen, opened: Browser
) -> None:
    stack.agent.decide(stack.portal.origin, None)
    tab = press(opened, stack, PIN)
    screen.wait_window()
    screen.key("Escape")
    tab.text("#old-message.failure")
    assert tab.evaluate("document.getElementById('old-message').dataset.code") == "old_cancelled"
    screen.wait_no_window()
