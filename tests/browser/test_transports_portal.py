"""The reference portal with an opener policy that cuts popups off: log-in by leaving the page and coming back."""

from collections.abc import Iterator, Sequence

import pytest
from playwright.sync_api import BrowserContext

from tests.stand.asking import wait_until
from tests.stand.browser import Browser, Chromium
from tests.stand.parts import PIN, Portal, free_port
from tests.stand.screen import Screen
from tests.stand.stack import Stack


@pytest.fixture(scope="module")
def strict(stack: Stack) -> Iterator[Portal]:
    """The portal with the policy."""
    portal = stack.portal_with("tests.stand.strict_portal", free_port())
    portal.start()
    yield portal
    portal.stop()


@pytest.fixture(scope="module")
def public_ports(strict: Portal) -> Sequence[int]:
    """The portal."""
    return [strict.port]


@pytest.fixture
def browser(stack: Stack, strict: Portal, newcomer: BrowserContext) -> Browser:
    """A fresh browser that nobody has given a permission, the demo card in the reader."""
    stack.agent.allow(strict.origin)
    return Chromium(newcomer)


def test_log_in_by_navigation_ends_where_the_person_wanted_to_go(
    browser: Browser, strict: Portal, stack: Stack, screen: Screen
) -> None:
    tab = browser.open(f"{strict.origin}/member/")
    assert tab.address() == f"{strict.origin}/accounts/login/?next=/member/"
    tab.click("#card-login")
    screen.wait_window()
    wait_until(lambda: tab.address() == f"{stack.agent.own}/v1/go")
    assert tab.text("#site") == strict.origin
    screen.type(PIN)
    screen.key("Return")
    assert "王小明" in tab.text("#who")
    assert tab.address() == f"{strict.origin}/member/"
    assert tab.evaluate("document.getElementById('how').dataset.method") == "card"
    assert tab.evaluate("JSON.stringify({...sessionStorage})").count("unverifiedCertificate") == 0


def test_failure_of_the_navigation_is_shown_on_the_log_in_page_and_the_next_try_works(
    browser: Browser, strict: Portal, screen: Screen
) -> None:
    tab = browser.open(f"{strict.origin}/accounts/login/")
    tab.click("#card-login")
    screen.wait_window()
    screen.key("Escape")
    text = tab.text("#card-message[data-code=user_cancelled]")
    assert "您已取消登入。" in text
    assert tab.address() == f"{strict.origin}/accounts/login/"
    screen.wait_no_window()
    tab.click("#card-login")
    screen.wait_window()
    screen.type(PIN)
    screen.key("Return")
    assert "王小明" in tab.text("#who")


def test_card_that_is_not_bound_leads_to_the_ways_on_after_the_navigation(
    browser: Browser, strict: Portal, stack: Stack, screen: Screen
) -> None:
    stack.reader.control("swap", str(stack.card_image("citizen2")))
    tab = browser.open(f"{strict.origin}/accounts/login/")
    tab.click("#card-login")
    screen.wait_window()
    screen.type(PIN)
    screen.key("Return")
    assert tab.text("#choose-bind")
    assert tab.address() == f"{strict.origin}/accounts/card/choices/"


def test_component_that_does_not_answer_after_the_navigation_is_explained_when_the_person_goes_back(
    browser: Browser, strict: Portal, stack: Stack, screen: Screen
) -> None:
    tab = browser.open(f"{strict.origin}/accounts/login/")
    stack.agent.stop()
    try:
        tab.click("#card-login")
        wait_until(lambda: tab.address().startswith("chrome-error:"))
        tab.back()
        assert "憑證登入元件沒有回應" in tab.text("#card-message[data-code=navigation_unfinished]")
    finally:
        stack.start_agent()
    stack.agent.allow(strict.origin)
    tab.click("#card-login")
    screen.wait_window()
    screen.type(PIN)
    screen.key("Return")
    assert "王小明" in tab.text("#who")


def test_trial_by_navigation_ends_on_the_page_of_the_self_test(
    browser: Browser, strict: Portal, screen: Screen
) -> None:
    tab = browser.open(f"{strict.origin}/selftest/")
    tab.click("#start")
    assert "opener_cuts" in tab.text('[data-check="opener"].warn')
    tab.text('[data-check="daemon"].skip')
    tab.text("#way-trial")
    tab.click("#trial")
    screen.wait_window()
    screen.type(PIN)
    screen.key("Return")
    assert "王○明" in tab.text("#trial-row > .ok")
    assert tab.address() == f"{strict.origin}/selftest/"
