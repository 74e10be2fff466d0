"""Guessing without end: whatever the time between, a hundred wrong ones in a row are the end for strangers."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.utils import timezone
from pytest_django import Settings

from portal.accounts import lockout
from portal.accounts.codes import CodePurpose, issue, kind_of, take_code, take_link
from portal.accounts.lockout import STRANGER, Kind
from portal.accounts.models import IssuedCode, PasswordTries, User
from portal.policy import policy
from portal.settings.base import ACCOUNT_RATE_LIMITS
from tests.portal.attacks.shutout import NAME, inside, known_browser, later, log_in
from tests.portal.conftest import PASSWORD, browser
from tests.portal.helpers import card_log_in
from tests.portal.member.people import totp_to_type
from tests.portal.pki import Pki
from tests.portal.recovery.people import ANSWER, BASE, NEW, by_card, code, set_password, start

WHO = "a stranger"
MOST = 100
pytestmark = pytest.mark.django_db


def patient(kind: str = Kind.PASSWORD, name: str = NAME) -> int:
    """How many of 130 tries are looked at, each half a day after the last."""
    looked_at, now = 0, timezone.now()
    for number in range(130):
        with time_machine.travel(now + timedelta(hours=13 * number), tick=False):
            looked_at += lockout.begin(name, STRANGER, kind).may_try
    return looked_at


def spent(kind: str = Kind.PASSWORD, name: str = NAME) -> None:
    """A hundred wrong ones, long ago."""
    lockout.begin(name, STRANGER, kind)
    PasswordTries.objects.filter(kind=kind).update(
        in_all=MOST, wrong=0, locked=False, last_wrong=timezone.now() - timedelta(days=300)
    )


@pytest.mark.parametrize("kind", ["password", "answer", "saved_code", "second_factor", "code reset_password"])
@pytest.mark.parametrize("name", [NAME, "nobody01"])
def test_patient_guesser(owner: User, kind: str, name: str) -> None:
    """Guess slowly enough that every wait and lock is over, for as long as it takes."""
    assert patient(kind, name) == MOST == policy().most_wrong


@pytest.mark.usefixtures("profile")
def test_right_password_after_a_hundred_wrong(owner: User) -> None:
    """Have found the password as the hundred and first guess."""
    spent()
    stranger = browser()
    assert code(log_in(stranger)) == "password_out_of_use"
    assert not inside(stranger)


@pytest.mark.usefixtures("profile")
def test_nightly_job_and_the_count(owner: User) -> None:
    """Wait for the night in which old counts are deleted, and go on."""
    spent()
    lockout.forget_old()
    assert code(log_in(browser())) == "password_out_of_use"


@pytest.mark.usefixtures("profile")
@pytest.mark.parametrize("how", ["known browser", "card", "reset by card", "new password inside", "unlock by card"])
def test_hundred_wrong_passwords_and_the_holder(owner: User, pki: Pki, how: str) -> None:
    """Type a hundred wrong passwords, so that the holder never gets in again."""
    home = known_browser()
    spent()
    here = browser()
    if how == "known browser":
        log_in(home)
        assert inside(home)
        return
    if how == "card":
        card_log_in(here, pki.cards["citizen"])
        assert inside(here)
        here.post("/accounts/logout/")
        log_in(here)  # the card has made this browser one the account knows
        assert inside(here)
        return
    password = PASSWORD
    if how == "new password inside":
        log_in(home)
        password = NEW
        home.post("/member/password/", {"current": PASSWORD, "password": NEW, "again": NEW})
    elif how == "reset by card":
        by_card(here, "reset", pki.cards["citizen"])
        assert code(set_password(here)) == "reset"
        password = NEW
    else:
        assert code(by_card(here, "unlock", pki.cards["citizen"])) == "unlock"
    anywhere = browser()
    log_in(anywhere, password)
    assert inside(anywhere)


@pytest.mark.usefixtures("compat")
def test_right_answer_after_a_hundred_wrong(owner: User) -> None:
    """Have found the answer as the hundred and first guess."""
    spent(Kind.ANSWER)
    stranger = browser()
    start(stranger, "question")
    assert code(stranger.post(f"{BASE}question/answer/", {"answer": ANSWER}, follow=True)) == "recovery_out_of_use"


@pytest.mark.usefixtures("profile")
@pytest.mark.parametrize("purpose", list(CodePurpose))
def test_code_after_a_hundred_wrong_ones(owner: User, purpose: CodePurpose) -> None:
    """Have one code after the other sent and type five wrong ones of each."""
    wrong = 0
    for _ in range(30):
        issued = issue(owner, purpose, IssuedCode.Channel.MAIL, owner.email, timedelta(hours=1))
        guess = "000000" if issued.code != "000000" else "111111"
        for _ in range(policy().code_tries):
            before = PasswordTries.objects.filter(kind=kind_of(purpose)).values_list("in_all", flat=True).first() or 0
            assert take_code(owner, purpose, guess) is None
            wrong += PasswordTries.objects.get(kind=kind_of(purpose)).in_all - before
    assert wrong == MOST
    issued = issue(owner, purpose, IssuedCode.Channel.MAIL, owner.email, timedelta(hours=1))
    assert take_code(owner, purpose, issued.code) is None
    if purpose in (CodePurpose.CONFIRM_MAIL, CodePurpose.CHANGE_MAIL, CodePurpose.KEEP_ACCOUNT):
        assert take_link(purpose, issued.link) is not None  # the link stays good


def test_codes_of_nothing_are_not_counted(owner: User) -> None:
    """Type codes where none was sent, so that the holder's next code is not taken."""
    for _ in range(120):
        take_code(owner, CodePurpose.RESET_PASSWORD, "000000", "a stranger's session")
    issued = issue(owner, CodePurpose.RESET_PASSWORD, IssuedCode.Channel.TEXT, "0911123456", timedelta(hours=1), "own")
    assert take_code(owner, CodePurpose.RESET_PASSWORD, issued.code, "own") is not None


