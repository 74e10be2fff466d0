"""What people asked for, in Chromium: ways out beside the log-in form, a short greeting, a cancel that is no error."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from playwright.sync_api import Download, Page
from pytest_django import Settings

from portal.accounts.models import User
from portal.accounts.recovery_codes import fresh_text
from tests.portal.conftest import PASSWORD, browser
from tests.portal.recovery.gallery import ORIGIN, Enter, Gallery, room
from tests.portal.recovery.people import name_account
from tests.portal.recovery.test_looks import keep_picture
from tests.portal.test_language_looks import reader_of

pytestmark = [pytest.mark.django_db, pytest.mark.browser, pytest.mark.timeout(900)]  # all pages in one browser
# The component's client, as it answers when a person has stopped.
STOPPED = """
export class CardLoginError extends Error {{
  constructor(code) {{
    super(code);
    const both = (text) => ({{ "zh-Hant": text, en: text }});
    Object.assign(this, {{ code, meaning: both("MEANING"), remedy: both("REMEDY") }});
  }}
}}
export const authenticate = async () => {{ throw new CardLoginError({code}); }};
export const completeNavigation = authenticate;
export const unfinishedNavigation = () => undefined;
"""
CARD_PAGES = ("login", "company", "register", "forgot", "reset", "reauthenticate", "cards")


@pytest.fixture(autouse=True)
def _fresh_limits() -> Iterator[None]:
    yield
    cache.clear()


def card_pages() -> Gallery:
    """Pages with a card's button, of strangers and of a member."""
    gallery, stranger, member = Gallery(), browser(), browser()
    gallery.hang("login", stranger.get("/accounts/login/"))
    gallery.hang("company", stranger.get("/accounts/company/"))
    gallery.hang("register", stranger.get("/accounts/register/"))
    gallery.hang("forgot", stranger.get("/accounts/recover/account/"))
    name_account(stranger, "reset")
    gallery.hang("reset", stranger.get("/accounts/recover/reset-card/"))
    member.post("/accounts/login/", {"login": "wang0001", "password": PASSWORD})
    gallery.hang("reauthenticate", member.get("/accounts/reauthenticate/?next=/member/"))
    gallery.hang("cards", member.get("/member/cards/"))
    return gallery


def press(page: Page, name: str, code: str) -> None:
    """Press the card's button of a page, where the component answers with a failure."""
    stub = STOPPED.format(code=json.dumps(code))
    page.route("**/cardlogin.js", lambda route: route.fulfill(body=stub, content_type="text/javascript"))
    page.goto(f"{ORIGIN}/{name}/")
    page.click("#card-login")
    page.wait_for_selector(f"#card-message[data-code={code}]")


def test_cancelling_is_no_error_on_any_page_with_a_card(user: User) -> None:
    gallery = card_pages()
    with room(gallery) as enter:
        for name in CARD_PAGES:
            for code in ("user_cancelled", "page_closed"):
                page = enter(1024, 768, "light")
                press(page, name, code)
                message = page.locator("#card-message")
                assert (message.get_attribute("class"), message.get_attribute("role")) == ("message", "status"), name
                assert message.inner_text().split() == ["MEANING", "REMEDY"], name
                page.context.close()


def test_other_failures_are_still_errors(user: User) -> None:
    with room(card_pages()) as enter:
        page = enter(1024, 768, "light")
        press(page, "login", "agent_not_found")
        message = page.locator("#card-message")
        assert (message.get_attribute("class"), message.get_attribute("role")) == ("message failure", "alert")
        assert "agent_not_found" in message.inner_text()


