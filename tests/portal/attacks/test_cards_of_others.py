"""A card belongs to one holder and stays with the account it has, whatever a registration says."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from portal.accounts.models import IdKind, Person, User
from portal.audit.models import AuditEvent
from portal.cards.models import CardBinding
from tests.portal.attacks.numbers import HOLDER, confirm, fill_in, holder, inside, member
from tests.portal.cards.test_binding import bind, code
from tests.portal.conftest import PASSWORD, SERIAL, browser
from tests.portal.helpers import ask_challenge, card_log_in, location, logged_in, shown_code
from tests.portal.pki import Card, Pki
from tests.portal.recovery.people import by_card
from tests.portal.registration.conftest import profile
from tests.portal.registration.walk import Walk
from tests.portal.test_races import THREADS, together

__all__ = ["profile"]
WHO = "a registration that is never confirmed, or another person's certificate"
ONLY = "/accounts/card/choices/certificate-only/"


def by_card_alone(pki: Pki) -> tuple[Client, User]:
    """An account that only its card opens, and its holder's browser."""
    client = browser()
    card_log_in(client, pki.cards["citizen"])
    client.post(ONLY)
    return client, User.objects.get()


def registers(pki: Pki) -> Callable[[], Any]:
    """A registration that began when the card was free; what sends the rest of it."""
    client = browser()
    card_log_in(client, pki.cards["citizen"])
    walk = Walk(client)
    return lambda: fill_in(walk, "another01", HOLDER).sign(pki.cards["citizen"])


@pytest.mark.parametrize("state", ["card alone", "with a password", "with a second card"])
def test_registration_takes_the_card(pki: Pki, state: str) -> None:
    """An unconfirmed registration with the card of an account that only cards open, so that this one ends."""
    register = registers(pki)
    client, former = by_card_alone(pki)
    if state == "with a password":
        former.set_password(PASSWORD)
        former.save()
    elif state == "with a second card":
        CardBinding.objects.create(user=former, binding_key="moica:2", family="moica", subject_serial="2")
    register()
    former.refresh_from_db()
    assert former.is_active
    assert CardBinding.objects.get(binding_key=f"moica:{SERIAL}").user == former
    assert card_log_in(browser(), pki.cards["citizen"]).url == "/member/"
    assert state != "card alone" or logged_in(client)


@pytest.mark.parametrize("grown", [True, False], ids=["has a password by then", "as it was"])
def test_card_comes_over_only_on_confirmation(pki: Pki, grown: bool) -> None:
    """The card of an account that has got a password since the registration was sent."""
    register = registers(pki)
    _, former = by_card_alone(pki)
    register()
    if grown:
        former.set_password(PASSWORD)
        former.save()
    assert confirm(HOLDER).status_code == 302
    assert User.objects.get(username="another01").is_active
    former.refresh_from_db()
    assert former.is_active == grown
    assert CardBinding.objects.get().user.username == (former.username if grown else "another01")
    assert holder() == "another01"
    assert Person.objects.get(user__username="another01").id_proven != grown
    codes = AuditEvent.objects.filter(action="bind").values_list("code", flat=True)
    assert list(codes) == ["card_taken" if grown else "ok"]


def test_waiting_card_activates(pki: Pki) -> None:
    """A namesake's card with the same last four characters, in place of the one that waits, activates."""
    register = registers(pki)
    by_card_alone(pki)
    register()
    assert code(by_card(browser(), "activate", pki.cards["namesake"], "another01")) == "recovery_refused"
    assert not User.objects.get(username="another01").is_active
    assert code(by_card(browser(), "activate", pki.cards["citizen"], "another01")) == "activate"
    assert CardBinding.objects.get().user.username == "another01"


def test_member_takes_the_card_of_an_account_with_a_password(pki: Pki) -> None:
    """Linking the card of an account that has a password, so that this one ends."""
    _, former = by_card_alone(pki)
    former.set_password(PASSWORD)
    former.save()
    member("another01")
    assert code(bind(inside("another01"), pki.cards["citizen"])) == "card_taken"
    former.refresh_from_db()
    assert former.is_active


