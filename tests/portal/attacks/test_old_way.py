"""The old way as a weaker door: what was signed for something else, elsewhere, before or by another program."""

import base64
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from portal.accounts.models import User
from portal.cards.models import CardBinding
from tests.portal.conftest import browser
from tests.portal.helpers import ask_challenge, card_log_in, location, logged_in, send_token, shown_code
from tests.portal.member.people import log_in
from tests.portal.old_answers import FORM, log_in_old, old_answer, refused, send
from tests.portal.pki import Pki

WHO = "whoever got an old answer signed, or made one"
PURPOSES = ("bind", "activate", "unlock", "reset", "unbind", "test")
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _open(settings: Settings) -> None:
    settings.CARDLOGIN_PROFILE = "egov-compat"
    settings.CARDLOGIN_OLD_WAY = True


def test_replay(user: User, pki: Pki) -> None:
    """An answer that logged in is sent again, in the same browser and in another."""
    first = browser()
    challenge = ask_challenge(first)
    answer = old_answer(pki.cards["citizen"], challenge).text
    send(first, challenge, answer)
    assert logged_in(first)
    first.post("/accounts/logout/")
    for client in (first, browser()):
        assert refused(client, send(client, challenge, answer)) == "challenge_session"
        assert not logged_in(client)


def test_replay_in_the_same_session(client: Client, user: User, pki: Pki) -> None:
    """An answer whose first use opened nothing is sent again when the card has an account."""
    CardBinding.objects.update(binding_key="moica:0000000100000000")
    challenge = ask_challenge(client)
    answer = old_answer(pki.cards["citizen"], challenge).text
    assert refused(client, send(client, challenge, answer)) == "card_not_bound"
    CardBinding.objects.update(binding_key="moica:0000000112345678")
    assert refused(client, send(client, challenge, answer)) == "challenge_used"
    assert not logged_in(client)


def test_challenge_of_another_session(user: User, pki: Pki) -> None:
    """The visitor's answer to the visitor's challenge is sent from the attacker's browser."""
    visitor, attacker = browser(), browser()
    ask_challenge(attacker)
    challenge = ask_challenge(visitor)
    answer = old_answer(pki.cards["citizen"], challenge).text
    assert refused(attacker, send(attacker, challenge, answer)) == "challenge_session"
    assert not logged_in(attacker)


@pytest.mark.parametrize("purpose", PURPOSES)
def test_challenge_of_another_purpose(client: Client, user: User, pki: Pki, purpose: str) -> None:
    """What was signed to link or to recover logs in."""
    challenge = ask_challenge(client, purpose)
    answer = old_answer(pki.cards["citizen"], challenge).text
    assert refused(client, send(client, challenge, answer)) == "challenge_purpose"
    assert not logged_in(client)


FAULTS: dict[str, tuple[dict[str, object], str]] = {
    "sha1": ({"hash_name": "sha1"}, "algorithm_mismatch"),
    "other content": ({"content": b"TBS"}, "signature_invalid"),
    "empty content": ({"content": b""}, "signature_invalid"),
    "detached": ({"detached": True}, "token_malformed"),
    "digest of something else": ({"digest": bytes(32)}, "signature_invalid"),
    "no signed attributes": ({"signed_attributes": False}, "token_malformed"),
    "two signers": ({"signers": 2}, "token_malformed"),
    "no certificate": ({"certificates": ()}, "token_malformed"),
    "signature of zeros": ({"signature": bytes(256)}, "signature_invalid"),
}


@pytest.mark.parametrize("name", FAULTS, ids=[name.replace(" ", "-") for name in FAULTS])
def test_made_up_answer(client: Client, user: User, pki: Pki, name: str) -> None:
    """A part of the answer is not as the card made it."""
    fields, code = FAULTS[name]
    assert refused(client, log_in_old(client, pki.cards["citizen"], **fields)) == code
    assert not logged_in(client)


def test_one_bit_of_the_signature(client: Client, user: User, pki: Pki) -> None:
    """The answer is tampered with on its way."""
    challenge = ask_challenge(client)
    der = bytearray(old_answer(pki.cards["citizen"], challenge).der())
    der[-1] ^= 1
    answer = base64.b64encode(der).decode()
    assert refused(client, send(client, challenge, answer)) == "signature_invalid"
    assert not logged_in(client)


