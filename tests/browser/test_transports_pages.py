"""Our own pages as people meet them: axe finds nothing, the keyboard reaches everything, nothing is cut off."""

import importlib.util
import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from agent.messages import languages
from tests.stand.screen import Screen
from tests.stand.site import CHALLENGE, RETURN, Site
from tests.stand.stack import Stack

WIDTHS = (320, 1024)


def axe() -> str:
    """The script of axe-core."""
    found = importlib.util.find_spec("axe_playwright_python")
    assert found is not None
    assert found.submodule_search_locations
    return (Path(found.submodule_search_locations[0]) / "axe.min.js").read_text("utf-8")


@pytest.fixture(scope="module")
def site(stack: Stack) -> Iterator[Site]:
    """A site that opens our pages."""
    with Site(stack.portal.certificate) as site:
        yield site


@pytest.fixture(scope="module")
def public_ports(site: Site) -> Sequence[int]:
    """The site."""
    return [site.port]


@pytest.fixture
def context(stack: Stack, site: Site, newcomer: BrowserContext) -> BrowserContext:
    """A fresh browser; Playwright's, because axe is put into the pages past their policy."""
    stack.agent.allow(site.origin)  # as many windows as the tests need
    return newcomer


def opened(context: BrowserContext, url: str) -> Page:
    """A page that a person opens."""
    page = context.new_page()
    page.goto(url)
    return page


def popup_by_hand(context: BrowserContext, stack: Stack, site: Site) -> Page:
    """The popup without an opener."""
    return opened(context, f"{stack.agent.url}/v1/popup")


def popup_at_work(context: BrowserContext, stack: Stack, site: Site) -> Page:
    """The popup while the PIN is waited for."""
    page = opened(context, site.page("/page", ports=[stack.agent.port], httpPort=0))
    with context.expect_page() as popup:
        page.click("#log-in")
    popup.value.wait_for_selector("#site:not(:empty)")
    return popup.value


def go_by_hand(context: BrowserContext, stack: Stack, site: Site) -> Page:
    """The page of the navigation with nothing asked."""
    return opened(context, f"{stack.agent.url}/v1/go")


def go_at_work(context: BrowserContext, stack: Stack, site: Site) -> Page:
    """The page of the navigation while the PIN is waited for."""
    page = opened(context, f"{stack.agent.url}/v1/go#return_to={site.origin}{RETURN}&challenge={CHALLENGE}")
    page.wait_for_selector("#site:not(:empty)")
    return page


def status(context: BrowserContext, stack: Stack, site: Site) -> Page:
    """The page of the state."""
    return opened(context, f"{stack.agent.url}/status")


def unknown(context: BrowserContext, stack: Stack, site: Site) -> Page:
    """The page of an address that is not there."""
    return opened(context, f"{stack.agent.url}/nowhere")


PAGES: dict[str, Callable[[BrowserContext, Stack, Site], Page]] = {
    page.__name__: page for page in (popup_by_hand, popup_at_work, go_by_hand, go_at_work, status, unknown)
}


def violations(page: Page) -> list[str]:
    """What axe has to say against a page."""
    page.evaluate(axe())
    found: list[dict[str, Any]] = page.evaluate("axe.run().then((result) => result.violations)")
    return [f"{item['id']}: {json.dumps([node['html'] for node in item['nodes']])}" for item in found]


@pytest.fixture(params=list(PAGES))
def page(request: pytest.FixtureRequest, context: BrowserContext, stack: Stack, site: Site) -> Page:
    """Each page in turn."""
    return PAGES[request.param](context, stack, site)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_is_cut_off(page: Page, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 640})
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_axe_finds_what_is_wrong(context: BrowserContext, stack: Stack, site: Site) -> None:
    """The test above can fail."""
    page = status(context, stack, site)
    page.evaluate("document.documentElement.removeAttribute('lang')")
    assert any(item.startswith("html-has-lang") for item in violations(page))


def test_everything_that_can_be_pressed_is_reached_by_the_keyboard_and_shows_it(page: Page) -> None:
    buttons = page.locator("button:visible").count()
    reached = set()
    for _ in range(buttons + 1):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement?.lang || document.activeElement?.id"))
        if page.evaluate("document.activeElement?.tagName") == "BUTTON":
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert len(reached & {"close", *languages()}) == buttons
    assert set(languages()) <= reached


CHINESE = re.compile("[\u4e00-\u9fff]")


def test_person_switches_the_language_and_the_page_and_the_next_remember_it(
    page: Page, context: BrowserContext, stack: Stack, site: Site
) -> None:
    def shown() -> str:
        return page.inner_text("main") + page.inner_text("h1") + page.title()

    for language in ("zh-Hant", "en", "zh-Hant"):
        page.click(f"#languages [lang={language}]")
        assert page.get_attribute("html", "lang") == language
        assert bool(CHINESE.search(shown())) == (language == "zh-Hant")
        assert page.get_attribute("#languages [aria-pressed=true]", "lang") == language
    assert status(context, stack, site).get_attribute("html", "lang") == "zh-Hant"


# What a page asks its browser for, instead of doing it: the driver pretends sizes of its own.
WISHES = """window.wishes = {};
for (const name of ["resizeTo", "moveTo"]) window[name] = (...values) => (window.wishes[name] = values);"""


def test_popup_is_small_stands_beside_the_pin_window_and_follows_the_language_of_the_order(
    context: BrowserContext, stack: Stack, site: Site, screen: Screen
) -> None:
    context.add_init_script(WISHES)
    popup = popup_at_work(context, stack, site)
    pin_window = screen.place(screen.wait_window())
    wishes = popup.evaluate("wishes")
    assert wishes["resizeTo"] == [420, 260], "headless, its windows have no frame"
    assert 0 <= wishes["moveTo"][0] <= pin_window["X"]
    assert popup.get_attribute("html", "lang") == "zh-Hant"
    assert popup.get_attribute("html", "translate") == "no"
    popup.set_viewport_size({"width": 420, "height": 260})
    for language in languages():
        popup.click(f"#languages [lang={language}]")
        assert popup.evaluate("document.documentElement.scrollHeight") <= 260, "nothing to scroll"


def test_popup_that_does_not_know_its_size_yet_is_as_small(context: BrowserContext, stack: Stack, site: Site) -> None:
    unknown = "for (const name of ['outerWidth', 'outerHeight']) Object.defineProperty(window, name, { value: 0 });"
    context.add_init_script(WISHES + unknown)
    wishes = popup_at_work(context, stack, site).evaluate("wishes")
    assert wishes["resizeTo"] == [420, 260]
    assert wishes["moveTo"][0] >= 0


def test_page_loads_nothing_from_anywhere(context: BrowserContext, stack: Stack, site: Site) -> None:
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    for name in ("popup_by_hand", "go_by_hand", "status", "unknown"):
        PAGES[name](context, stack, site)
    assert {url.removeprefix(stack.agent.url).removeprefix(stack.agent.own) for url in asked} <= {
        "/v1/popup",
        "/v1/go",
        "/status",
        "/nowhere",
        "/favicon.ico",
    }


def test_state_says_until_when_the_browser_will_trust_us(context: BrowserContext, stack: Stack, site: Site) -> None:
    page = status(context, stack, site)
    text = page.inner_text("main")
    assert str(stack.agent.port) in text
    assert str(stack.http_port) in text
    assert date.fromisoformat(page.inner_text("dt[data-text=until] + dd")) > datetime.now(UTC).date()
