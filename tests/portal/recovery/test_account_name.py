"""忘記帳號: by mail, the same page for every address; by card for its holder."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.utils import timezone

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from tests.portal.helpers import ask_challenge, logged_in, plain
from tests.portal.pki import Card, Pki
from tests.portal.recovery.people import BASE, code, neutral, solved

pytestmark = pytest.mark.django_db
PAGE = f"{BASE}account/"


def ask(client: Client, address: str) -> Any:
    """Send the form; the page that follows."""
    return client.post(PAGE, {"email": address, **solved(client, PAGE)}, follow=True)


def show_card(client: Client, card: Card, purpose: str = "login") -> Any:
    """Show a card; the page that follows."""
    challenge = ask_challenge(client, purpose)
    return client.post(f"{PAGE}card/", {"challenge": challenge, "token": card.token(challenge)})


@pytest.mark.parametrize("typed", ["wang0001@portal.example", " WANG0001@Portal.Example "])
def test_name_is_mailed_to_its_address(client: Client, owner: User, profile: str, sends: Any, typed: str) -> None:
    with sends():
        page = ask(client, typed)
    (sent,) = mail.outbox
    assert sent.to == ["wang0001@portal.example"]
    assert "wang0001" in sent.body
    assert "wang0001" not in plain(page)


def test_all_names_of_one_address_come_in_one_mail(client: Client, owner: User, sends: Any) -> None:
    User.objects.create_user("wang0009", owner.email, name="王小明", is_active=False)
    with sends():
        ask(client, owner.email)
    (sent,) = mail.outbox
    assert "wang0001" in sent.body
    assert "wang0009" in sent.body


@pytest.mark.parametrize("kind", ["unknown", "being deleted", "only typed, never confirmed"])
def test_unknown_address_gets_the_same_page_and_no_mail(client: Client, owner: User, sends: Any, kind: str) -> None:
    real = neutral(ask(client, owner.email))
    mail.outbox.clear()
    if kind == "being deleted":
        User.objects.update(delete_after=timezone.now())
    other = "typo@portal.example"
    EmailAddress.objects.create(user=owner, email=other, verified=False)
    with sends():
        assert neutral(ask(client, owner.email if kind == "being deleted" else other)) == real
    assert mail.outbox == []


@pytest.mark.parametrize("address", ["wang0001", "a@b", "@portal.example", "x" * 250 + "@portal.example", "\0@a.tw"])
def test_what_is_no_address_is_a_form_error(client: Client, owner: User, address: str) -> None:
    assert 'class="errors"' in ask(client, address).content.decode()


def test_captcha_is_asked_for(client: Client, owner: User, sends: Any) -> None:
    with sends():
        page = client.post(PAGE, {"email": owner.email, **solved(client, PAGE), "captcha": "wrong"})
    assert 'class="errors"' in page.content.decode()
    assert mail.outbox == []
    again = client.post(PAGE, {"email": owner.email, "captcha_new": "words"}).content.decode()
    assert f'value="{owner.email}"' in again


def test_own_card_shows_the_whole_name(client: Client, owner: User, pki: Pki, profile: str) -> None:
    page = show_card(client, pki.cards["citizen"])
    assert "wang0001" in plain(page)
    assert "no-store" in page["Cache-Control"]
    assert not logged_in(client)
    assert AuditEvent.objects.filter(action="forgot_account", code="ok", account=owner.pk).exists()


def test_account_that_is_not_active_leads_to_activation(client: Client, owner: User, pki: Pki) -> None:
    User.objects.update(is_active=False)
    page = show_card(client, pki.cards["citizen"])
    assert "wang0001" in plain(page)
    assert f'href="{BASE}activate-card/"' in page.content.decode()


@pytest.mark.parametrize(
    ("card", "purpose", "expected"),
    [
        ("citizen2", "login", "card_not_bound"),
        ("namesake", "login", "card_not_bound"),
        ("revoked", "login", "certificate_revoked"),
        ("citizen", "reset", "challenge_purpose"),
    ],
)
def test_other_cards_show_no_name(
    client: Client, owner: User, pki: Pki, card: str, purpose: str, expected: str
) -> None:
    page = show_card(client, pki.cards[card], purpose)
    assert code(page) == expected
    assert "wang0001" not in plain(page)
    assert AuditEvent.objects.filter(action="forgot_account", code=expected).exists()
