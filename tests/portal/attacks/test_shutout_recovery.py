"""Ways to recover access: strangers' wrong answers, codes and requests stop neither known browsers nor the holder."""

from typing import Any

import pytest
from django.core.cache import cache
from pytest_django import Settings

from portal.accounts.models import IssuedCode, User
from portal.accounts.recovery_codes import new_code
from portal.settings.base import ACCOUNT_RATE_LIMITS
from tests.portal.attacks.shutout import known_browser, later, reply
from tests.portal.conftest import browser
from tests.portal.pki import Pki
from tests.portal.recovery.people import (
    ANSWER,
    BASE,
    asks_for_password,
    by_card,
    code,
    mailed_code,
    start,
    texted_code,
)

WHO = "a stranger"
TEXT = f"{BASE}text/code/"
pytestmark = pytest.mark.django_db


def other_code(right: str) -> str:
    """A code that is wrong."""
    return "000000" if right != "000000" else "111111"


@pytest.fixture
def limited(settings: Settings) -> Any:
    """The limits of every installation."""
    cache.clear()
    settings.ACCOUNT_RATE_LIMITS = ACCOUNT_RATE_LIMITS
    yield
    cache.clear()


@pytest.mark.usefixtures("compat")
def test_wrong_answers_and_a_known_browser(owner: User) -> None:
    """Five wrong answers, so that the holder cannot use the question at home."""
    home = known_browser()
    assert [reply(browser(), "wrong") for _ in range(6)] == ["answer_wrong"] * 5 + ["recovery_tries"]
    assert reply(home, ANSWER) == ""


@pytest.mark.usefixtures("compat")
def test_wrong_answers_and_an_unknown_browser(owner: User) -> None:
    """Five wrong answers, so that the holder cannot use the question anywhere for half a day."""
    for _ in range(6):
        reply(browser(), "wrong")
    with later(seconds=61):
        assert reply(browser(), ANSWER) == ""


@pytest.mark.usefixtures("compat")
def test_wrong_answers_of_a_known_browser(owner: User) -> None:
    """Answer wrong from a copied cookie: five more than other strangers, then none."""
    home = known_browser()
    for _ in range(6):
        reply(browser(), "wrong")
    assert [reply(home, "wrong") for _ in range(6)] == ["answer_wrong"] * 5 + ["recovery_tries"]


def test_wrong_saved_codes_and_a_known_browser(owner: User, sends: Any) -> None:
    """Read the holder's mail and type wrong saved codes, so that the holder cannot use the right one at home."""
    saved, home, thief = new_code(owner), known_browser(), browser()
    for client, typed, expected in ((thief, "wrong", "recovery_tries"), (home, saved, "")):
        with sends():
            start(client, "saved-code")
        client.post(f"{BASE}saved-code/code/", {"code": mailed_code()})
        answers = [client.post(f"{BASE}saved-code/saved-code/", {"saved_code": typed}, follow=True) for _ in range(6)]
        if client is thief:
            assert code(answers[-1]) == expected
        else:
            assert asks_for_password(answers[0])


@pytest.mark.usefixtures("profile")
def test_strangers_request_and_the_holders_code(owner: User, sends: Any) -> None:
    """Ask for a code for somebody's account, so that the one the holder waits for is worth nothing."""
    holder, stranger = browser(), browser()
    with sends():
        start(holder, "text")
    right = texted_code()
    for _ in range(3):
        with sends():
            start(stranger, "text")
    assert asks_for_password(holder.post(TEXT, {"code": right}, follow=True))


@pytest.mark.usefixtures("profile")
def test_strangers_wrong_codes_and_the_holders_code(owner: User, sends: Any) -> None:
    """Type wrong codes for somebody's account, so that the holder's code has no tries left."""
    holder, stranger = browser(), browser()
    with sends():
        start(stranger, "text")
        start(holder, "text")
    right = texted_code()
    for _ in range(20):
        stranger.post(TEXT, {"code": other_code(right)})
    assert asks_for_password(holder.post(TEXT, {"code": right}, follow=True))


@pytest.mark.usefixtures("profile")
def test_the_holders_code_in_another_browser(owner: User, sends: Any) -> None:
    """Type the code that the holder asked for, read over a shoulder, in one's own browser."""
    holder, stranger = browser(), browser()
    with sends():
        start(holder, "text")
    right = texted_code()
    start(stranger, "text")
    assert code(stranger.post(TEXT, {"code": right}, follow=True)) == "code_wrong"


def test_second_proof_and_another_session(owner: User, sends: Any) -> None:
    """The same with the code in the mail that goes with a saved code."""
    new_code(owner)
    holder, stranger = browser(), browser()
    with sends():
        start(holder, "saved-code")
    right = mailed_code()
    with sends():
        start(stranger, "saved-code")
    for _ in range(6):
        stranger.post(f"{BASE}saved-code/code/", {"code": other_code(right)})
    page = holder.post(f"{BASE}saved-code/code/", {"code": right}, follow=True)
    assert 'name="saved_code"' in page.content.decode()


@pytest.mark.usefixtures("limited", "profile")
def test_flood_of_requests_and_a_known_browser(owner: User, sends: Any) -> None:
    """Ask for codes until no more are sent, so that the holder gets none at home."""
    home = known_browser()
    for number in range(12):
        stranger = browser()
        stranger.defaults["REMOTE_ADDR"] = f"192.0.2.{number}"
        start(stranger, "text")
    with sends():
        answer = start(home, "text")
    assert code(answer) == ""
    assert asks_for_password(home.post(TEXT, {"code": texted_code()}, follow=True))


@pytest.mark.usefixtures("limited")
def test_flood_of_requests_from_one_address(owner: User) -> None:
    """Ask for codes from one network address until no other address may."""
    for _ in range(6):
        start(browser(), "text")
    assert IssuedCode.objects.count() == 3
    elsewhere = browser()
    elsewhere.defaults["REMOTE_ADDR"] = "192.0.2.7"
    assert code(start(elsewhere, "text")) == ""
    assert IssuedCode.objects.count() == 4


@pytest.mark.usefixtures("limited")
def test_flood_of_messages_to_one_account(owner: User) -> None:
    """Ask for codes from many addresses, to fill somebody's mobile: few are sent."""
    for number in range(12):
        stranger = browser()
        stranger.defaults["REMOTE_ADDR"] = f"192.0.2.{number}"
        start(stranger, "text")
    assert IssuedCode.objects.count() == 5


@pytest.mark.usefixtures("limited", "compat")
def test_flood_of_messages_with_a_known_answer(owner: User, sends: Any) -> None:
    """Know the answer and give it again and again, to fill somebody's mailbox: few are sent."""
    stranger = browser()
    with sends():
        answers = [reply(stranger, ANSWER) for _ in range(5)]
    assert answers == ["", "", "", "rate_limited", "rate_limited"]
    assert IssuedCode.objects.count() == 3


@pytest.mark.usefixtures("limited", "profile")
def test_flood_of_steps_from_the_holders_address(owner: User, pki: Pki) -> None:
    """Use up what the holder's network address may do, so that neither a known browser nor a card recovers anything."""
    home = known_browser()
    for _ in range(40):
        browser().post(f"{BASE}text/", {"account": "x"})
    assert code(start(browser(), "text")) == "rate_limited"
    assert code(start(home, "text")) == ""
    assert asks_for_password(by_card(browser(), "reset", pki.cards["citizen"]))
