"""Somebody registers with an address that is not theirs; the mailbox's holder follows the mail."""

import pytest
from django.test import Client

from portal.accounts.models import Person, User
from portal.audit.models import AuditEvent
from tests.portal.conftest import SERIAL, browser
from tests.portal.helpers import card_log_in, location, logged_in
from tests.portal.member.people import told
from tests.portal.pki import Pki
from tests.portal.recovery.conftest import profile
from tests.portal.registration.walk import MAIL, PASSWORD, Walk, code_in, link_in, mail_to

__all__ = ["profile"]
WHO = "somebody who registers with another's address"
OWN = "kq8#vlom2Xyz9Ab"
CODE = "/accounts/confirm/"
pytestmark = pytest.mark.django_db(transaction=True)


def enters(password: str) -> bool:
    """Whether the password opens the account."""
    here = browser()
    here.post("/accounts/login/", {"login": "clairesu1234", "password": password})
    return logged_in(here)


@pytest.fixture
def link(profile: str) -> str:
    """The link in the mail to somebody whose address a stranger has registered with, mobile and all."""
    Walk(browser()).advanced()
    Person.objects.update(rescue_mobile="0922222222", question="book", answer_hash="x")
    return link_in(mail_to(MAIL))


@pytest.mark.parametrize("fields", [{}, {"registered": "1", "password": "guessed"}, {"password": "", "again": ""}])
def test_button_of_the_mail(client: Client, link: str, fields: dict[str, str]) -> None:
    """The mailbox's holder presses what the page offers, without knowing the registrant's password."""
    client.post(link, fields)
    assert not User.objects.get().is_active
    assert not enters(PASSWORD)


def test_own_password_leaves_nothing_of_the_registrant(client: Client, link: str) -> None:
    """The mailbox's holder sets a password; the registrant's password, mobile or question wait in the account."""
    assert location(client.post(link, {"password": OWN, "again": OWN})) == "/accounts/login/"
    assert (enters(OWN), enters(PASSWORD)) == (True, False)
    assert not Person.objects.exclude(rescue_mobile="", answer_hash="", recovery_code_hash="", id_index=None).exists()


def test_registrants_card(client: Client, pki: Pki, profile: str) -> None:
    """The registrant's card opens the account after the mailbox's holder has set a password."""
    Walk(browser()).plain()
    User.objects.get().cards.create(binding_key=f"moica:{SERIAL}", family="moica", subject_serial=SERIAL)
    client.post(link_in(mail_to(MAIL)), {"password": OWN, "again": OWN})
    assert User.objects.get().is_active
    here = browser()
    card_log_in(here, pki.cards["citizen"])
    assert not logged_in(here)


def test_account_opened_meanwhile(client: Client, link: str) -> None:
    """The registrant opens the account by card while the page that asks for an own password is looked at."""
    page = client.get(link)
    assert 'id="confirm-own"' in page.content.decode()
    User.objects.update(is_active=True)
    client.post(link, {"password": OWN, "again": OWN})
    assert not enters(OWN)
    assert "clairesu1234" in client.get(link).content.decode() or told(client.get(link)) == "confirm_link_used"


@pytest.mark.parametrize("fields", [{}, {"password": "guessed"}])
def test_code_of_the_mail(client: Client, link: str, fields: dict[str, str]) -> None:
    """The mailbox's holder types the six digits of the mail instead."""
    typed = {"account": "clairesu1234", "code": code_in(mail_to(MAIL))}
    assert told(client.post(CODE, {**typed, **fields})) == "password_wrong"
    assert not User.objects.get().is_active
    assert AuditEvent.objects.filter(action="confirm_mail", code="password_wrong").exists()


def test_code_with_guessed_passwords(client: Client, link: str) -> None:
    """The registrant's password is guessed with the right code in hand."""
    typed = {"account": "clairesu1234", "code": code_in(mail_to(MAIL))}
    for _ in range(5):
        client.post(CODE, {**typed, "password": "guessed"})
    client.post(CODE, {**typed, "password": PASSWORD})
    assert not User.objects.get().is_active


def test_registration_of_another_account_in_this_browser(client: Client, link: str) -> None:
    """The browser has registered an account, but another one than the mail is about."""
    Walk(client).plain("another01", email="x@portal.example", email_again="x@portal.example")
    client.post(link)
    assert not User.objects.get(username="clairesu1234").is_active
