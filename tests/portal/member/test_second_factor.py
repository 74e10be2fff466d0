"""兩階段驗證: switched on, asked for after a password and never after a card, recovery codes, switched off."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.db import connection
from django.test import Client
from pytest_django import Settings

from portal.accounts.models import User
from portal.accounts.passwords import set_password
from portal.member.second_factor import take_code
from tests.portal.conftest import PASSWORD, browser
from tests.portal.helpers import ask_challenge, card_log_in, location, logged_in, plain
from tests.portal.member.people import NEW, audited, half_minutes_later, later, log_in, told, totp
from tests.portal.pki import Pki

PAGE, STEP = "/member/second-factor/", "/accounts/second-factor/"
pytestmark = pytest.mark.django_db


def secret_on(page: Any) -> str:
    """The key that the page shows."""
    return str(page.content.decode().split('id="secret">')[1].split("<")[0].replace(" ", ""))


def codes_on(page: Any) -> list[str]:
    """The recovery codes that the page shows."""
    return re.findall(r"<li><code>(\d{8})</code>", page.content.decode())


def switch_on(client: Client) -> str:
    """Switch it on; the secret."""
    secret = secret_on(client.get(PAGE))
    assert told(client.post(f"{PAGE}on/", {"code": totp(secret)}, follow=True)) == "second_factor_on"
    return secret


def step(client: Client, code: str) -> Any:
    """Log in by password and give the code; the page that follows."""
    assert location(log_in(client)) == STEP
    assert not logged_in(client)
    log_in(client)
    return client.post(STEP, {"code": code}, follow=True)


def test_password_then_code(inside: Client, owner: User, profile: str, sends: Any) -> None:
    with sends():
        secret = switch_on(inside)
    assert mail.outbox[-1].subject.startswith("示範入口網：兩階段驗證已啟用")
    another = browser()
    with later(seconds=30):
        page = step(another, totp(secret))
    assert page.redirect_chain[-1][0] == "/member/"
    assert "帳號密碼與驗證碼" in plain(page)
    assert 'data-method="password"' in page.content.decode()


def test_secret_is_offered_unchanged_and_kept_encrypted(inside: Client, owner: User) -> None:
    secret = secret_on(inside.get(PAGE))
    assert secret_on(inside.get(PAGE)) == secret
    assert secret not in str(dict(inside.session))
    inside.post(f"{PAGE}on/", {"code": totp(secret)})
    kept = Authenticator.objects.get(type="totp")
    assert secret not in str(kept.data)
    assert take_code(owner, totp(secret)) is None  # the code that switched it on is used up
    assert secret not in inside.get(PAGE).content.decode()


def test_picture_is_an_element_of_the_page_without_style(inside: Client) -> None:
    source = inside.get(PAGE).content.decode()
    assert source.count("<svg ") == 1
    assert "style=" not in source
    assert "data:" not in source


def test_wrong_code_switches_nothing_on(inside: Client, owner: User) -> None:
    secret = secret_on(inside.get(PAGE))
    for code in (totp(secret, 5), "", "x", "0" * 40):
        assert told(inside.post(f"{PAGE}on/", {"code": code}, follow=True)) == "second_factor_wrong"
    assert not Authenticator.objects.exists()
    assert audited("second_factor_on") == ["second_factor_wrong"] * 4


def test_wrong_code_does_not_log_in(inside: Client, owner: User) -> None:
    secret = switch_on(inside)
    client = browser()
    for code in (totp(secret, 5), "", "12345678", "\x00"):
        assert told(step(client, code)) == "second_factor_wrong"
    assert not logged_in(client)
    assert audited("login")[-4:] == ["second_factor_wrong"] * 4


def test_code_is_used_once(inside: Client, owner: User) -> None:
    secret = switch_on(inside)
    with later(seconds=30):
        code = totp(secret)
        assert step(browser(), code).redirect_chain[-1][0] == "/member/"
        assert told(step(browser(), code)) == "second_factor_wrong"


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_clock_may_be_half_a_minute_off(inside: Client, owner: User, steps: int) -> None:
    secret = switch_on(inside)
    with half_minutes_later(3):
        assert step(browser(), totp(secret, steps)).redirect_chain[-1][0] == "/member/"


@pytest.mark.parametrize("steps", [-2, 2])
def test_code_of_a_minute_ago_is_too_old(inside: Client, owner: User, steps: int) -> None:
    secret = switch_on(inside)
    with half_minutes_later(3):
        assert told(step(browser(), totp(secret, steps))) == "second_factor_wrong"


def test_recovery_code_is_used_once(inside: Client, owner: User) -> None:
    switch_on(inside)
    codes = codes_on(inside.get(PAGE))
    assert len(set(codes)) == 10
    assert step(browser(), codes[3]).redirect_chain[-1][0] == "/member/"
    assert told(step(browser(), codes[3])) == "second_factor_wrong"
    assert codes[3] not in codes_on(inside.get(PAGE))


def test_new_recovery_codes_end_the_old(inside: Client, owner: User) -> None:
    switch_on(inside)
    old = codes_on(inside.get(PAGE))
    assert told(inside.post(f"{PAGE}codes/", follow=True)) == "second_factor_codes"
    assert not set(old) & set(codes_on(inside.get(PAGE)))
    assert told(step(browser(), old[0])) == "second_factor_wrong"


def test_card_is_two_factors_already(inside: Client, owner: User, pki: Pki) -> None:
    switch_on(inside)
    client = browser()
    assert location(card_log_in(client, pki.cards["citizen"])) == "/member/"
    assert logged_in(client)


def test_card_shown_before_does_not_stand_in_for_the_code(inside: Client, owner: User, pki: Pki) -> None:
    switch_on(inside)
    client = browser()
    card_log_in(client, pki.cards["citizen"])
    client.post("/accounts/logout/")
    assert location(log_in(client)) == STEP


def test_password_of_the_first_step_opens_nothing_else(inside: Client, owner: User) -> None:
    switch_on(inside)
    client = browser()
    log_in(client)
    for path in ("/member/", PAGE, "/accounts/reauthenticate/", "/accounts/mail/"):
        assert location(client.get(path)).startswith("/accounts/login/")


def test_second_step_without_the_first_leads_to_the_log_in(client: Client, db: None) -> None:
    assert location(client.get(STEP)) == "/accounts/login/"
    assert location(client.post(STEP, {"code": "000000"})) == "/accounts/login/"


def test_log_in_leads_on_to_where_it_was_going(inside: Client, owner: User) -> None:
    secret = switch_on(inside)
    client = browser()
    with later(seconds=30):
        client.post("/accounts/login/", {"login": "wang0001", "password": PASSWORD, "next": "/member/cards/"})
        assert location(client.post(STEP, {"code": totp(secret)})) == "/member/cards/"


def test_guesses_are_limited_per_account(inside: Client, owner: User, settings: Settings) -> None:
    secret = switch_on(inside)
    settings.ACCOUNT_RATE_LIMITS = {"second_factor": "2/5m/key"}
    for _ in range(2):
        assert told(step(browser(), "000000")) == "second_factor_wrong"
    with later(seconds=30):
        assert told(step(browser(), totp(secret))) == "rate_limited"
    with later(seconds=330):
        assert step(browser(), totp(secret)).redirect_chain[-1][0] == "/member/"


def test_switched_off_with_the_password(inside: Client, owner: User, sends: Any) -> None:
    switch_on(inside)
    assert told(inside.post(f"{PAGE}off/", {"password": "wrong"}, follow=True)) == "password_wrong"
    assert told(inside.post(f"{PAGE}off/", follow=True)) == "password_wrong"
    with sends():
        assert told(inside.post(f"{PAGE}off/", {"password": PASSWORD}, follow=True)) == "second_factor_off"
    assert not Authenticator.objects.exists()
    assert mail.outbox[-1].subject.startswith("示範入口網：兩階段驗證已停用")
    assert location(log_in(browser())) == "/member/"


def test_short_password_must_be_made_longer_first(client: Client, owner: User) -> None:
    log_in(client)
    secret = switch_on(client)
    short = {"password": "kq8#vlom", "again": "kq8#vlom"}
    assert told(client.post("/member/password/", {"current": PASSWORD, **short}, follow=True)) == "password"
    assert told(client.post(f"{PAGE}off/", {"password": "kq8#vlom"}, follow=True)) == "password_too_short_alone"
    set_password(owner, NEW)
    owner.save()
    log_in(client, NEW)
    with later(seconds=30):
        client.post(STEP, {"code": totp(secret)})
        assert told(client.post(f"{PAGE}off/", {"password": NEW}, follow=True)) == "second_factor_off"


def test_account_without_a_password_needs_none_of_it(client: Client, owner: User, pki: Pki) -> None:
    owner.set_unusable_password()
    owner.save()
    card_log_in(client, pki.cards["citizen"])
    assert 'id="card-only"' in client.get(PAGE).content.decode()
    assert told(client.post(f"{PAGE}on/", {"code": "000000"}, follow=True)) == "second_factor_wrong"


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}on/", f"{PAGE}off/", f"{PAGE}codes/"])
def test_everything_needs_a_fresh_proof(inside: Client, path: str) -> None:
    with later(seconds=301):
        send = inside.get if path == PAGE else inside.post
        assert location(send(path)).startswith("/accounts/reauthenticate/?next=")


def test_both_factors_or_a_backup_code_or_the_card_prove_again(inside: Client, owner: User, pki: Pki) -> None:
    secret = switch_on(inside)
    with later(seconds=301):
        assert (
            location(inside.post("/accounts/reauthenticate/", {"password": PASSWORD, "code": totp(secret)}))
            == "/member/"
        )
        codes = codes_on(inside.get(PAGE))
    with later(seconds=700):
        assert location(inside.get(PAGE)).startswith("/accounts/reauthenticate/")
        assert (
            location(inside.post("/accounts/reauthenticate/", {"password": PASSWORD, "code": codes[0]})) == "/member/"
        )
        assert inside.get(PAGE).status_code == 200
    with later(seconds=1100):
        assert location(inside.get(PAGE)).startswith("/accounts/reauthenticate/")
        challenge = ask_challenge(inside)
        fields = {"challenge": challenge, "token": pki.cards["citizen"].token(challenge)}
        inside.post("/accounts/reauthenticate/card/", fields)
        assert inside.get(PAGE).status_code == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["on/", "codes/"])
def test_buttons_pressed_twice_at_once(inside: Client, owner: User, path: str) -> None:
    secret = secret_on(inside.get(PAGE)) if path == "on/" else switch_on(inside)
    code, other = totp(secret), browser()
    other.cookies = inside.cookies

    def press(client: Client) -> int:
        try:
            return client.post(f"{PAGE}{path}", {"code": code}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(press, (inside, other))) == [302, 302]
    assert Authenticator.objects.filter(user=owner).count() == 2
    assert "second_factor_wrong" not in audited("second_factor_on")
