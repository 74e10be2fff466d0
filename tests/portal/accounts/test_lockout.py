"""Wrong passwords: waits, captcha, lock, in both profiles; and many at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from portal.accounts import lockout
from portal.accounts.models import PasswordTries, User

NAME = "wang0001"
pytestmark = pytest.mark.django_db


@pytest.fixture(params=["modern", "egov-compat"])
def profile(request: pytest.FixtureRequest, settings: Settings) -> str:
    """Both profiles."""
    settings.CARDLOGIN_PROFILE = request.param
    return str(request.param)


def after(seconds: float) -> time_machine.travel:
    """Later."""
    return time_machine.travel(timezone.now() + timedelta(seconds=seconds))


def fail(times: int, name: str = NAME) -> None:
    """Wrong passwords, each after its wait."""
    for number in range(times):
        with after(10 * number):
            assert lockout.begin(name).may_try


def test_new_name_may_try(profile: str) -> None:
    assert lockout.standing(NAME) == lockout.Standing(0, 0, captcha=False, locked=False)


def test_captcha_comes_with_the_third_and_the_lock_with_the_fifth(profile: str) -> None:
    seen = []
    for number in range(5):
        with after(10 * number):
            lockout.begin(NAME)
            now = lockout.standing(NAME)
            seen.append((now.wrong, now.captcha, now.locked))
    assert seen == [(1, False, False), (2, False, False), (3, True, False), (4, True, False), (5, True, True)]


def test_locked_name_is_not_tried_or_counted(profile: str) -> None:
    fail(5)
    with after(60):
        assert not lockout.begin(NAME).may_try
        assert lockout.standing(NAME).wrong == 5


def test_compat_waits_five_seconds_after_each(settings: Settings) -> None:
    settings.CARDLOGIN_PROFILE = "egov-compat"
    with time_machine.travel(timezone.now(), tick=False):
        lockout.begin(NAME)
        assert lockout.begin(NAME).wait == 5
        assert lockout.standing(NAME).wrong == 1
    with after(6):
        assert lockout.begin(NAME).may_try


def test_modern_waits_grow() -> None:
    waits = []
    for number in range(4):
        with time_machine.travel(timezone.now() + timedelta(seconds=10 * number), tick=False):
            lockout.begin(NAME)
            waits.append(lockout.standing(NAME).wait)
    assert waits == [0, 0, 1, 2]


def test_modern_lock_ends_by_itself_and_the_captcha_stays() -> None:
    fail(5)
    with after(14 * 60):
        assert lockout.standing(NAME).locked
    with after(16 * 60):
        assert lockout.standing(NAME) == lockout.Standing(3, 0, captcha=True, locked=False)
        lockout.begin(NAME)
        assert lockout.standing(NAME).wrong == 4


def test_compat_lock_waits_for_its_holder(user: User, settings: Settings) -> None:
    settings.CARDLOGIN_PROFILE = "egov-compat"
    fail(5)
    with after(30 * 24 * 3600):
        assert lockout.standing(NAME).locked
        lockout.forget_old()
        assert lockout.standing(NAME).locked


def test_half_a_day_without_a_try_ends_waits_and_captcha(profile: str) -> None:
    fail(4)
    with after(13 * 3600):
        assert lockout.standing(NAME).wrong == 0
        assert not lockout.standing(NAME).captcha
        assert PasswordTries.objects.get().in_all == 4


def test_right_password_or_a_proof_forgets(profile: str) -> None:
    fail(5)
    lockout.right(NAME)
    assert lockout.standing(NAME).may_try


def test_name_is_not_stored_and_its_case_does_not_matter(profile: str) -> None:
    lockout.begin("WANG0001 ")
    assert lockout.standing("wang0001").wrong == 1
    assert "wang" not in PasswordTries.objects.get().subject


def test_names_are_counted_apart(profile: str) -> None:
    fail(5)
    assert lockout.standing("lin00002").may_try


@pytest.mark.parametrize("name", ["", "\0", "x" * 10_000, "王小明"])
def test_any_text_can_be_asked_for(profile: str, name: str) -> None:
    assert lockout.begin(name).may_try


@pytest.mark.django_db(transaction=True)
def test_many_guesses_at_once_are_as_many_tries() -> None:
    def guess(_: int) -> bool:
        try:
            return lockout.begin(NAME).may_try
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        allowed = sum(pool.map(guess, range(16)))
    # Modern: no wait after the first two; the third begins one of a second.
    assert allowed <= 5
    assert lockout.standing(NAME).wrong == allowed
