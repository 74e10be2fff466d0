"""The page of the self-test as it is answered, and in Chromium: no component, one that is told to be there, all green."""

import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from django.test import Client
from playwright.sync_api import Page, Route, expect
from pytest_django import Settings

from agent.selftest.checks.browser import OLDEST as OLDEST_OF_THE_AGENT
from portal.accounts.models import User
from portal.failures import PAGE_INSECURE
from portal.selftest.views import CHECKS, CODES, OLDEST
from portal.support.manual import manual
from tests.portal.conftest import browser
from tests.portal.helpers import plain
from tests.portal.pki import Pki
from tests.portal.recovery.gallery import ORIGIN, RULES, Enter, Gallery, room
from tests.portal.recovery.test_looks import keep_picture, look_at, overflows
from tests.portal.selftest.people import try_out

pytestmark = pytest.mark.django_db
OK, WARN, FAIL, SKIP = "正常", "注意", "異常", "未檢測"


def data_of(client: Client) -> dict[str, Any]:
    """What the page's script is told."""
    text = client.get("/selftest/").content.decode().split('id="selftest-data"', 1)[1]
    told: dict[str, Any] = json.loads(text.split(">", 1)[1].split("</script>", 1)[0])
    return told


def test_everybody_may_see_it_and_says_what_to_do_without_javascript(client: Client) -> None:
    text = plain(client.get("/selftest/"))
    assert "環境檢測與憑證登入都需要 JavaScript。" in text
    assert "cardlogin doctor" in text
    for check in CHECKS:
        assert manual().check_name(check) in text


def test_oldest_browsers_are_those_of_the_component() -> None:
    assert OLDEST == OLDEST_OF_THE_AGENT


@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_codes_have_the_texts_of_the_manual(client: Client, language: str) -> None:
    client.post("/language/", {"language": language})
    told = data_of(client)
    assert set(told["codes"]) == {*CODES, PAGE_INSECURE.code}
    tag = {"zh-hant": "zh-Hant"}.get(language, language)
    for code in CODES:
        said = manual().codes[code].texts[tag]
        assert (told["codes"][code]["meaning"], told["codes"][code]["steps"]) == (said.meaning, list(said.steps[: -1 if code == "agent_not_found" else None]))
    assert all(told["words"].values())
    assert set(CODES) <= set(told["known"])


def test_clock_of_the_portal(client: Client) -> None:
    answer = client.get("/selftest/clock/")
    assert abs(answer.json()["now"] - time.time()) < 5
    assert "no-store" in answer["Cache-Control"]


class Portal:
    """A portal in a Chromium that has no server: its pages, its clock, what it says to a trial, where it is left for."""

    def __init__(self, page: Page) -> None:
        self.page, self.offset, self.policy, self.hello = page, 0.0, "same-origin-allow-popups", False
        page.route("**/selftest/clock/", lambda route: route.fulfill(json={"now": time.time() + self.offset}))
        page.route("**/accounts/login/", lambda route: route.fulfill(headers={"Cross-Origin-Opener-Policy": self.policy}))
        page.route(re.compile(r"//localhost:\d+/"), self._agent)

    def _agent(self, route: Route) -> None:
        url = urlsplit(route.request.url)
        if route.request.is_navigation_request():
            route.fulfill(body="<!doctype html>", content_type="text/html")
        elif not self.hello:
            route.abort("connectionrefused")
        elif url.path == "/v1/hello":
            route.fulfill(json={"service": "cardlogin", "protocol": 1}, headers={"Access-Control-Allow-Origin": "*"})
        else:
            route.abort()

    def run(self, button: str = "#start") -> None:
        """Press, and wait for the end."""
        self.page.click(button)
        expect(self.page.locator("#start")).not_to_have_attribute("aria-disabled", "true")
        assert self.page.locator("#state").inner_text()

    def signs(self) -> dict[str, str]:
        """The word of each row."""
        rows = self.page.locator("[data-check]:visible").all()
        return {str(row.get_attribute("data-check")): row.locator(".word").inner_text() for row in rows}


@pytest.fixture
def gallery(db: None, settings: Settings) -> Gallery:
    """The page."""
    settings.CARDLOGIN_AGENT_PORTS = (61171,)
    hung = Gallery()
    hung.hang("selftest", browser().get("/selftest/"))
    return hung


@pytest.fixture
def enter(gallery: Gallery) -> Iterator[Enter]:
    """A Chromium that is shown it."""
    with room(gallery) as enters:
        yield enters


def violations(page: Page) -> list[str]:
    """What axe finds."""
    return [item["id"] for item in Axe().run(page, options=RULES).response["violations"]]


Opens = Callable[..., Portal]


