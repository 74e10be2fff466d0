"""Pages in each language in Chromium, and the switch between them with something typed on the page."""

import pytest
from django.test import Client
from playwright.sync_api import Page

from portal.accounts.models import User
from portal.languages import codes
from tests.portal.conftest import PASSWORD, browser
from tests.portal.helpers import card_log_in
from tests.portal.pki import Pki
from tests.portal.recovery.gallery import ORIGIN, Gallery, room
from tests.portal.recovery.test_looks import look_at
from tests.portal.registration.walk import REGISTER, Walk, step_of

pytestmark = [pytest.mark.django_db, pytest.mark.browser, pytest.mark.timeout(900)]  # all pages in one browser
TYPED = {"account": "clairesu1234", "password": "secret word 9 here"}


def reader_of(language: str) -> Client:
    """A browser whose person has chosen a language."""
    client = browser()
    client.post("/language/", {"language": language})
    return client


def gather(language: str, pki: Pki) -> Gallery:
    """The pages that everybody sees: home, log-in, registration, member's area."""
    gallery, client = Gallery(), reader_of(language)
    gallery.hang("home", client.get("/"))
    gallery.hang("login", client.get("/accounts/login/"))
    gallery.hang("login-refused", client.get(card_log_in(client, pki.cards["revoked"]).url))
    gallery.hang("recover", client.get("/accounts/recover/"))
    gallery.hang("center", client.get("/accounts/center/"))
    walk = Walk(client)
    gallery.hang("step-1", walk.page)
    gallery.hang("step-1-wrong", walk.send({}))
    assert step_of(walk.page) == 1
    gallery.hang("done", Walk(client).plain())
    client.post("/accounts/login/", {"login": "wang0001", "password": PASSWORD})
    for page in ("", "cards/", "profile/", "mobile/", "sessions/", "delete/"):
        gallery.hang(f"member-{page.strip('/')}".strip("-"), client.get(f"/member/{page}"))
    return gallery


@pytest.mark.parametrize("language", codes())
def test_pages_in_each_language(user: User, pki: Pki, language: str) -> None:
    assert look_at(gather(language, pki), language) == []


def switched(page: Page, button: str) -> None:
    """Type into the first step and press the switch."""
    page.route("**/language/", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html"))
    page.goto(f"{ORIGIN}/step-1/")
    for name, text in TYPED.items():
        page.fill(f"#id_{name}", text)
    with page.expect_navigation():
        page.get_by_role("button", name=button).press("Enter")


def test_what_was_typed_comes_back_once_and_a_password_never(db: None) -> None:
    gallery, client = Gallery(), reader_of("zh-hant")
    gallery.hang("step-1", Walk(client).page)
    client.post("/language/", {"language": "en"})
    english = client.get(f"{REGISTER}1/")
    with room(gallery) as enter:
        page = enter(1024, 768, "light")
        switched(page, "English")
        gallery.pages["step-1"] = english
        page.goto(f"{ORIGIN}/step-1/")
        assert page.locator("html").get_attribute("lang") == "en"
        assert page.input_value("#id_account") == TYPED["account"]
        assert page.input_value("#id_password") == ""
        page.reload()
        assert page.input_value("#id_account") == ""


def test_what_was_typed_stays_on_its_own_page(db: None) -> None:
    gallery, client = Gallery(), reader_of("zh-hant")
    gallery.hang("step-1", Walk(client).page)
    gallery.hang("other", client.get(f"{REGISTER}1/"))
    with room(gallery) as enter:
        page = enter(1024, 768, "light")
        switched(page, "English")
        page.goto(f"{ORIGIN}/other/")
        assert page.input_value("#id_account") == ""
        assert page.evaluate("sessionStorage.length") == 0