@pytest.fixture
def with_second_factor(owner: User) -> Callable[[], str]:
    """The account asks for a code; returns what makes one that is right now."""
    secret = "A" * 32
    Authenticator.objects.create(
        user=owner, type=Authenticator.Type.TOTP, data={"secret": get_adapter().encrypt(secret)}
    )
    return lambda: totp_to_type(secret)


def test_code_of_the_app_after_a_hundred_wrong(with_second_factor: Callable[[], str]) -> None:
    """Know the password and guess the code of the app, fifty times a day for as long as it takes."""
    thief = browser()
    log_in(thief)
    spent(Kind.SECOND_FACTOR)
    assert (
        "second_factor_out_of_use"
        in thief.post("/accounts/second-factor/", {"code": with_second_factor()}).content.decode()
    )
    assert not inside(thief)


def test_guesses_of_a_code_and_the_holders_browser(with_second_factor: Callable[[], str], settings: Settings) -> None:
    """Know the password and use up the codes that may be tried, so that the holder cannot log in at home."""
    home = browser()
    log_in(home)
    home.post("/accounts/second-factor/", {"code": with_second_factor()})
    assert inside(home)
    home.post("/accounts/logout/")
    cache.clear()
    settings.ACCOUNT_RATE_LIMITS = ACCOUNT_RATE_LIMITS
    thief = browser()
    log_in(thief)
    answers = [thief.post("/accounts/second-factor/", {"code": "000000"}) for _ in range(7)]
    assert "rate_limited" in answers[-1].content.decode()
    with later(seconds=31):
        log_in(home)
        assert "rate_limited" not in home.post("/accounts/second-factor/", {"code": "000000"}).content.decode()
    cache.clear()


def test_reset_does_not_give_guesses_of_the_second_factor_back(with_second_factor: Callable[[], str]) -> None:
    """Hold the holder's mobile and reset the password, for another hundred guesses of the second factor."""
    spent(Kind.SECOND_FACTOR)
    lockout.lift(NAME)
    assert lockout.standing(NAME, kind=Kind.SECOND_FACTOR).out_of_use
