"""Who registered without a card: the card activates only where a confirmer knows the number, and pages say so."""

from collections.abc import Sequence

import pytest
from django.test import Client
from pytest_django import Settings

from cardlogin_server.identity.confirm import Confirmation, Pair
from portal.accounts.models import IdKind, Person, User
from portal.cards.models import CardBinding
from tests.portal.conftest import SERIAL, browser
from tests.portal.helpers import plain
from tests.portal.pki import Pki
from tests.portal.recovery.people import BASE, NATIONAL_ID, by_card, code

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("profile")]


class Confirmer:
    """Knows 王小明's card."""

    def confirm(self, pairs: Sequence[Pair]) -> tuple[Confirmation, ...]:
        """Answer."""
        known = [pair.subject_serial == SERIAL and pair.national_id == NATIONAL_ID for pair in pairs]
        return tuple(Confirmation.CONFIRMED if yes else Confirmation.NO_SUCH_PAIR for yes in known)


@pytest.fixture(params=["confirmer", "no confirmer"])
def confirmer(request: pytest.FixtureRequest, settings: Settings) -> bool:
    """With and without the service."""
    there: bool = request.param == "confirmer"
    settings.CARDLOGIN_CONFIRMER = f"{__name__}.Confirmer" if there else None
    return there


@pytest.fixture
def registered(db: None) -> User:
    """A plain registration with an ID number, whose mail was never read."""
    made = User.objects.create_user("wang0003", "w3@portal.example", "x", name="王小明", is_active=False)
    person = Person(user=made)
    person.note_id_number(IdKind.NATIONAL, NATIONAL_ID)
    person.save()
    return made


def held_by(name: str, *, proven: bool) -> None:
    """Another account holds the number."""
    person = Person(user=User.objects.create_user(name, f"{name}@portal.example", "x", name="林美玲"))
    person.set_id_number(IdKind.NATIONAL, NATIONAL_ID)
    person.id_proven = proven
    person.save()


def test_card_activates_where_a_confirmer_knows_it(client: Client, registered: User, pki: Pki, confirmer: bool) -> None:
    told = code(by_card(client, "activate", pki.cards["citizen"], "wang0003"))
    assert told == ("activate" if confirmer else "recovery_refused")
    registered.refresh_from_db()
    person = Person.objects.get(user=registered)
    assert registered.is_active == person.id_proven == (person.id_index is not None) == confirmer
    assert not CardBinding.objects.exists()


def test_claim_of_another_account_does_not_hinder(
    client: Client, registered: User, pki: Pki, settings: Settings
) -> None:
    settings.CARDLOGIN_CONFIRMER = f"{__name__}.Confirmer"
    held_by("stranger1", proven=False)
    assert code(by_card(client, "activate", pki.cards["citizen"], "wang0003")) == "activate"
    holder = Person.with_id_number(NATIONAL_ID)
    assert holder is not None
    assert holder.user == registered


def test_number_that_another_account_has_proven_is_said_to_its_holder(
    client: Client, registered: User, pki: Pki, settings: Settings
) -> None:
    settings.CARDLOGIN_CONFIRMER = f"{__name__}.Confirmer"
    held_by("another01", proven=True)
    assert code(by_card(client, "activate", pki.cards["citizen"], "wang0003")) == "id_number_proven"
    registered.refresh_from_db()
    assert not registered.is_active


@pytest.mark.parametrize("way", ["unlock", "reset"])
def test_other_ways_lead_to_activation(
    client: Client, registered: User, pki: Pki, settings: Settings, way: str
) -> None:
    settings.CARDLOGIN_CONFIRMER = f"{__name__}.Confirmer"
    assert code(by_card(client, way, pki.cards["citizen"], "wang0003")) == "account_not_activated"


def test_namesake_with_the_same_last_four_activates_nothing(
    client: Client, registered: User, pki: Pki, confirmer: bool
) -> None:
    assert code(by_card(client, "activate", pki.cards["namesake"], "wang0003")) == "recovery_refused"
    registered.refresh_from_db()
    assert not registered.is_active


@pytest.mark.parametrize("path", ["/accounts/login/", BASE, f"{BASE}activate-card/"])
@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_pages_promise_what_is_true(confirmer: bool, path: str, language: str) -> None:
    promise, truth = {
        "zh-hant": ("與您註冊時所填證號相符的憑證", "註冊時未使用憑證者，請使用確認信中的連結"),
        "en": ("whose ID number you gave when you registered", "use the link in the confirmation email"),
    }[language]
    client = browser()
    client.cookies["django_language"] = language
    page = " ".join(plain(client.get(path, headers={"accept-language": language})).split())
    assert (promise in page, truth in page) == (confirmer, not confirmer)


@pytest.mark.parametrize("way", ["unlock", "reset"])
def test_pages_of_the_other_ways_say_which_card(client: Client, confirmer: bool, way: str) -> None:
    page = plain(client.get(f"{BASE}{way}-card/"))
    assert ("與帳號所填證號相符的憑證" in page) == confirmer
    assert "須使用已綁定本帳號的憑證" in page
