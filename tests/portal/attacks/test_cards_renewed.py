"""A certificate that was never seen on a linked card: the renewal rule (2.10 rule 7) holds for every use of it."""

from typing import Any

import pytest
from django.test import Client

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.cards.models import CardBinding, CardCertificate
from tests.portal.conftest import PASSWORD, browser
from tests.portal.helpers import ask_challenge, card_log_in, location, logged_in
from tests.portal.member.people import later, totp
from tests.portal.member.test_second_factor import switch_on
from tests.portal.pki import Pki
from tests.portal.recovery.people import WAYS, by_card, code

WHO = "somebody who got a card issued in the holder's name"
RENEWAL = "/accounts/card/renewal/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def seen(owner: User, pki: Pki) -> User:
    """The account, whose holder has used the first certificate."""
    card_log_in(browser(), pki.cards["citizen"])
    return owner


def proof(client: Client, pki: Pki, purpose: str = "login") -> dict[str, str]:
    """What the page's script sends for the new certificate."""
    challenge = ask_challenge(client, purpose)
    return {"challenge": challenge, "token": pki.cards["renewed"].token(challenge)}


def unchanged() -> bool:
    """Whether the certificate is still unknown here, and the account's password what it was."""
    return CardCertificate.objects.count() == 1 and User.objects.get().check_password(PASSWORD)


@pytest.mark.parametrize("way", WAYS)
def test_recovery_by_it(client: Client, seen: User, pki: Pki, profile: str, way: str) -> None:
    """A never-seen certificate of the holder's activates, unlocks or sets a new password."""
    if way == "activate":
        User.objects.update(is_active=False, last_login=None)
    assert code(by_card(client, way, pki.cards["renewed"])) == "card_renewed"
    assert client.get("/accounts/recover/password/").status_code == 302
    assert User.objects.get().is_active is (way != "activate")
    assert unchanged()
    assert AuditEvent.objects.filter(action=way, code="card_renewed", account=seen.pk).exclude(address="").exists()


def test_forgotten_account_by_it(client: Client, seen: User, pki: Pki) -> None:
    """A never-seen certificate of the holder's is told the account's name."""
    page = client.post("/accounts/recover/account/card/", proof(client, pki))
    assert 'data-code="card_renewed"' in page.content.decode()
    assert "wang0001" not in page.content.decode()
    assert unchanged()


def test_proof_by_it(client: Client, seen: User, pki: Pki) -> None:
    """A never-seen certificate of the holder's gives the fresh proof in a session left open."""
    client.post("/accounts/login/", {"login": "wang0001", "password": PASSWORD})
    with later(minutes=6):
        page = client.post("/accounts/reauthenticate/card/", proof(client, pki))
        assert 'data-code="card_renewed"' in page.content.decode()
        assert location(client.get("/member/delete/")).startswith("/accounts/reauthenticate/")
    assert unchanged()


def test_log_in_without_the_password(client: Client, seen: User, pki: Pki, profile: str) -> None:
    """A never-seen certificate opens the account by a wrong or empty password, or by the other pages of a card."""
    card_log_in(client, pki.cards["renewed"])
    for fields in ({"password": "wrong"}, {"password": ""}, {}):
        client.post(RENEWAL, fields)
    for path in ("/accounts/card/choices/certificate-only/", "/accounts/company/login/"):
        client.post(path)
    assert not logged_in(client)
    assert unchanged()


def test_log_in_without_the_second_factor(client: Client, seen: User, pki: Pki) -> None:
    """The password alone confirms a never-seen certificate of an account that asks for a code as well."""
    client.post("/accounts/login/", {"login": "wang0001", "password": PASSWORD})
    secret = switch_on(client)
    another = browser()
    card_log_in(another, pki.cards["renewed"])
    with later(seconds=30):
        for fields in ({}, {"code": ""}, {"code": "000000"}):
            page = another.post(RENEWAL, {"password": PASSWORD, **fields})
            assert 'data-code="second_factor_wrong"' in page.content.decode()
        assert not logged_in(another)
        assert unchanged()
        wrong = another.post(RENEWAL, {"password": "wrong", "code": totp(secret)})
        assert 'data-code="password_wrong"' in wrong.content.decode()
    with later(seconds=90):
        another.post(RENEWAL, {"password": PASSWORD, "code": totp(secret)})
        assert logged_in(another)


def test_taking_over_an_account_with_a_password(client: Client, pki: Pki, db: None) -> None:
    """A never-seen certificate takes a card-only account, whose holder has set a password, into another account."""
    card_log_in(client, pki.cards["citizen"])
    client.post("/accounts/card/choices/certificate-only/")
    former = User.objects.get()
    former.set_password(PASSWORD)
    former.save()
    User.objects.create_user("wang0002", "wang0002@portal.example", PASSWORD, name="王小明")
    thief = browser()
    thief.post("/accounts/login/", {"login": "wang0002", "password": PASSWORD})
    answer: Any = thief.post("/member/cards/bind/", proof(thief, pki, "bind"), follow=True)
    assert 'data-code="card_taken"' in answer.content.decode()
    assert CardBinding.objects.get().user == former
