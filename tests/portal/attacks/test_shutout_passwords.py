"""Wrong passwords of strangers: they stop neither a browser the holder has used before nor a session that is open."""

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from portal.accounts import devices
from portal.accounts.models import KnownDevice, User
from portal.recovery.sessions import end_sessions
from tests.portal.attacks.shutout import AGAIN, NAME, guess, inside, known_browser, later, log_in, log_out
from tests.portal.conftest import PASSWORD, browser
from tests.portal.recovery.people import NEW, code

WHO = "a stranger"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("profile")]
COOKIE = devices.COOKIE


def test_lock_of_strangers_and_a_known_browser(owner: User) -> None:
    """Five wrong passwords, so that the holder cannot log in at home."""
    home = known_browser()
    assert guess(5) == ["password_wrong"] * 5
    with later(seconds=60):
        assert code(log_in(browser())) == "account_locked"
        log_in(home)
        assert inside(home)


def test_lock_of_a_known_browser_and_others(owner: User) -> None:
    """Five wrong passwords in the holder's own browser, so that no other browser can log in."""
    home, other = known_browser(), browser()
    assert guess(5, client=home) == ["password_wrong"] * 5
    with later(seconds=60):
        assert code(log_in(home)) == "account_locked"
        log_in(other)
        assert inside(other)


@pytest.mark.parametrize("where", ["again", "new password", "second factor off"])
def test_lock_of_strangers_and_an_open_session(inside: Client, where: str) -> None:
    """Five wrong passwords, so that a member who is inside can prove nothing and change nothing."""
    guess(5)
    with later(seconds=60):
        if where == "again":
            assert inside.post(AGAIN, {"password": PASSWORD}).status_code == 302
        elif where == "new password":
            fields = {"current": PASSWORD, "password": NEW, "again": NEW}
            assert code(inside.post("/member/password/", fields, follow=True)) == "password"
        else:
            page = inside.post("/member/second-factor/off/", {"password": PASSWORD}, follow=True)
            assert code(page) == "second_factor_off"


def test_wrong_passwords_inside_and_the_name(inside: Client) -> None:
    """Wrong passwords in a session that was left open, so that the holder cannot log in anywhere else."""
    for number in range(5):
        with later(seconds=10 * number):
            inside.post(AGAIN, {"password": f"wrong-{number}"})
    other = browser()
    log_in(other)
    assert other.get("/member/").status_code == 200


@pytest.mark.parametrize("where", ["again", "new password"])
def test_guessing_in_an_open_session(inside: Client, where: str) -> None:
    """Guess the password of a session that was left open, to change what asks for it: the session ends at the fifth."""
    for number in range(5):
        with later(seconds=10 * number):
            if where == "again":
                answer = inside.post(AGAIN, {"password": f"wrong-{number}"}, follow=True)
            else:
                fields = {"current": f"wrong-{number}", "password": NEW, "again": NEW}
                answer = inside.post("/member/password/", fields, follow=True)
            assert code(answer) == ("password_wrong" if number < 4 else "logged_out_wrong")
    assert inside.get("/member/").status_code == 302


def test_guessing_with_a_stolen_cookie(owner: User) -> None:
    """Take the cookie of a known browser and guess with it: five in all, whatever the time between them."""
    home, thief = known_browser(), browser()
    thief.cookies[COOKIE] = home.cookies[COOKIE].value
    guess(5)  # strangers are locked, so whatever is looked at now is looked at for the cookie
    looked_at = 0
    for day in range(1, 12):
        with later(hours=13 * day):
            guess(5)
        with later(hours=13 * day, seconds=55):
            looked_at += code(log_in(thief, "wrong")) == "password_wrong"
    assert looked_at == 5


def test_password_without_the_second_factor(owner: User, settings: Settings) -> None:
    """Have one's own browser known with the password alone, where the account asks for a code as well."""
    Authenticator.objects.create(
        user=owner, type=Authenticator.Type.TOTP, data={"secret": get_adapter().encrypt("A" * 32)}
    )
    thief = browser()
    log_in(thief)
    assert COOKIE not in thief.cookies
    assert not KnownDevice.objects.exists()


def test_stolen_cookie_after_the_holders_next_log_in(owner: User) -> None:
    """Use a copied cookie after the holder logged in again: it is a stranger's."""
    home, thief = known_browser(), browser()
    thief.cookies[COOKIE] = home.cookies[COOKIE].value
    log_in(home)
    assert inside(home)
    guess(5)
    with later(seconds=60):
        assert code(log_in(thief)) == "account_locked"


@pytest.mark.parametrize("where", ["forged", "of another account", "too long"])
def test_cookie_that_is_not_the_accounts(owner: User, where: str) -> None:
    """Come with a cookie of one's own making, so as to count as the holder's browser."""
    thief = browser()
    if where == "of another account":
        User.objects.create_user("lin00002", "lin@portal.example", PASSWORD, name="林小華")
        log_in(thief, name="lin00002")
        log_out(thief)
    elif where == "forged":
        thief.cookies[COOKIE] = "A" * 43
    elif where == "too long":
        known = known_browser().cookies[COOKIE].value
        thief.cookies[COOKIE] = ".".join([known] * 9)
    guess(5)
    with later(seconds=60):
        assert code(log_in(thief)) == "account_locked"


@pytest.mark.parametrize("where", ["a reset", "all sessions ended", "a new password elsewhere"])
def test_cookie_after_the_holder_called_it_back(owner: User, where: str) -> None:
    """Use the cookie of a lost computer after the holder ended what was open."""
    lost = known_browser()
    if where == "all sessions ended":
        end_sessions(owner)
    elif where == "a reset":
        devices.forget(owner)
    else:
        phone = browser()
        log_in(phone)
        fields = {"current": PASSWORD, "password": NEW, "again": NEW}
        assert code(phone.post("/member/password/", fields, follow=True)) == "password"
        owner.set_password(PASSWORD)
        owner.save()
    guess(5)
    with later(seconds=60):
        assert code(log_in(lost)) == "account_locked"


def test_flood_from_the_same_network_address(owner: User, settings: Settings) -> None:
    """Send so many wrong passwords for other names that nobody behind the same address can log in any more."""
    home = known_browser()
    cache.clear()
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "3/m/ip"}
    for number in range(4):
        log_in(browser(), "wrong", f"nobody{number:02}")
    assert code(log_in(browser())) == "rate_limited"
    log_in(home)
    assert inside(home)
    cache.clear()


def test_known_browser_of_a_family(owner: User) -> None:
    """Log in with one's own account at the family's computer, so that another's account is not known there any more."""
    home = known_browser()
    for number in range(2, 5):
        User.objects.create_user(f"lin0000{number}", f"l{number}@portal.example", PASSWORD, name="林小華")
        log_in(home, name=f"lin0000{number}")
        log_out(home)
    guess(5)
    with later(seconds=60):
        log_in(home)
        assert inside(home)


def test_cookie_says_nothing_and_is_bound_to_the_site(owner: User) -> None:
    """Read an account's name in the cookie, or have it sent from elsewhere."""
    home = known_browser()
    kept = home.cookies[COOKIE]
    assert NAME not in kept.value
    assert (kept["secure"], kept["httponly"], kept["samesite"], kept["path"], kept["domain"]) == (
        True, True, "Lax", "/", "",
    )  # fmt: skip
    assert kept.value not in str(list(KnownDevice.objects.values()))
