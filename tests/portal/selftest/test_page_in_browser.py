"""The page of the self-test in Chromium: without a component, with one, with everything that a browser can refuse."""

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

from portal.selftest.trial import Outcome
from portal.selftest.views import CHECKS
from portal.support.manual import manual
from tests.portal.pki import Pki
from tests.portal.recovery.gallery import ORIGIN, RULES, Enter, Gallery, room
from tests.portal.recovery.test_looks import keep_picture, overflows

# Nothing here needs the database, so one Chromium is enough for all.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
OK, WARN, FAIL, SKIP = "正常", "注意", "異常", "未檢測"
ANSWERS = (
    Outcome("ok", "", "可以登入。", (), (("持卡人", "王○明"), ("已綁定帳號", "是"), ("帳號", "wa****01"))),
    Outcome("warn", "account_not_bound", "尚未綁定。", ("用密碼登入。",), (("已綁定帳號", "否"),)),
    Outcome("fail", "certificate_revoked", "這張憑證已經廢止。", ("申請新卡。",)),
)


class Portal:
    """A portal in a Chromium that has no server: its pages, its clock, what it says to a trial."""

    def __init__(self, page: Page) -> None:
        self.page, self.offset, self.policy, self.hello = page, 0.0, "same-origin-allow-popups", False
        page.route("**/selftest/clock/", lambda route: route.fulfill(json={"now": time.time() + self.offset}))
        page.route(
            "**/accounts/login/", lambda route: route.fulfill(headers={"Cross-Origin-Opener-Policy": self.policy})
        )
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


@pytest.fixture(scope="module")
def gallery() -> Gallery:
    """The page."""
    hung = Gallery()
    hung.hang("selftest", Client(SERVER_NAME="portal.test").get("/selftest/", secure=True))
    return hung


@pytest.fixture(scope="module")
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


def test_component_is_missing(opens: Opens) -> None:
    portal = opens()
    page = portal.page
    assert portal.signs() == dict.fromkeys(CHECKS, SKIP)
    assert all(row.is_visible() and row.bounding_box()["y"] > 0 for row in page.locator("#rows > li").all())  # type: ignore[index]
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


def test_kinds_of_browsers(opens: Opens) -> None:
    portal = opens()
    portal.run()
    for agent, code in AGENTS.values():
        told = "agent => Object.defineProperty(navigator, 'userAgent', { value: agent, configurable: true })"
        portal.page.evaluate(told, agent)
        portal.run('[data-check="browser"] button')
        assert portal.page.locator('[data-check="browser"] code').inner_text() == code if code else True
        assert portal.signs()["browser"] == {"browser_old": FAIL, "browser_unknown": WARN, "": OK}[code]


def test_pop_ups_that_are_blocked(opens: Opens) -> None:
    """With the permission, a small window of our own; without it, the component's window: one click, one window."""
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


def test_trial(pki: Pki, opens: Opens) -> None:
    answers = [answer.as_answer() for answer in ANSWERS]
    portal = opens()
    page, posted = portal.page, []
    portal.hello = True
    token = json.loads(pki.cards["citizen"].token("x.test"))
    page.route(
        "**/v1/authenticate", lambda route: route.fulfill(json=token, headers={"Access-Control-Allow-Origin": "*"})
    )

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
        reached.add(
            page.evaluate("document.activeElement.closest('[data-check]')?.dataset.check ?? document.activeElement.id")
        )
    assert {*CHECKS, "print"} <= reached
    assert page.get_attribute("#state", "role") == "status"


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
