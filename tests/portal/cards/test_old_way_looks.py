"""The old log-in page in Chromium, beside a component that answers as the old protocol says."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from playwright.sync_api import Page
from pytest_django import Settings

from tests.portal.conftest import browser
from tests.portal.old_answers import FORM, PAGE, send
from tests.portal.recovery.gallery import ORIGIN, Enter, Gallery, room
from tests.portal.recovery.test_looks import keep_picture, look_at

pytestmark = [pytest.mark.django_db, pytest.mark.browser, pytest.mark.timeout(900)]  # all pages in one browser
PIN, CHALLENGE = "12+4%&", "AbC+/=.login"
POPUP = """<!doctype html><script>
addEventListener("message", (event) => {{
  if (event.source !== opener || {silent}) return;
  opener.postMessage(JSON.stringify({{ ...{answer}, asked: event.data }}), event.origin);
}});
if (!{silent}) opener.postMessage('{{"func":"getTbs"}}', "*");
</script>"""
# The order reaches the test beside the answer, which the page takes what it knows from.
KEEP = "addEventListener('message', (event) => { window.heard = event.data; })"


@pytest.fixture(autouse=True)
def _open(settings: Settings) -> Iterator[None]:
    settings.CARDLOGIN_PROFILE = "egov-compat"
    settings.CARDLOGIN_OLD_WAY = True
    yield
    cache.clear()


def pages() -> Gallery:
    """The page as a stranger sees it and after a refusal, in both languages."""
    gallery, stranger = Gallery(), browser()
    gallery.hang("old-way", stranger.get(PAGE))
    gallery.hang("old-way-en", browser().get(PAGE, headers={"accept-language": "en"}))
    send(stranger, "x", "x")
    gallery.hang("old-way-refused", stranger.get(PAGE))
    return gallery


def test_every_page() -> None:
    assert look_at(pages(), "old-way") == []


def component(enter: Enter, answer: dict[str, object], *, silent: bool = False) -> Page:
    """The page, where the component gives that answer."""
    page = enter(1024, 768, "light")
    body = POPUP.format(answer=json.dumps(answer), silent=json.dumps(silent))
    context = page.context
    context.route("http://localhost:61161/**", lambda route: route.fulfill(body=body, content_type="text/html"))
    page.route("**/accounts/card/challenge/", lambda route: route.fulfill(json={"challenge": CHALLENGE}))
    page.add_init_script(KEEP)
    page.goto(f"{ORIGIN}/old-way/")
    page.fill("#old-pin", PIN)
    return page


def failure(page: Page) -> Any:
    """The code that the page shows."""
    page.locator("#old-message.failure").wait_for()
    return page.get_attribute("#old-message", "data-code")


FAILURES: dict[str, tuple[int, int]] = {
    "old_pin_two_left": (1980760070, -2147483646),
    "old_pin_one_left": (1980760070, -2147483647),
    "old_pin_wrong": (1980760070, 160),
    "old_pin_length": (1980760070, 162),
    "old_pin_locked": (1980760070, 164),
    "old_site_not_allowed": (1979711537, 0),
    "old_site_refused": (1979711503, 0),
    "old_cancelled": (1979713945, 0),
    "old_no_card": (1979711494, 0),
    "old_no_reader": (1980760067, 0),
    "old_not_yet_valid": (1984954369, 0),
    "old_expired": (1984954370, 0),
    "old_failed": (1979711501, 0),
}


def test_every_failure_in_its_own_words() -> None:
    shown: dict[str, str] = {}
    with room(pages()) as enter:
        for code, (ret_code, last_error) in FAILURES.items():
            page = component(enter, {"func": "sign", "ret_code": ret_code, "last_error": last_error})
            page.click("#old-login")
            assert failure(page) == code
            shown[code] = page.inner_text("#old-message")
            assert page.input_value("#old-pin") == ""
            assert page.is_enabled("#old-login")
            keep_picture(page, f"old-way-{code}")
            page.context.close()
    assert len(set(shown.values())) == len(FAILURES)
    assert "0x7600000d" in shown["old_failed"]


def test_order_that_the_component_gets_and_the_form_that_the_portal_gets() -> None:
    with room(pages()) as enter:
        page = component(enter, {"func": "sign", "ret_code": 0, "last_error": 0, "signature": "MII+/="})
        with page.expect_request(f"**{FORM}") as sent:
            page.click("#old-login")
        form = sent.value.post_data_json or {}
        assert (form["challenge"], form["answer"]) == (CHALLENGE, "MII+/=")
        assert "pin" not in form
    with room(pages()) as enter:
        page = component(enter, {"func": "sign", "ret_code": 1979711501, "last_error": 0})
        page.click("#old-login")
        failure(page)
        order = json.loads(json.loads(page.evaluate("window.heard"))["asked"])
    assert order == {
        "func": "MakeSignature", "signatureType": "PKCS7", "hashAlgorithm": "SHA256", "tbsEncoding": "NONE",
        "tbs": "AbC%2B%2F%3D.login", "nonce": "AbC%2B%2F%3D.login", "withCardSN": "true", "pin": "12%2B4%25%26",
    }  # fmt: skip


def test_component_that_does_not_answer_is_not_waited_for() -> None:
    with room(pages()) as enter:
        page = component(enter, {}, silent=True)
        page.click("#old-login")
        assert failure(page) == "old_no_answer"
        assert len(page.context.pages) == 1


def test_window_that_the_person_closes_is_told() -> None:
    with room(pages()) as enter:
        page = component(enter, {"func": "other"})
        with page.expect_popup() as popup:
            page.click("#old-login")
        page.wait_for_function("window.heard && JSON.parse(window.heard).func === 'other'")
        popup.value.close()
        assert failure(page) == "old_window_closed"


def test_pin_of_another_length_is_sent_to_nobody() -> None:
    with room(pages()) as enter:
        page = component(enter, {"func": "sign", "ret_code": 0})
        page.fill("#old-pin", "12345")
        page.click("#old-login")
        assert page.evaluate("document.getElementById('old-pin').validity.tooShort")
        assert len(page.context.pages) == 1
