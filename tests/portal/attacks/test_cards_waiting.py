"""A card that was verified waits for one thing, in one session, once."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from django.utils import timezone

from portal.accounts.models import User
from portal.cards.models import CardBinding, VerifiedCard
from portal.recovery.sessions import end_sessions
from tests.portal.cards.company_pki import Companies
from tests.portal.cards.test_company import enter as enter_company
from tests.portal.conftest import PASSWORD, browser
from tests.portal.helpers import ask_challenge, card_log_in, location, logged_in, plain
from tests.portal.pki import Pki

WHO = "whoever holds another card, or sits at the holder's browser"
LOGIN, CHOICES, RENEWAL = "/accounts/login/", "/accounts/card/choices/", "/accounts/card/renewal/"
ONLY, REGISTER, CARDS = f"{CHOICES}certificate-only/", "/accounts/register/", "/member/cards/"
KEY = "pending_card"
pytestmark = pytest.mark.django_db


def renewed(client: Client, pki: Pki) -> None:
    """The holder's first card was used; a new certificate of the holder's waits for the password."""
    card_log_in(browser(), pki.cards["citizen"])
    assert location(card_log_in(client, pki.cards["renewed"])) == RENEWAL


def unbound(client: Client, pki: Pki) -> None:
    """A card of no account waits for a choice."""
    assert location(card_log_in(client, pki.cards["citizen2"])) == CHOICES


def session(client: Client) -> SessionStore:
    """What the server keeps for a browser."""
    return SessionStore(client.cookies["__Host-session"].value)


def write(client: Client, **data: Any) -> None:
    """Write into a browser's session, as a request would that began long ago."""
    held = session(client)
    held.update(data)
    held.save()


def test_renewed_goes_on_alone(client: Client, user: User, pki: Pki, profile: str) -> None:
    """A renewed certificate that waits for the password logs in as a card without an account."""
    renewed(client, pki)
    client.post(ONLY)
    client.post(ONLY, {"next": "/member/"})
    assert not logged_in(client)
    assert User.objects.count() == 1


@pytest.mark.parametrize("path", [CHOICES, REGISTER], ids=["choices", "registration"])
def test_renewed_elsewhere(client: Client, user: User, pki: Pki, path: str) -> None:
    """A renewed certificate that waits for the password is taken by another page."""
    renewed(client, pki)
    assert "王小明" not in plain(client.get(path, follow=True))


def test_renewed_registers(client: Client, user: User, pki: Pki) -> None:
    """A registration begins with the certificate that waits for the password."""
    renewed(client, pki)
    CardBinding.objects.all().delete()
    client.post(REGISTER, {"choice": "member"})
    assert session(client)["registration"]["card"] is None


def test_choice_confirms_a_renewal(client: Client, user: User, pki: Pki) -> None:
    """A card that waits for a choice is bound meanwhile and then confirmed as a renewal."""
    unbound(client, pki)
    key = "moica:0000000122222222"
    CardBinding.objects.create(user=user, binding_key=key, family="moica", subject_serial="0000000122222222")
    client.post(RENEWAL, {"password": PASSWORD})
    assert not logged_in(client)
    client.post(ONLY)
    assert not logged_in(client)


def test_company_card_as_a_citizens(client: Client, companies: Companies, db: None) -> None:
    """A company's card that waits for its choice begins a person's registration."""
    enter_company(client, companies.card())
    client.post(REGISTER, {"choice": "member"})
    assert session(client)["registration"]["card"] is None


@pytest.mark.parametrize("waits", [unbound, renewed], ids=["choices", "renewal"])
def test_copied_session(client: Client, user: User, pki: Pki, waits: Any) -> None:
    """What the session keeps of a verified card is copied into another session."""
    waits(client, pki)
    thief = browser()
    ask_challenge(thief)
    write(thief, **dict(session(client).items()))
    thief.post(ONLY)
    thief.post(RENEWAL, {"password": PASSWORD})
    assert not logged_in(thief)


def test_planted_session(client: Client, user: User, pki: Pki) -> None:
    """Whoever planted the session's key goes on with the card that the victim verified in it."""
    ask_challenge(client)
    thief = browser()
    thief.cookies["__Host-session"] = client.cookies["__Host-session"].value
    unbound(client, pki)
    thief.post(ONLY)
    assert not logged_in(thief)