@pytest.fixture
def opens(enter: Enter) -> Opens:
    """Opens the page; its origin may reach this computer unless `granted` says otherwise."""

    def open_page(width: int = 1024, height: int = 768, scheme: Any = "light", *, granted: bool = True) -> Portal:
        page = enter(width, height, scheme)
        if granted:
            page.context.grant_permissions(["local-network-access"], origin=ORIGIN)
        portal = Portal(page)
        page.goto(f"{ORIGIN}/selftest/")
        expect(page.locator("#start")).to_be_enabled()
        return portal

    return open_page


@pytest.mark.browser
def test_component_is_missing(opens: Opens) -> None:
    portal = opens()
    page = portal.page
    portal.run()
    assert portal.signs() == {**dict.fromkeys(CHECKS, OK), "daemon": FAIL}
    assert page.inner_text("#cause .meaning") == manual().codes["agent_not_found"].texts["zh-Hant"].meaning
    assert page.locator("#cause .steps li").count() == 4
    assert page.get_attribute("#cause .code a", "href") == "/manual/failures/#agent_not_found"
    assert page.evaluate("parseFloat(getComputedStyle(document.querySelector('#cause .meaning')).fontSize)") >= 20
    assert page.inner_text("#state") == "有 1 項異常，第一個異常就是原因。"
    assert not page.is_visible("#continue")
    assert not page.is_visible("#trial")
    assert page.get_attribute("#way-install a:visible", "href") == "/manual/installation/"
    portal.hello = True
    portal.run('[data-check="daemon"] button')
    assert portal.signs() == dict.fromkeys(CHECKS, OK)
    assert not page.is_visible("#cause")
    assert page.inner_text("#state") == "一切正常。"
    assert page.is_visible("#continue")


@pytest.mark.browser
def test_deeper_cause_comes_first_and_one_row_is_made_again(opens: Opens) -> None:
    portal = opens()
    portal.offset, portal.policy = 400, "same-origin"
    portal.run()
    assert portal.signs() == {**dict.fromkeys(CHECKS, OK), "clock": FAIL, "opener": WARN, "daemon": FAIL}
    assert portal.page.inner_text("#cause .check") == "日期與時間"
    assert "-400" in portal.page.inner_text('[data-check="clock"] .found')
    portal.offset = -180
    portal.run('[data-check="clock"] button')
    assert portal.signs()["clock"] == WARN
    assert portal.page.inner_text("#cause .code code") == "agent_not_found"
    assert portal.page.get_attribute('[data-check="clock"] .code a', "href") == "/manual/failures/#clock_off"


AGENTS = {
    "old-chromium": ("Mozilla/5.0 (X11) AppleWebKit/537.36 Chrome/108.0.0.0 Safari/537.36", "browser_old"),
    "oldest-chromium": ("Mozilla/5.0 (X11) AppleWebKit/537.36 Chrome/109.0.0.0 Safari/537.36", ""),
    "old-edge": ("Mozilla/5.0 AppleWebKit/537.36 Chrome/150.0 Safari/537.36 Edg/108.0", "browser_old"),
    "firefox": ("Mozilla/5.0 (X11; rv:115.0) Gecko/20100101 Firefox/115.0", ""),
    "old-safari": ("Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 Version/15.6 Safari/605.1.15", "browser_old"),
    "other": ("Lynx/2.8", "browser_unknown"),
}


@pytest.mark.browser
def test_kinds_of_browsers(opens: Opens) -> None:
    portal = opens()
    portal.run()
    for agent, code in AGENTS.values():
        told = "agent => Object.defineProperty(navigator, 'userAgent', { value: agent, configurable: true })"
        portal.page.evaluate(told, agent)
        portal.run('[data-check="browser"] button')
        assert portal.page.locator('[data-check="browser"] code').inner_text() == code if code else True
        assert portal.signs()["browser"] == {"browser_old": FAIL, "browser_unknown": WARN, "": OK}[code]


@pytest.mark.browser
def test_pop_ups_that_are_blocked(opens: Opens) -> None:
    """With the permission, in a small window of our own; without it, by the component's window: one click, one window."""
    portal = opens()
    opened: list[Page] = []
    portal.page.context.on("page", lambda page: opened.append(page))
    portal.run()
    assert len(opened) == 1
    portal.page.evaluate("window.open = () => null")
    portal.run()
    assert (portal.signs()["popups"], portal.signs()["daemon"]) == (WARN, FAIL)
    other = opens(granted=False)
    other.page.evaluate("window.open = () => null")
    other.run()
    assert (other.signs()["popups"], other.signs()["daemon"]) == (WARN, FAIL)
    assert other.page.inner_text("#cause .code code") == "popup_blocked"


