"""A signature of a trial as a key to everything else, and what was signed for something else as a trial."""

import ast
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from pytest_django import Settings

import portal
from cardlogin_server import Purpose
from portal.accounts.models import User
from portal.cards.models import CardBinding
from tests.portal.conftest import browser
from tests.portal.helpers import ask_challenge
from tests.portal.old_answers import old_answer
from tests.portal.pki import Card, Pki
from tests.portal.selftest.doors import DOORS, Door
from tests.portal.selftest.people import everything, try_out

WHO = "a page that has had a trial signed, or a card's holder who was told that it is only a trial"
ROOT = Path(portal.__file__).parent
pytestmark = pytest.mark.django_db
EVERY = pytest.mark.parametrize("door", DOORS, ids=lambda door: door.name)


@pytest.fixture(autouse=True)
def _open(settings: Settings) -> None:
    settings.CARDLOGIN_PROFILE = "egov-compat"
    settings.CARDLOGIN_OLD_WAY = True


def signed(door: Door, card: Card, challenge: str) -> str:
    """The signature as that door wants it."""
    return old_answer(card, challenge).text if door.field == "answer" else card.token(challenge)


def codes(answer: Any) -> list[str]:
    """The codes of the failures that a page shows."""
    return [part.split('"', 1)[0] for part in answer.content.decode().split('data-code="')[1:]]


@EVERY
def test_trial_opens_no_door(user: User, pki: Pki, door: Door) -> None:
    """A signature for the purpose `test` is posted in the very session that it was made in."""
    client = door.stand(pki)
    challenge = ask_challenge(client, "test")
    card = pki.cards["citizen2" if door.name == "register_card" else "citizen"]
    before = everything()
    answer = door.knock(client, challenge, signed(door, card, challenge))
    assert "challenge_purpose" in codes(answer)
    assert everything() == before


@EVERY
def test_key_of_a_door_is_no_trial(user: User, pki: Pki, door: Door) -> None:
    """A signature for any other purpose is posted as a trial, which would tell whose account it opens."""
    said = try_out(browser(), pki.cards["citizen"], door.purpose)
    assert (said["code"], said["facts"]) == ("challenge_purpose", [])


@pytest.mark.parametrize("purpose", [one.value for one in Purpose if one is not Purpose.TEST])
def test_every_other_purpose_is_no_trial(user: User, pki: Pki, purpose: str) -> None:
    """A signature for each purpose that there is, whether a door asks for it or not."""
    assert try_out(browser(), pki.cards["citizen"], purpose)["code"] == "challenge_purpose"


@pytest.mark.parametrize("ends", ["login", "Test", "test.login"])
def test_purpose_of_a_challenge_is_changed(user: User, pki: Pki, ends: str) -> None:
    """The end of a challenge is written anew before the card signs it."""
    client = browser()
    challenge = ask_challenge(client, "test").removesuffix("test") + ends
    fields = {"challenge": challenge, "token": pki.cards["citizen"].token(challenge)}
    answer = client.post("/accounts/card/login/", fields, follow=True)
    assert codes(answer)[0].startswith("challenge_")
    assert client.get("/member/").status_code == 302


def test_no_door_is_forgotten(user: User, pki: Pki) -> None:
    """A door that takes a signature and stands in no list of these tests."""
    callers = {
        (file.relative_to(ROOT).as_posix(), node.args[-1].attr if isinstance(node.args[-1], ast.Attribute) else "")
        for file in ROOT.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("proof_of_card", "old_proof_of_card", "verify")
    }
    assert callers == {
        ("accounts/reauthentication.py", "LOGIN"), ("cards/flows.py", "LOGIN"), ("cards/flows.py", ""),
        ("cards/member_pages.py", "BIND"), ("cards/proof.py", ""), ("recovery/account_pages.py", "LOGIN"),
        ("recovery/flows.py", ""), ("registration/views.py", "BIND"), ("selftest/trial.py", "TEST"),
    }  # fmt: skip
    for door in DOORS:
        assert reverse(door.name) == door.path


def test_trial_makes_a_browser_known(user: User, pki: Pki) -> None:
    """The trial as a way to become a browser that the account knows, or to learn by its cookies what it found."""
    kept = []
    for card in ("citizen", "citizen2", "revoked"):
        client = browser()
        try_out(client, pki.cards[card])
        kept.append(sorted(client.cookies))
    assert kept[0] == kept[1] == kept[2]
    assert CardBinding.objects.get().certificates.count() == 0