@pytest.mark.parametrize(
    ("challenge", "answer"),
    [("", ""), ("A" * 65, "x"), ("A" * 43 + "=.login", ""), ("A" * 43 + "=.login", "A" * 10_001)],
    ids=["empty", "long-challenge", "no-answer", "long-answer"],
)
def test_sizes(client: Client, user: User, challenge: str, answer: str) -> None:
    """Fields longer than anything honest are read."""
    assert refused(client, send(client, challenge, answer)) == "request_malformed"


def test_large_body(client: Client, user: User) -> None:
    """A body larger than anything honest is read."""
    assert send(client, "x", "A" * 60_000).status_code == 400


@pytest.mark.parametrize("answer", ["{}", "x", "\x00", "王", "[" * 9_000, "A" * 9_999])
def test_rubbish(client: Client, user: User, answer: str) -> None:
    """An answer that is none ends in an error of the program, or spends the challenge."""
    challenge = ask_challenge(client)
    assert refused(client, send(client, challenge, answer)) == "token_malformed"


def test_old_answer_as_a_token_and_a_token_as_an_old_answer(client: Client, user: User, pki: Pki) -> None:
    """Each way takes only its own kind of answer, so that nobody downgrades the new one."""
    challenge = ask_challenge(client)
    card = pki.cards["citizen"]
    assert shown_code(client, send_token(client, challenge, old_answer(card, challenge).text)) == "token_malformed"
    assert refused(client, send(client, challenge, card.token(challenge))) == "token_malformed"
    both = {"challenge": challenge, "answer": old_answer(card, challenge).text, "token": card.token(challenge)}
    assert location(client.post(FORM, both)) == "/member/"  # the page's own field, and no other, is looked at
    assert not logged_in(browser())


def fields(client: Client, pki: Pki, purpose: str) -> dict[str, str]:
    """An old answer in the fields of every form that takes a card."""
    challenge = ask_challenge(client, purpose)
    answer = old_answer(pki.cards["citizen"], challenge).text
    return {"challenge": challenge, "answer": answer, "token": answer}


def test_link_a_card(client: Client, user: User, pki: Pki) -> None:
    """A visitor's old answer links the visitor's card to the attacker's account."""
    CardBinding.objects.all().delete()
    log_in(client)
    client.post("/member/cards/bind/", fields(client, pki, "bind"))
    assert not CardBinding.objects.exists()


@pytest.mark.parametrize("way", ["activate", "unlock", "reset"])
def test_recover_access(client: Client, user: User, pki: Pki, way: str) -> None:
    """A visitor's old answer gives the visitor's account to somebody else."""
    User.objects.update(is_active=way == "reset")
    client.post(f"/accounts/recover/{way}-card/", {"account": "wang0001"})
    shown = client.post(f"/accounts/recover/{way}-card/proof/", fields(client, pki, way), follow=True)
    assert "token_malformed" in shown.content.decode()
    assert User.objects.get().is_active is (way == "reset")


def test_fresh_proof(client: Client, user: User, pki: Pki) -> None:
    """An old answer stands for the card where the holder is asked once more."""
    log_in_old(client, pki.cards["citizen"])
    assert logged_in(client)
    client.post("/accounts/reauthenticate/card/", fields(client, pki, "login"))
    again: Any = client.get("/member/delete/")
    assert again.url.startswith("/accounts/reauthenticate/")


def test_card_of_no_account_leaves_nothing_to_go_on_with(client: Client, user: User, pki: Pki) -> None:
    """An old answer of an unknown card makes an account, or begins a registration with it."""
    assert refused(client, log_in_old(client, pki.cards["citizen2"])) == "card_not_bound"
    assert location(client.get("/accounts/card/choices/")).startswith("/accounts/login/")
    client.post("/accounts/card/choices/certificate-only/")
    assert User.objects.count() == 1
    # The new way leads there, so the page is one that can be reached.
    assert location(card_log_in(client, pki.cards["citizen2"])) == "/accounts/card/choices/"


def test_planted_session(user: User, pki: Pki) -> None:
    """Whoever planted the session's key before the log-in is inside after it."""
    victim = browser()
    ask_challenge(victim)
    planted = victim.cookies["__Host-session"].value
    log_in_old(victim, pki.cards["citizen"])
    attacker = browser()
    attacker.cookies["__Host-session"] = planted
    assert logged_in(victim)
    assert not logged_in(attacker)
