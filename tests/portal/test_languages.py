"""One language at a time: which one, the switch between them, what a switch leaves as it was, mails and problems."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as portal
from django.core import mail
from django.test import Client
from pytest_django import Settings

from portal.accounts.models import User
from portal.failures import ACCOUNT_LOCKED
from portal.languages import codes, in_every_language, in_words, tag
from portal.messages.models import OutboxMessage
from portal.messages.sending import send_mail, send_text
from portal.settings.base import languages
from tests.portal.conftest import PASSWORD, browser
from tests.portal.helpers import card_log_in, plain
from tests.portal.pki import Pki
from tests.portal.registration.walk import ACCOUNT, DONE, Walk, step_of

SWITCH = "/language/"
LOGIN = "/accounts/login/"
COOKIE = "__Host-language"
pytestmark = pytest.mark.django_db


def language_of(page: Any) -> str:
    """The language that the page says it is in."""
    found = re.search('<html lang="([^"]+)">', page.content.decode())
    assert found
    return found[1]


def switch(client: Client, to: str, back: str = "/") -> Any:
    """Press the switch of a page."""
    return client.post(SWITCH, {"language": to, "next": back})


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("", "zh-Hant"), ("zh-TW,zh;q=0.9,en;q=0.8", "zh-Hant"), ("zh-HK", "zh-Hant"), ("zh-CN", "zh-Hant"),
        ("en-US,en;q=0.9", "en"), ("ja,en;q=0.5", "en"), ("ja", "zh-Hant"), ("*", "zh-Hant"), ("x" * 600, "zh-Hant"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/", LOGIN, "/no-such-page/"])
def test_browser_says_what_its_person_reads(client: Client, path: str, asked: str, answered: str) -> None:
    page = client.get(path, headers={"accept-language": asked} if asked else {})
    assert language_of(page) == tag(page.headers["Content-Language"]) == answered


def test_refusal_before_any_page_is_in_the_language_asked_for(client: Client) -> None:
    page = client.post(LOGIN, {"login": "x" * 60_000}, headers={"accept-language": "en"})
    assert page.status_code == 400
    assert language_of(page) == "en"
    assert "The request cannot be handled" in plain(page)


def test_every_page_has_the_switch_and_each_language_names_itself(client: Client) -> None:
    for path in ("/", LOGIN, "/accounts/register/", "/accounts/recover/", "/accounts/center/", "/no-such-page/"):
        form = client.get(path).content.decode().split('id="languages"')[1].split("</form>")[0]
        assert 'name="csrfmiddlewaretoken"' in form
        assert f'name="next" value="{path}"' in form
        assert '<span lang="zh-Hant" aria-current="true">中文</span>' in form
        assert '<button name="language" value="en" lang="en">English</button>' in form


def test_choice_is_kept_in_a_cookie_and_goes_before_the_browsers(client: Client) -> None:
    answer = switch(client, "en", LOGIN)
    assert (answer.status_code, answer["Location"]) == (302, LOGIN)
    cookie = client.cookies[COOKIE]
    assert (cookie.value, cookie["samesite"], cookie["path"], cookie["domain"]) == ("en", "Lax", "/", "")
    assert cookie["secure"]
    assert cookie["httponly"]
    assert int(cookie["max-age"]) == 365 * 24 * 3600
    assert language_of(client.get(LOGIN, headers={"accept-language": "zh-TW"})) == "en"
    switch(client, "zh-hant")
    assert language_of(client.get(LOGIN, headers={"accept-language": "en"})) == "zh-Hant"


@pytest.mark.parametrize("wrong", ["", "xx", "../en", "en\r\nX: y", "EN" * 400])
def test_language_that_is_none_changes_nothing(client: Client, wrong: str) -> None:
    assert switch(client, wrong).status_code == 302
    assert language_of(client.get("/")) == "zh-Hant"


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "\\\\evil.example"]
)
def test_switch_never_leads_to_another_site(client: Client, target: str) -> None:
    assert switch(client, "en", target)["Location"] == "/"


def test_switch_needs_a_post_and_the_csrf_token(client: Client) -> None:
    assert client.get(SWITCH).status_code == 405
    assert switch(browser(enforce_csrf_checks=True), "en").status_code == 403


def test_address_of_the_page_stays_but_for_a_strangers_next(client: Client) -> None:
    page = client.get(f"{LOGIN}?next=/member/cards/").content.decode()
    assert f'name="next" value="{LOGIN}?next=%2Fmember%2Fcards%2F"' in page
    assert "evil" not in client.get("/accounts/company/?next=https://evil.example/").content.decode()


def test_refusal_is_said_again_in_the_other_language_and_then_no_more(client: Client, user: User, pki: Pki) -> None:
    client.get(card_log_in(client, pki.cards["revoked"]).url)
    switch(client, "en", LOGIN)
    again = client.get(LOGIN)
    assert 'data-code="certificate_revoked"' in again.content.decode()
    assert "憑證" not in plain(again).replace("中文", "")
    assert 'data-code="certificate_revoked"' not in client.get(LOGIN).content.decode()
    switch(client, "zh-hant", LOGIN)
    assert 'data-code="certificate_revoked"' not in client.get(LOGIN).content.decode()


def test_wrong_password_is_told_again_and_not_tried_again(client: Client, user: User) -> None:
    client.post(LOGIN, {"login": "wang0001", "password": "wrong"})
    switch(client, "en", LOGIN)
    page = client.get(LOGIN)
    assert 'data-code="password_wrong"' in page.content.decode()
    assert "The account or the password is not correct." in plain(page)


def test_switch_of_another_page_says_nothing_again(client: Client, user: User, pki: Pki) -> None:
    client.get(card_log_in(client, pki.cards["revoked"]).url)
    switch(client, "en", "/")
    assert 'data-code="certificate_revoked"' not in client.get(LOGIN).content.decode()


def test_recovery_code_is_not_lost_by_a_switch(client: Client) -> None:
    page = Walk(client).plain().content.decode()
    (code,) = re.findall("<code>([A-Z2-7-]{19})</code>", page)
    switch(client, "en", DONE)
    assert code in client.get(DONE).content.decode()
    assert code not in client.get(DONE).content.decode()
    assert code not in json.dumps(dict(client.session))


def test_registration_goes_on_in_the_other_language(client: Client) -> None:
    walk = Walk(client)
    switch(client, "en", "/accounts/register/1/")
    page = client.get("/accounts/register/1/")
    assert "Step 1 of 5: Account name and password" in plain(page)
    assert step_of(walk.send(ACCOUNT)) == 2
    assert "Step 2 of 5: Basic data" in plain(walk.page)


@pytest.mark.parametrize(
    ("path", "back"),
    [("/member/mobile/code/", "/member/mobile/"), ("/accounts/reauthenticate/card/", "/accounts/reauthenticate/")],
)
def test_page_that_only_a_post_answers_leads_to_one_that_can_be_opened(
    client: Client, user: User, path: str, back: str
) -> None:
    client.post(LOGIN, {"login": "wang0001", "password": PASSWORD})
    page = client.post(path, {"code": "x"}).content.decode()
    assert f'name="next" value="{back}"' in page
    assert client.get(back).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_registration_and_switch_are_remembered_by_the_account(client: Client) -> None:
    switch(client, "en")
    Walk(client).plain()
    made = User.objects.get()
    assert made.language == "en"
    assert mail.outbox[-1].subject == "Demonstration Portal: confirm your registration"
    made.is_active = True
    made.save()
    client.force_login(made)
    switch(client, "zh-hant")
    assert User.objects.get().language == "zh-hant"


def test_stranger_changes_no_account(client: Client, user: User) -> None:
    switch(client, "en")
    user.refresh_from_db()
    assert user.language == ""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_mail_and_text_are_in_the_accounts_language(language: str) -> None:
    send_mail("a@portal.example", language, "member_password", name="王小明")
    send_text("0911123456", language, "member_mobile")
    english = language == "en"
    (sent,), (text,) = mail.outbox, OutboxMessage.objects.all()
    assert ("password changed" in sent.subject, "密碼已變更" in sent.subject) == (english, not english)
    assert ("was changed" in sent.body, "您的帳號密碼已變更" in sent.body) == (english, not english)
    assert ("Demonstration Portal" in text.body, "示範入口網" in text.body) == (english, not english)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", ["", "xx"])
def test_mail_is_in_both_languages_where_none_is_known(language: str) -> None:
    send_mail("a@portal.example", language, "member_password", name="王小明")
    send_text("0911123456", language, "member_mobile")
    (sent,), (text,) = mail.outbox, OutboxMessage.objects.all()
    assert sent.subject == "示範入口網：密碼已變更 Demonstration Portal: password changed"
    assert sent.body.index("王小明您好") < sent.body.index("示範系統") < sent.body.index("Dear 王小明")
    assert text.body.index("示範入口網") < text.body.index("Demonstration Portal")


def test_problem_documents_have_every_language(client: Client, settings: Settings) -> None:
    answer = client.post("/accounts/card/challenge/", "{}", content_type="application/json")
    for part in ("meaning", "remedy"):
        assert set(answer.json()[part]) == {tag(code) for code in codes()} >= {"zh-Hant", "en"}
    assert answer.json()["meaning"]["zh-Hant"] == "網頁送出的資料格式不正確。"
    assert answer.json()["title"] == answer.json()["meaning"]["en"]


def test_message_of_the_server_library_is_found_too() -> None:
    assert in_words(ACCOUNT_LOCKED.meaning) == "密碼連續錯誤太多次，這個帳號的密碼登入已鎖定。"
    assert set(in_every_language("no such message").values()) == {"no such message"}
    assert in_words("") == ""


def test_language_is_a_catalogue_and_nothing_else(tmp_path: Path) -> None:
    for name in ("zh_Hant", "en", "vi"):
        (tmp_path / name / "LC_MESSAGES").mkdir(parents=True)
        (tmp_path / name / "LC_MESSAGES" / "django.mo").touch()
    assert [code for code, _ in languages(tmp_path, "zh-hant")] == ["zh-hant", "en", "vi"]
    folders = {path.name.replace("_", "-") for path in Path(portal.LOCALE_PATHS[0]).iterdir()}
    assert {tag(code) for code in codes()} == folders


def test_help_desk_is_shown_only_where_there_is_one(client: Client, settings: Settings) -> None:
    assert "help-desk" not in client.get("/").content.decode()
    settings.CARDLOGIN_HELP_PHONE = "02-0000-0000"
    assert '<a href="tel:02-0000-0000">02-0000-0000</a>' in client.get("/").content.decode()