@pytest.mark.parametrize("language", ["zh-hant", "en"])
@pytest.mark.parametrize("profile", ["modern", "egov-compat"])
def test_forgotten_ways_are_seen_without_scrolling(user: User, settings: Settings, profile: str, language: str) -> None:
    settings.CARDLOGIN_PROFILE = profile
    gallery, client = Gallery(), reader_of(language)
    gallery.hang("plain", client.get("/accounts/login/"))
    for number in range(4):
        wrong = {"login": "wang0001", "password": f"wrong {number}"}
        answer = gallery.hang(f"wrong-{number}", client.post("/accounts/login/", wrong, follow=True))
        assert 'id="password-message"' in answer.content.decode()
    with room(gallery) as enter:
        page = enter(1024, 768, "light")
        for name in gallery.pages:
            page.goto(f"{ORIGIN}/{name}/")
            keep_picture(page, f"login-{profile}-{language}-{name}")
            for link in ("#to-recover", "#to-forgot-account"):
                box = page.locator(link).bounding_box()
                assert box is not None
                assert box["y"] + box["height"] <= 768, (name, link, box)


@pytest.mark.parametrize("width", [1024, 360, 320])
def test_long_name_leaves_the_head_in_place(user: User, width: int) -> None:
    User.objects.update(name="王" * 64)
    client, gallery = browser(), Gallery()
    client.post("/accounts/login/", {"login": "wang0001", "password": PASSWORD})
    gallery.hang("home", client.get("/"))
    with room(gallery) as enter:
        page = enter(width, 768, "light")
        page.goto(f"{ORIGIN}/home/")
        keep_picture(page, f"greeting-{width}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        hello = page.locator("#hello").bounding_box()
        assert hello is not None
        assert hello["height"] < 60
        assert "您好" in page.locator("#hello").inner_text()
        assert page.locator("#logout").is_visible()


def test_recovery_code_is_copied_downloaded_and_printed(user: User, tmp_path: Path) -> None:
    client, gallery = browser(), Gallery()
    client.post("/accounts/login/", {"login": "wang0001", "password": PASSWORD})
    answer = gallery.hang("code", client.post("/member/recovery-code/", follow=True))
    code = answer.context["code"]
    assert len(code) == len(fresh_text())
    with room(gallery) as enter:
        page = enter(1024, 768, "light")
        page.goto(f"{ORIGIN}/code/")
        keep_picture(page, "recovery-code")
        _saved_file_has(page, code, tmp_path)
        _can_be_copied(page, code)
        page.evaluate("() => { window.print = () => { window.printed = true; }; }")
        page.click("[data-do=print]")
        assert page.evaluate("window.printed")
        assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]


def _saved_file_has(page: Page, code: str, folder: Path) -> None:
    with page.expect_download() as waiting:
        page.click("[data-do=download]")
    saved: Download = waiting.value
    assert saved.suggested_filename == "recovery-code.txt"
    saved.save_as(folder / "code.txt")
    lines = (folder / "code.txt").read_text("utf-8").split("\n")
    assert code in lines
    assert ORIGIN in lines


def _can_be_copied(page: Page, code: str) -> None:
    page.evaluate("() => { navigator.clipboard.writeText = async (text) => { window.copied = text; }; }")
    page.click("[data-do=copy]")
    page.wait_for_function("window.copied")
    assert page.evaluate("window.copied") == code
    page.evaluate("() => { navigator.clipboard.writeText = async () => { throw new Error(); }; }")
    page.click("[data-do=copy]")
    page.wait_for_function("getSelection().toString()")
    assert page.evaluate("getSelection().toString()").strip() == code


def test_without_a_script_the_code_is_text_and_no_dead_buttons_are_shown(user: User) -> None:
    client, gallery = browser(), Gallery()
    client.post("/accounts/login/", {"login": "wang0001", "password": PASSWORD})
    answer = gallery.hang("code", client.post("/member/recovery-code/", follow=True))
    with room(gallery) as enter:
        page = _without_scripts(enter)
        page.goto(f"{ORIGIN}/code/")
        assert page.locator(".saved-code").inner_text().strip() == answer.context["code"]
        assert not page.locator(".keep").is_visible()


def _without_scripts(enter: Enter) -> Page:
    page = enter(1024, 768, "light")
    page.route("**/*.js", lambda route: route.abort())
    return page
