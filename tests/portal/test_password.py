"""Log-in by account and password."""

import pytest
from django.test import Client
from pytest_django import Settings

from portal.accounts.models import User
from portal.settings import base
from tests.portal.conftest import PASSWORD, browser
from tests.portal.helpers import logged_in, plain, shown_code

LOGIN = "/accounts/login/"


def _submit(client: Client, login: str = "wang0001", password: str = PASSWORD, **more: str) -> object:
    return client.post(LOGIN, {"login": login, "password": password, **more})


def test_right_password_leads_to_the_member_page(client: Client, user: User) -> None:
    answer = client.post(LOGIN, {"login": "wang0001", "password": PASSWORD}, follow=True)
    assert answer.redirect_chain == [("/member/", 302)]
    text = answer.content.decode()
    assert 'id="how" data-method="password"' in text
    assert "王小明（wang0001）" in plain(answer)
    assert "憑證序號" not in text


def test_account_name_is_compared_without_case(client: Client, user: User) -> None:
    _submit(client, "WANG0001")
    assert logged_in(client)


@pytest.mark.parametrize(("login", "password"), [("wang0001", "wrong-password"), ("nobody01", PASSWORD)])
def test_wrong_password_and_unknown_account_look_alike(client: Client, user: User, login: str, password: str) -> None:
    answer = client.post(LOGIN, {"login": login, "password": password})
    assert answer.status_code == 200
    assert 'data-code="password_wrong"' in answer.content.decode()
    text = plain(answer)
    assert "帳號或密碼不正確。" in text
    assert f'value="{login}"' in answer.content.decode()
    assert password not in answer.content.decode()
    assert not logged_in(client)


def test_empty_fields_are_named(client: Client, user: User) -> None:
    answer = client.post(LOGIN, {"login": "", "password": ""})
    assert 'data-code="form_incomplete"' in answer.content.decode()


def test_inactive_account_is_told_so_only_with_the_right_password(client: Client, user: User) -> None:
    user.is_active = False
    user.save()
    wrong = client.post(LOGIN, {"login": "wang0001", "password": "wrong-password"})
    assert 'data-code="password_wrong"' in wrong.content.decode()
    right = client.post(LOGIN, {"login": "wang0001", "password": PASSWORD})
    assert shown_code(client, right, "password") == "account_inactive"
    assert not logged_in(client)


def test_overlong_password_is_not_even_hashed(client: Client, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(User, "check_password", lambda *_: pytest.fail("hashed"))
    answer = client.post(LOGIN, {"login": "wang0001", "password": "x" * 129})
    assert answer.status_code == 200
    assert not logged_in(client)


def test_failed_tries_are_limited_per_address(client: Client, user: User, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "2/5m/ip"}
    for name in ("nobody01", "nobody02"):
        _submit(client, name)
    answer = client.post(LOGIN, {"login": "wang0001", "password": PASSWORD})
    assert 'data-code="rate_limited"' in answer.content.decode()
    assert not logged_in(client)


def test_headers_of_the_page_are_no_try(client: Client, user: User, settings: Settings) -> None:
    """The client asks for them in every visit; thirty visits in a minute shut everybody behind an address out."""
    settings.ACCOUNT_RATE_LIMITS = {"login": "1/m/ip"}
    whole = client.get(LOGIN)
    for _ in range(3):
        page = client.head(LOGIN)
        assert page.status_code == 200
        assert page.content == b""
        assert page["Cross-Origin-Opener-Policy"] == whole["Cross-Origin-Opener-Policy"]
    _submit(client)
    assert logged_in(client)


def test_log_out_needs_post_and_ends_the_session(client: Client, user: User) -> None:
    _submit(client)
    page = client.get("/accounts/logout/")
    assert "確定要登出嗎" in plain(page)
    assert logged_in(client)
    assert client.post("/accounts/logout/")["Location"] == "/"
    assert not logged_in(client)


def test_password_form_needs_the_csrf_token(user: User) -> None:
    client = browser(enforce_csrf_checks=True)
    answer = client.post(LOGIN, {"login": "wang0001", "password": PASSWORD})
    assert answer.status_code == 403
    assert 'data-code="page_outdated"' in answer.content.decode()


def test_session_key_changes_at_log_in(client: Client, user: User) -> None:
    client.post("/accounts/card/challenge/", {"purpose": "login"}, content_type="application/json")
    before = client.cookies["__Host-session"].value
    _submit(client)
    assert client.cookies["__Host-session"].value != before


def test_member_page_tells_the_log_in_before(client: Client, user: User) -> None:
    _submit(client)
    assert "這是首次登入" in plain(client.get("/member/"))
    client.post("/accounts/logout/")
    _submit(client)
    page = client.get("/member/")
    assert "這是首次登入" not in plain(page)
    assert page.content.decode().split("areas-title")[0].count("<time") == 2


def test_passwords_are_hashed_with_argon2id_first() -> None:
    assert base.PASSWORD_HASHERS[0].endswith("Argon2PasswordHasher")