@pytest.mark.browser
def test_way_on_to_the_components_own_page(opens: Opens) -> None:
    portal = opens()
    portal.hello = True
    portal.run()
    portal.page.click("#continue")
    portal.page.wait_for_url("https://localhost:61171/selftest#**")
    asked = parse_qs(urlsplit(portal.page.url).fragment, strict_parsing=True)
    (state,) = asked.pop("state")
    assert re.fullmatch(r"[0-9a-f-]{36}", state)
    assert asked.pop("return_to") == [f"{ORIGIN}/.well-known/cardlogin-return"]
    assert asked.pop("language") == ["zh-Hant"]
    assert json.loads(asked.pop("seen")[0]) == {"network_access": "granted", "popups": True}
    assert asked == {}


@pytest.fixture
def answers(user: User, pki: Pki) -> list[Any]:
    """What the portal says to a card that is bound, to one that is not, and to one that is revoked."""
    return [try_out(browser(), pki.cards[card]) for card in ("citizen", "citizen2", "revoked")]


@pytest.mark.browser
def test_trial(answers: list[Any], pki: Pki, opens: Opens) -> None:
    """What the portal really says to cards, shown on the page."""
    portal = opens()
    page, posted = portal.page, []
    portal.hello = True
    token = json.loads(pki.cards["citizen"].token("x.test"))
    page.route("**/v1/authenticate", lambda route: route.fulfill(json=token, headers={"Access-Control-Allow-Origin": "*"}))

    def take(route: Route) -> None:
        posted.append((urlsplit(route.request.url).path, route.request.post_data or ""))
        trial = route.request.url.endswith("/trial/")
        route.fulfill(json=answers.pop(0) if trial else {"challenge": "x.test"})

    page.route("**/accounts/card/challenge/", take)
    page.route("**/selftest/trial/", take)
    portal.run()
    portal.run("#trial")
    assert portal.signs()["account"] == OK
    assert [line for line in page.inner_text("#trial-row .found").split() if line] == [
        "持卡人", "王○明", "已綁定帳號", "是", "帳號", "wa****01",
    ]  # fmt: skip
    keep_picture(page, "selftest-green-1024-light")
    assert posted[0] == ("/accounts/card/challenge/", '{"purpose":"test"}')
    assert parse_qs(posted[1][1])["challenge"] == ["x.test"]
    assert json.loads(parse_qs(posted[1][1])["token"][0]) == token
    portal.run("#trial")
    assert portal.signs()["account"] == WARN
    assert not page.is_visible("#cause")
    portal.run('[data-check="account"] button')
    assert page.inner_text("#cause .code code") == "certificate_revoked"
    page.unroute("**/v1/authenticate")
    texts = {"zh-Hant": "中", "en": "x"}
    problem = {"code": "user_cancelled", "meaning": texts, "remedy": texts}
    page.route(
        "**/v1/authenticate",
        lambda route: route.fulfill(status=403, json=problem, headers={"Access-Control-Allow-Origin": "*"}),
    )
    portal.run("#trial")
    assert (portal.signs()["account"], page.inner_text("#state")) == (SKIP, "已取消試登入。")
    problem.update(code="pin_locked")
    portal.run("#trial")
    assert page.is_visible('#trial-row .pin a[href="/manual/pin/"]')


@pytest.mark.browser
def test_keyboard_alone_is_enough(opens: Opens) -> None:
    portal = opens()
    page = portal.page
    page.focus("#start")
    page.keyboard.press("Enter")
    expect(page.locator("#cause")).to_be_visible()
    assert page.evaluate("document.activeElement.id") == "start"
    reached = set()
    for _ in range(14):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.closest('[data-check]')?.dataset.check ?? document.activeElement.id"))
    assert {*CHECKS, "print"} <= reached
    assert page.get_attribute("#state", "role") == "status"


@pytest.mark.browser
def test_looks_before_a_run(gallery: Gallery) -> None:
    assert look_at(gallery, "selftest") == []


@pytest.mark.browser
def test_looks_with_faults(opens: Opens) -> None:
    """In light and dark, on a telephone and on paper."""
    for width, scheme in ((1024, "light"), (320, "dark")):
        portal = opens(width, 768, scheme)
        portal.offset, portal.policy = 150, "same-origin"
        portal.run()
        page = portal.page
        keep_picture(page, f"selftest-missing-{width}-{scheme}")
        assert overflows(page) == []
        assert violations(page) == []
    portal = opens(794, 1123, "light")  # A4
    portal.offset = 400
    portal.run()
    assert portal.page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") == 1
    portal.page.emulate_media(media="print")
    keep_picture(portal.page, "selftest-print")
    for hidden in (".unprinted", "button", "footer"):
        assert not portal.page.locator(hidden).locator("visible=true").count()