def test_number_of_an_account_that_ends(pki: Pki) -> None:
    """The number of the account that ended stays taken for its holder."""
    _, former = by_card_alone(pki)
    person = Person(user=former)
    person.set_id_number(IdKind.NATIONAL, "A123456789")
    person.id_proven = True
    person.save()
    made = member("another01")
    own = Person(user=made)
    own.note_id_number(IdKind.NATIONAL, "A123456789")
    own.save()
    assert code(bind(inside("another01"), pki.cards["citizen"])) == "bound"
    assert holder() == "another01"
    assert Person.objects.get(user=former).id_sealed is None


def log_in(client: Client, card: Card) -> str:
    """By card."""
    return shown_code(client, card_log_in(client, card))


def prove_again(client: Client, card: Card) -> str:
    """The proof that a member is still there."""
    client.post("/accounts/login/", {"login": "wang0001", "password": PASSWORD})
    challenge = ask_challenge(client)
    fields = {"challenge": challenge, "token": card.token(challenge)}
    return code(client.post("/accounts/reauthenticate/card/", fields, follow=True))


def forgotten(client: Client, card: Card) -> str:
    """The account's name."""
    challenge = ask_challenge(client)
    fields = {"challenge": challenge, "token": card.token(challenge)}
    return code(client.post("/accounts/recover/account/card/", fields))


def reset(client: Client, card: Card) -> str:
    """A new password."""
    return code(by_card(client, "reset", card))


def unlock(client: Client, card: Card) -> str:
    """The lock."""
    return code(by_card(client, "unlock", card))


def bind_again(client: Client, card: Card) -> str:
    """The same card linked once more."""
    client.post("/accounts/login/", {"login": "wang0001", "password": PASSWORD})
    return code(bind(client, card))


USES = [log_in, prove_again, forgotten, reset, unlock, bind_again]


@pytest.mark.parametrize("use", USES, ids=lambda use: use.__name__)
@pytest.mark.parametrize(("card", "refusal"), [("renamed", "card_name_differs"), ("renumbered", "card_id_differs")])
def test_renewed_certificate_of_somebody_else(
    user: User, pki: Pki, use: Callable[[Client, Card], str], card: str, refusal: str
) -> None:
    """A new certificate of a linked card with another name, or other last four characters."""
    card_log_in(browser(), pki.cards["citizen"])
    assert use(browser(), pki.cards[card]) == refusal
    binding = CardBinding.objects.get()
    assert (binding.holder_name, binding.last_four) == ("王小明", "6789")
    assert binding.certificates.count() == 1


def test_card_of_long_ago_with_another_name(user: User, pki: Pki) -> None:
    """The same with a card that was linked before names were kept, at its first use since."""
    client = browser()
    assert shown_code(client, card_log_in(client, pki.cards["renamed"])) == "card_name_differs"
    assert CardBinding.objects.get().holder_name == ""


def test_card_of_long_ago_with_another_number(user: User, pki: Pki) -> None:
    """A number typed while nobody knew the last four characters of a card that was linked long ago counts as proven."""
    person = Person(user=user)
    person.set_id_number(IdKind.NATIONAL, "A100000001")
    person.save()
    assert location(card_log_in(browser(), pki.cards["citizen"])) == "/member/"
    assert AuditEvent.objects.filter(action="card_differs", code="card_id_differs", account=user.pk).count() == 1
    assert not Person.objects.get().id_proven
    assert CardBinding.objects.get().last_four == "6789"


def test_card_is_taken_by_several_at_once(pki: Pki) -> None:
    """The card of an account that it alone opens, linked to several accounts at the same moment."""
    _, former = by_card_alone(pki)
    clients = []
    for number in range(THREADS):
        member(f"another0{number}")
        clients.append(inside(f"another0{number}"))
    told = together(lambda number: code(bind(clients[number], pki.cards["citizen"])))
    assert sorted(map(str, told)) == ["bound"] + ["card_taken"] * (THREADS - 1)
    assert CardBinding.objects.count() == 1
    former.refresh_from_db()
    assert not former.is_active
    assert AuditEvent.objects.filter(action="bind", code="ok").count() == 1
    assert AuditEvent.objects.filter(action="account_merged").count() == 1
