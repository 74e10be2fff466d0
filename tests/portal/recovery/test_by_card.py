"""Activation, unlocking and reset by the holder's own card."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.utils import timezone

from portal.accounts import lockout
from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.cards.models import CardCertificate
from tests.portal.conftest import PASSWORD, browser
from tests.portal.helpers import card_log_in, logged_in, plain
from tests.portal.pki import Pki
from tests.portal.recovery.people import (
    BASE,
    NEW,
    WAYS,
    asks_for_password,
    by_card,
    code,
    name_account,
    set_password,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def new(owner: User) -> User:
    """An account that was never activated: its mail address is not confirmed, nobody ever logged in."""
    EmailAddress.objects.update(verified=False)
    owner.is_active = False
    owner.save()
    return owner


def lock(account: str = "wang0001") -> None:
    """Five wrong passwords in a row."""
    for seconds in range(0, 50, 10):
        with time_machine.travel(timezone.now() + timedelta(seconds=seconds - 50)):
            lockout.begin(account)
    assert lockout.standing(account).locked


def enter(client: Client, password: str) -> bool:
    """Log in by password; whether that succeeded."""
    client.post("/accounts/login/", {"login": "wang0001", "password": password})
    return logged_in(client)


def test_activation(client: Client, new: User, pki: Pki, profile: str, sends: Any) -> None:
    with sends():
        answer = by_card(client, "activate", pki.cards["citizen"])
    assert code(answer) == "activate"
    assert "電子信箱若尚未確認" in plain(answer)
    new.refresh_from_db()
    assert new.is_active
    assert not EmailAddress.objects.get().verified
    assert [sent.to for sent in mail.outbox] == [["wang0001@portal.example"]]
    assert AuditEvent.objects.filter(action="activate", code="ok", account=new.pk).count() == 1
    assert not logged_in(client)
    assert enter(browser(), PASSWORD)


def test_activation_again_says_the_same_and_tells_nobody(client: Client, owner: User, pki: Pki, sends: Any) -> None:
    with sends():
        assert code(by_card(client, "activate", pki.cards["citizen"])) == "activate"
    assert mail.outbox == []


@pytest.mark.parametrize("way", ["activate", "unlock"])
def test_locked_account_is_unlocked(client: Client, owner: User, pki: Pki, profile: str, way: str, sends: Any) -> None:
    lock()
    assert not enter(browser(), PASSWORD)
    with sends():
        assert code(by_card(client, way, pki.cards["citizen"])) == way
    assert len(mail.outbox) == 1
    assert enter(browser(), PASSWORD)
    assert AuditEvent.objects.filter(action=way, code="ok", account=owner.pk).exists()


def test_unlocking_gives_the_tries_for_answers_back(client: Client, owner: User, pki: Pki) -> None:
    while lockout.begin("wang0001", kind=lockout.Kind.ANSWER).may_try:
        pass
    by_card(client, "unlock", pki.cards["citizen"])
    assert lockout.begin("wang0001", kind=lockout.Kind.ANSWER).may_try


@pytest.mark.parametrize("way", ["unlock", "reset"])
def test_holder_of_an_account_never_activated_is_sent_to_activate(
    client: Client, new: User, pki: Pki, way: str
) -> None:
    answer = by_card(client, way, pki.cards["citizen"])
    assert code(answer) == "account_not_activated"
    assert not asks_for_password(answer)


@pytest.mark.parametrize("closed", ["logged in before", "confirmed", "being deleted", "certificate only"])
@pytest.mark.parametrize("way", WAYS)
def test_closed_account_stays_closed(client: Client, new: User, pki: Pki, way: str, closed: str) -> None:
    if closed == "confirmed":
        EmailAddress.objects.update(verified=True)
    new.last_login = timezone.now() if closed == "logged in before" else None
    new.delete_after = timezone.now() if closed == "being deleted" else None
    new.certificate_only = closed == "certificate only"
    new.save()
    assert code(by_card(client, way, pki.cards["citizen"])) == "account_closed"
    new.refresh_from_db()
    assert not new.is_active


def test_reset(client: Client, owner: User, pki: Pki, profile: str) -> None:
    lock()
    assert asks_for_password(by_card(client, "reset", pki.cards["citizen"]))
    assert code(set_password(client)) == "reset"
    assert not logged_in(client)
    assert not enter(browser(), PASSWORD)
    lockout.right("wang0001")
    assert enter(browser(), NEW)
    owner.refresh_from_db()
    assert owner.password_policy == f"{profile}-1"


def test_certificate_that_was_used_is_known_from_then_on(client: Client, owner: User, pki: Pki) -> None:
    assert asks_for_password(by_card(client, "reset", pki.cards["citizen"]))
    assert CardCertificate.objects.get().binding.user == owner
    assert code(by_card(browser(), "reset", pki.cards["renewed"])) == "card_renewed"


def test_renewed_certificate_that_was_confirmed_serves(client: Client, owner: User, pki: Pki) -> None:
    card_log_in(browser(), pki.cards["citizen"])
    card_log_in(client, pki.cards["renewed"])
    assert client.post("/accounts/card/renewal/", {"password": PASSWORD}).status_code == 302
    assert asks_for_password(by_card(browser(), "reset", pki.cards["renewed"]))


@pytest.mark.parametrize("name", ["WANG0001", " wang0001 "])
def test_case_of_the_name_does_not_matter(client: Client, owner: User, pki: Pki, name: str) -> None:
    assert asks_for_password(by_card(client, "reset", pki.cards["citizen"], name))


def test_another_name_can_be_chosen(client: Client, owner: User) -> None:
    name_account(client, "reset", "nobody01")
    page = client.get(f"{BASE}reset-card/")
    assert "nobody01" in plain(page)
    assert 'data-purpose="reset"' in page.content.decode()
    again = client.post(f"{BASE}reset-card/", {"again": "1"})
    assert "nobody01" not in plain(again)
    assert 'name="account"' in again.content.decode()


@pytest.mark.parametrize("way", WAYS)
def test_opening_the_page_changes_nothing(client: Client, new: User, way: str) -> None:
    name_account(client, way)
    for path in (f"{BASE}{way}-card/", f"{BASE}{way}-card/?again=1&account=wang0001&token=x"):
        assert "wang0001" in plain(client.get(path))
    assert client.get(f"{BASE}{way}-card/proof/").status_code == 405
    new.refresh_from_db()
    assert not new.is_active


def test_card_of_another_account_does_not_reach_this_one(client: Client, owner: User, pki: Pki) -> None:
    other = User.objects.create_user("chen0003", "chen@portal.example", PASSWORD, name="王小明")
    assert code(by_card(client, "reset", pki.cards["citizen"], other.username)) == "recovery_refused"


def test_without_javascript_the_page_says_what_else_there_is(client: Client, owner: User) -> None:
    name_account(client, "reset")
    text = client.get(f"{BASE}reset-card/").content.decode()
    assert "<noscript>" in text
    assert f'href="{BASE}"' in text
