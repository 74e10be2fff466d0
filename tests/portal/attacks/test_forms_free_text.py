"""Characters that nobody sees, or that turn a page's text around, in every field that takes free text."""

from collections.abc import Callable

import pytest
from django.test import Client

from portal.accounts.models import Person, User
from portal.cards.models import CardBinding
from tests.portal.member.conftest import compat, inside, owner, profile, sends
from tests.portal.member.test_profile import FIELDS
from tests.portal.member.test_profile import PAGE as PROFILE
from tests.portal.registration.walk import ACCOUNT, ADVANCED, BASIC, Walk, error_codes, step_of

__all__ = ["compat", "inside", "owner", "profile", "sends"]
WHO = "a registrant or a member"
HIDDEN = {
    "right-to-left override": "\u202e", "isolate": "\u2067", "zero-width blank": "\u200b", "soft hyphen": "\u00ad",
    "joiner": "\u2060", "BOM": "\ufeff", "NUL": "\x00", "escape": "\x1b", "line separator": "\u2028",
    "next line": "\x85", "Hangul filler": "\u3164", "Braille blank": "\u2800", "tag": "\U000e0041",
    "annotation": "\ufff9", "unassigned": "\u0378", "noncharacter": "\uffff", "private use": "\ue000",
    "private plane": "\U000f0000", "ten accents": "\u0301" * 10,
}  # fmt: skip
Place = Callable[[Client, str], None]
pytestmark = pytest.mark.django_db


def _name_at_registration(client: Client, text: str) -> None:
    walk = Walk(client)
    walk.send(ACCOUNT)
    assert error_codes(walk.send({**BASIC, "name": text}), "name") == ["unfit_text"]


def _nickname_at_registration(client: Client, text: str) -> None:
    walk = Walk(client)
    walk.send(ACCOUNT)
    assert error_codes(walk.send({**BASIC, "nickname": text}), "nickname") == ["unfit_text"]


def _mail_at_registration(client: Client, text: str) -> None:
    walk = Walk(client)
    walk.send(ACCOUNT)
    for address in (f"{text}@portal.example", f"a@{text}.example"):
        answer = walk.send({**BASIC, "email": address, "email_again": address})
        assert step_of(answer) == 2
        assert error_codes(answer, "email")


def _address_at_registration(client: Client, text: str) -> None:
    answer = Walk(client).to_advanced().send({**ADVANCED, "address": text})
    assert error_codes(answer, "address") == ["unfit_text"]


def _telephone_at_registration(client: Client, text: str) -> None:
    answer = Walk(client).to_advanced().send({**ADVANCED, "phone": text.replace("王", "02").replace("明", "23165300")})
    assert error_codes(answer, "phone")


AT_REGISTRATION: dict[str, Place] = {
    "name": _name_at_registration, "nickname": _nickname_at_registration, "mail": _mail_at_registration,
    "address": _address_at_registration, "telephone": _telephone_at_registration,
}  # fmt: skip


@pytest.mark.parametrize("place", AT_REGISTRATION)
@pytest.mark.parametrize("character", HIDDEN)
@pytest.mark.parametrize("profile", ["modern"], indirect=True)  # one rule in both
def test_hidden_text_at_registration(client: Client, profile: str, place: str, character: str) -> None:
    """Register with a hidden character in a text that others will read."""
    AT_REGISTRATION[place](client, f"王{HIDDEN[character]}明")
    assert not User.objects.exists()


@pytest.mark.parametrize("field", ["nickname", "address"])
@pytest.mark.parametrize("character", HIDDEN)
def test_hidden_text_in_the_profile(inside: Client, owner: User, field: str, character: str) -> None:
    """Write a hidden character into one's own data."""
    answer = inside.post(PROFILE, {**FIELDS, field: f"王{HIDDEN[character]}明"})
    assert error_codes(answer, field) == ["unfit_text"]
    owner.refresh_from_db()
    assert (owner.nickname, Person.objects.get(user=owner).address) == ("", "")


@pytest.mark.parametrize("character", HIDDEN)
def test_hidden_text_in_the_name_of_a_card(inside: Client, character: str) -> None:
    """Give a card a name with a hidden character."""
    card = CardBinding.objects.get()
    answer = inside.post(f"/member/cards/{card.pk}/rename/", {"nickname": f"王{HIDDEN[character]}明"}, follow=True)
    assert 'data-code="name_refused"' in answer.content.decode()
    card.refresh_from_db()
    assert card.nickname == ""
