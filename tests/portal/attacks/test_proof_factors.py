"""A password alone, in a session that is open, does nothing that weakens an account with a second factor."""

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from portal.accounts.models import User
from tests.portal.conftest import PASSWORD, browser
from tests.portal.helpers import location
from tests.portal.member.people import NEW, half_minutes_later, later, log_in, told, totp
from tests.portal.member.test_second_factor import PAGE, STEP, switch_on
from tests.portal.recovery.conftest import owner

__all__ = ["owner"]
WHO = "somebody at an open session who knows the password"
PROOF = "/accounts/reauthenticate/"
# Every place that asks for a fresh proof, with what is sent there.
SHOWN = (
    PAGE, "/member/mobile/", "/member/recovery-code/", "/member/password/", "/member/delete/", "/accounts/mail/",
    "/member/ways-in/",
)  # fmt: skip
SENT = (
    f"{PAGE}on/", f"{PAGE}off/", f"{PAGE}codes/", "/member/mobile/", "/member/mobile/code/", "/member/mobile/remove/",
    "/member/recovery-code/", "/member/password/", "/member/delete/", "/accounts/mail/", "/accounts/mail/code/",
    "/member/cards/bind/", "/member/cards/1/unbind/", "/member/ways-in/mobile/0/remove/",
)  # fmt: skip
pytestmark = pytest.mark.django_db


@pytest.fixture
def secret(owner: User) -> str:
    """The second factor's secret."""
    here = browser()
    log_in(here)
    return switch_on(here)


@pytest.fixture
def tried(secret: str, client: Client) -> Client:
    """A session opened by both factors a while ago."""
    log_in(client)
    client.post(STEP, {"code": totp(secret, 1)})
    return client


@pytest.mark.parametrize("path", SHOWN)
def test_password_shows(tried: Client, path: str) -> None:
    """The password is given again, without a code, to see this page."""
    with later(seconds=301):
        assert told(tried.post(PROOF, {"password": PASSWORD})) == "factors_wrong"
        assert location(tried.get(path)).startswith(f"{PROOF}?next=")


@pytest.mark.parametrize("path", SENT)
def test_password_sends(tried: Client, path: str) -> None:
    """The password is given again, without a code, to send this form."""
    fields = {"current": PASSWORD, "password": NEW, "again": NEW, "account": "wang0001"}
    with later(seconds=301):
        tried.post(PROOF, {"password": PASSWORD, "code": "000000"})
        answer = tried.post(path, {**fields, "password": PASSWORD if path.endswith("off/") else NEW})
        assert location(answer).startswith(f"{PROOF}?next=")
    assert Authenticator.objects.count() == 2
    assert User.objects.get(username="wang0001").check_password(PASSWORD)


def test_code_alone(tried: Client, secret: str) -> None:
    """A code of the app is given without the password."""
    with later(seconds=301):
        assert told(tried.post(PROOF, {"password": "wrong", "code": totp(secret)})) == "factors_wrong"
        assert location(tried.get(PAGE)).startswith(PROOF)


def test_which_of_them_was_wrong(tried: Client, secret: str) -> None:
    """The page is asked, by its answers, whether a password is right."""
    with later(seconds=301):
        right = tried.post(PROOF, {"password": PASSWORD, "code": "000000"})
        wrong = tried.post(PROOF, {"password": "wrong", "code": "000000"})
    assert told(right) == told(wrong) == "factors_wrong"


def test_code_of_the_log_in_again(secret: str, client: Client) -> None:
    """The code that was seen at the log-in is used a second time."""
    with half_minutes_later(3):
        seen = totp(secret)
        log_in(client)
        assert location(client.post(STEP, {"code": seen})) == "/member/"
        assert told(client.post(PROOF, {"password": PASSWORD, "code": seen})) == "factors_wrong"


def test_older_code_after_a_newer_one(secret: str) -> None:
    """A code of half a minute ago, not used yet, is used after the present one."""
    with half_minutes_later(3):
        older, newer = totp(secret, -1), totp(secret)
        log_in(first := browser())
        log_in(second := browser())
        assert location(first.post(STEP, {"code": newer})) == "/member/"
        assert told(second.post(STEP, {"code": older})) == "second_factor_wrong"


def test_code_guessed(tried: Client, secret: str, settings: object) -> None:
    """The code is guessed at the page that asks for both."""
    settings.ACCOUNT_RATE_LIMITS = {"second_factor": "2/5m/key"}  # type: ignore[attr-defined]
    with later(seconds=301):
        for _ in range(2):
            tried.post(PROOF, {"password": PASSWORD, "code": "000000"})
        assert told(tried.post(PROOF, {"password": PASSWORD, "code": totp(secret)})) == "rate_limited"


def test_proof_of_another_account(tried: Client, owner: User) -> None:
    """A proof given by another account in the same browser is used."""
    User.objects.create_user("lin00002", "lin@portal.example", PASSWORD, name="林美玲")
    with later(seconds=301):
        session = tried.session
        log_in(other := browser(), account="lin00002")
        session["proof"] = other.session["proof"]
        session.save()
        assert location(tried.get(PAGE)).startswith(PROOF)