def test_used_card_written_back(client: Client, user: User, pki: Pki) -> None:
    """An old request writes a card that was used up back into the session."""
    unbound(client, pki)
    kept = session(client)[KEY]
    client.post(REGISTER, {"choice": "member"})
    write(client, **{KEY: kept})
    client.post(ONLY)
    assert not logged_in(client)
    assert User.objects.count() == 1


def test_another_destination_written_in(client: Client, user: User, pki: Pki) -> None:
    """The destination of a waiting card is changed in the session."""
    renewed(client, pki)
    write(client, **{KEY: {**session(client)[KEY], "destination": "choices"}})
    client.post(ONLY)
    assert not logged_in(client)


def test_another_card_replaces_it(client: Client, user: User, pki: Pki) -> None:
    """The card that was verified before is used after another one was shown."""
    unbound(client, pki)
    former = session(client)[KEY]
    renewed(client, pki)
    write(client, **{KEY: former})
    client.post(ONLY)
    assert not logged_in(client)
    assert VerifiedCard.objects.count() == 1


def test_after_a_log_in_of_somebody_else(client: Client, user: User, pki: Pki) -> None:
    """The next person at the browser logs in, out and goes on with the card of the person before."""
    unbound(client, pki)
    kept = session(client)[KEY]
    client.post(LOGIN, {"login": "wang0001", "password": PASSWORD})
    assert "林美玲" not in plain(client.get(CARDS))
    client.post("/accounts/logout/")
    ask_challenge(client)
    write(client, **{KEY: kept})
    client.post(ONLY)
    assert not logged_in(client)
    assert not VerifiedCard.objects.exists()


def test_after_a_log_out(client: Client, user: User, pki: Pki) -> None:
    """A card that waits to be linked outlives the log-out."""
    User.objects.create_user("lin00002", "lin@portal.example", PASSWORD, name="林美玲")
    unbound(client, pki)
    client.post(LOGIN, {"login": "lin00002", "password": PASSWORD})
    assert VerifiedCard.objects.count() == 1
    client.post("/accounts/logout/")
    assert not VerifiedCard.objects.exists()
    client.post(LOGIN, {"login": "lin00002", "password": PASSWORD})
    assert "剛才驗證的憑證" not in plain(client.get(CARDS))


def test_after_ten_minutes(client: Client, user: User, pki: Pki) -> None:
    """A renewed certificate is confirmed when its time is over."""
    renewed(client, pki)
    with time_machine.travel(timezone.now() + timedelta(seconds=601)):
        client.post(RENEWAL, {"password": PASSWORD})
        assert not logged_in(client)


@pytest.mark.parametrize("change", ["password", "other holder", "closed", "unbound"])
def test_renewal_of_an_account_that_changed(client: Client, user: User, pki: Pki, change: str) -> None:
    """A renewed certificate waits while the holder sets another password, unlinks the card or closes the account."""
    renewed(client, pki)
    if change == "password":
        user.set_password(PASSWORD)  # the same word: what was waiting ends all the same
        user.save()
    elif change == "closed":
        User.objects.update(is_active=False)
    elif change == "unbound":
        CardBinding.objects.all().delete()
    else:
        other = User.objects.create_user("wang0009", "wang0009@portal.example", PASSWORD, name="王小明")
        CardBinding.objects.update(user=other)
    end_sessions(user)
    client.post(RENEWAL, {"password": PASSWORD})
    assert not logged_in(client)


def test_registration_ends_with_another_card(client: Client, pki: Pki, profile: str) -> None:
    """A registration that one card began is signed by another card of the holder's."""
    from tests.portal.registration.test_card import begun, shown_code, to_signature

    walk = to_signature(begun(client, pki))
    assert shown_code(walk.sign(pki.cards["renewed"])) == "card_changed"
    assert not User.objects.exists()


def test_registration_begun_again_and_again(client: Client, pki: Pki, db: None) -> None:
    """A verified card lives on by beginning its registration anew."""
    unbound(client, pki)
    client.post(REGISTER, {"choice": "member"})
    with time_machine.travel(timezone.now() + timedelta(minutes=59)):
        client.post(REGISTER, {"choice": "official"})
        assert session(client)["registration"]["card"] is not None
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        client.post(REGISTER, {"choice": "member"})
        assert session(client)["registration"]["card"] is None
