"""A card is never blocked: not by wrong passwords, and not by whoever shares its holder's network address."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from portal.accounts.models import User
from portal.settings.base import ACCOUNT_RATE_LIMITS
from tests.portal.attacks.shutout import guess, inside, log_out
from tests.portal.conftest import browser
from tests.portal.helpers import ask_challenge, card_log_in, send_token
from tests.portal.pki import Pki
from tests.portal.recovery.people import BASE, by_card, code, name_account

WHO = "a stranger"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("profile")]
CHALLENGE = "/accounts/card/challenge/"


@pytest.fixture(autouse=True)
def limits(settings: Settings) -> Iterator[None]:
    """The limits of every installation."""
    cache.clear()
    settings.ACCOUNT_RATE_LIMITS = ACCOUNT_RATE_LIMITS
    yield
    cache.clear()


def flood(times: int) -> None:
    """What somebody behind the same address sends: challenges asked for and answers that are none."""
    stranger = browser()
    for _ in range(times):
        stranger.post(CHALLENGE, {"purpose": "login"}, content_type="application/json")
        send_token(stranger, "x", "x")


def test_log_in_by_card_behind_the_same_address(owner: User, pki: Pki) -> None:
    """Use up what one network address may do with cards, so that nobody in the office can log in by card."""
    flood(70)
    holder = browser()
    card_log_in(holder, pki.cards["citizen"])
    assert inside(holder)


@pytest.mark.parametrize("way", ["unlock", "reset"])
def test_recovery_by_card_behind_the_same_address(owner: User, pki: Pki, way: str) -> None:
    """Use up what one network address may do to recover accounts, so that no card unlocks or resets one."""
    guess(2)
    stranger = browser()
    name_account(stranger, way)
    for _ in range(40):
        stranger.post(f"{BASE}{way}-card/proof/", {"challenge": "x", "token": "x"})
    assert code(by_card(browser(), way, pki.cards["citizen"])) in ("unlock", "")


def test_known_browser_when_the_address_is_full(owner: User, pki: Pki, settings: Settings) -> None:
    """Send so much that the machine itself is protected: a browser that is known goes on."""
    home = browser()
    card_log_in(home, pki.cards["citizen"])
    log_out(home)
    settings.ACCOUNT_RATE_LIMITS = {"card_address": "3/m/ip"}
    flood(3)
    assert browser().post(CHALLENGE, {"purpose": "login"}, content_type="application/json").status_code == 429
    card_log_in(home, pki.cards["citizen"])
    assert inside(home)


def test_one_session_that_asks_without_end(client: Client, owner: User) -> None:
    """Ask for challenges in one session without end, to fill the cache."""
    ask_challenge(client)
    asked = [client.post(CHALLENGE, {"purpose": "login"}, content_type="application/json") for _ in range(61)]
    assert [answer.status_code for answer in asked].count(200) == 60
