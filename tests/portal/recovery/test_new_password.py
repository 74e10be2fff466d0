"""The page of the new password: rules of the profile, other sessions, the second factor, notices."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.recovery.sessions import keep_sessions
from tests.portal.conftest import PASSWORD, browser
from tests.portal.helpers import location, logged_in, plain
from tests.portal.pki import Pki
from tests.portal.recovery.people import BASE, NEW, asks_for_password, by_card, code, set_password

pytestmark = pytest.mark.django_db


@pytest.fixture
def proved(client: Client, owner: User, pki: Pki) -> Client:
    """A browser on the page of the new password."""
    by_card(client, "reset", pki.cards["citizen"])
    return client


def enter(client: Client, password: str = PASSWORD) -> Client:
    """Log in by password."""
    client.post("/accounts/login/", {"login": "wang0001", "password": password})
    return client


@pytest.mark.parametrize("password", ["short", "wang0001", "onlylettersonly", "123456789012345", "abcd 1234"])
def test_manuals_rules(compat: None, proved: Client, password: str) -> None:
    answer = set_password(proved, password)
    assert asks_for_password(answer)
    assert 'class="errors"' in answer.content.decode()
    assert f'value="{password}"' not in answer.content.decode().replace('name="username" value="wang0001"', "")


@pytest.mark.parametrize("password", ["fourteen chars", "x" * 129, "cardlogincardlogin"])
def test_modern_rules(proved: Client, password: str) -> None:
    assert asks_for_password(set_password(proved, password))


def test_refused_password_costs_nothing(proved: Client) -> None:
    set_password(proved, "short")
    assert asks_for_password(set_password(proved, NEW, "another"))
    assert code(set_password(proved)) == "reset"


def test_manuals_profile_warns_of_a_common_one_and_goes_on(compat: None, proved: Client) -> None:
    answer = set_password(proved, "abcd1234")
    assert code(answer) == "reset"
    assert "這個密碼很常見" in plain(answer)


def test_both_fields_are_needed_and_the_rule_is_shown(proved: Client) -> None:
    answer = proved.post(f"{BASE}password/", {})
    assert answer.content.decode().count('class="errors"') == 2
    assert "15 至 128 個字元" in plain(answer)


def test_other_sessions_end_by_default(proved: Client, owner: User) -> None:
    others = [enter(browser()), enter(browser())]
    assert UserSession.objects.count() == 2
    assert 'name="end_others" id="id_end_others" checked' in proved.get(f"{BASE}password/").content.decode()
    set_password(proved)
    assert not UserSession.objects.exists()
    assert not any(logged_in(other) for other in others)
    assert AuditEvent.objects.get(action="sessions_ended").facts["count"] == 2


def test_other_sessions_go_on_when_wanted(proved: Client, owner: User) -> None:
    other, stranger = enter(browser()), browser()
    set_password(proved, end_others="")
    assert logged_in(other)
    assert not logged_in(stranger)
    assert not AuditEvent.objects.filter(action="sessions_ended").exists()


@pytest.mark.parametrize("end", ["on", ""])
def test_reset_in_a_browser_that_is_logged_in(client: Client, owner: User, pki: Pki, end: str) -> None:
    enter(client)
    by_card(client, "reset", pki.cards["citizen"])
    assert code(set_password(client, end_others=end)) == "reset"
    assert logged_in(client) is (end == "")


def test_sessions_of_an_older_password_are_not_revived(owner: User) -> None:
    enter(browser())
    former = owner.get_session_auth_hash()
    owner.set_password("in between")
    assert keep_sessions(owner, "not the hash of that session") == 0
    assert keep_sessions(owner, former) == 1


def test_session_that_ended_meanwhile_is_left_alone(owner: User) -> None:
    enter(browser())
    Session.objects.all().delete()
    assert keep_sessions(owner, owner.get_session_auth_hash()) == 0


def test_nobody_is_logged_in(proved: Client) -> None:
    set_password(proved)
    assert not logged_in(proved)


@pytest.mark.urls("tests.portal.recovery.urls_with_totp")
def test_second_factor_stays_and_is_asked_at_the_log_in(proved: Client, owner: User) -> None:
    kept = Authenticator.objects.create(user=owner, type=Authenticator.Type.TOTP, data={"secret": "x"})
    set_password(proved)
    kept.refresh_from_db()
    answer = proved.post("/accounts/login/", {"login": "wang0001", "password": NEW})
    assert location(answer) == reverse("mfa_authenticate")
    assert not logged_in(proved)


def test_shorter_password_is_enough_beside_a_second_factor(proved: Client, owner: User) -> None:
    assert asks_for_password(set_password(proved, "kq8#vlom2"))
    Authenticator.objects.create(user=owner, type=Authenticator.Type.TOTP, data={"secret": "x"})
    assert code(set_password(proved, "kq8#vlom2")) == "reset"


def test_notice_goes_to_every_confirmed_address(proved: Client, owner: User, sends: Any) -> None:
    User.objects.update(email="new@portal.example")
    with sends():
        set_password(proved)
    assert {sent.to[0] for sent in mail.outbox} == {"wang0001@portal.example", "new@portal.example"}
    assert NEW not in "".join(str(sent.body) for sent in mail.outbox)


def test_last_page_is_shown_once(proved: Client) -> None:
    set_password(proved)
    assert proved.get(f"{BASE}done/")["Location"] == "/accounts/login/"


def test_first_password_of_an_account_that_had_none(proved: Client, owner: User, pki: Pki) -> None:
    owner.set_unusable_password()
    owner.save()
    by_card(proved, "reset", pki.cards["citizen"])
    assert code(set_password(proved)) == "reset"
    assert logged_in(enter(browser(), NEW))
