"""Wrong passwords on the log-in page, in both profiles."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from captcha.models import CaptchaStore
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from portal.accounts import lockout
from portal.accounts.models import User
from tests.portal.conftest import PASSWORD
from tests.portal.helpers import card_log_in, logged_in
from tests.portal.pki import Pki

LOGIN = "/accounts/login/"
pytestmark = pytest.mark.django_db


@pytest.fixture(params=["modern", "egov-compat"], autouse=True)
def profile(request: pytest.FixtureRequest, settings: Settings) -> str:
    """Both profiles."""
    settings.CARDLOGIN_PROFILE = request.param
    return str(request.param)


def submit(client: Client, name: str = "wang0001", password: str = "wrong-password", **more: str) -> Any:
    """The password form."""
    return client.post(LOGIN, {"login": name, "password": password, **more})


def solved() -> dict[str, str]:
    """The newest question with its answer."""
    store = CaptchaStore.objects.latest("pk")
    return {"captcha_key": store.hashkey, "captcha": store.response}


def code(answer: Any) -> str:
    """The code of the password panel's message."""
    text = answer.content.decode().split('id="password-message"', 1)[1]
    return str(text.split('data-code="', 1)[1].split('"', 1)[0])


def fail(client: Client, times: int, name: str = "wang0001") -> Any:
    """Wrong passwords with their waits and captchas; the last answer."""
    answer = None
    for number in range(times):
        with time_machine.travel(timezone.now() + timedelta(seconds=10 * number)):
            answer = submit(client, name, **(solved() if number >= 3 else {}))
    return answer


@pytest.mark.parametrize("name", ["wang0001", "nobody01"])
def test_third_wrong_password_brings_a_captcha_whether_the_account_exists_or_not(
    client: Client, user: User, name: str
) -> None:
    assert 'name="captcha"' not in fail(client, 2, name).content.decode()
    with time_machine.travel(timezone.now() + timedelta(seconds=30)):
        answer = submit(client, name)
    assert code(answer) == "password_wrong"
    assert 'name="captcha"' in answer.content.decode()


def test_without_the_captcha_no_password_is_looked_at(client: Client, user: User) -> None:
    fail(client, 3)
    with time_machine.travel(timezone.now() + timedelta(seconds=60)):
        assert code(submit(client, password=PASSWORD)) == "captcha_needed"
        assert lockout.standing("wang0001").wrong == 3
        submit(client, password=PASSWORD, **solved())
    assert logged_in(client)


@pytest.mark.parametrize("name", ["wang0001", "nobody01"])
def test_fifth_wrong_password_locks(client: Client, user: User, name: str) -> None:
    fail(client, 5, name)
    with time_machine.travel(timezone.now() + timedelta(seconds=60)):
        answer = submit(client, name, PASSWORD, **solved())
    assert code(answer) == "account_locked"
    assert not logged_in(client)


def test_locked_account_is_open_to_its_card(client: Client, user: User, pki: Pki) -> None:
    fail(client, 5)
    card_log_in(client, pki.cards["citizen"])
    assert logged_in(client)


def test_right_password_forgets_the_wrong_ones(client: Client, user: User) -> None:
    fail(client, 2)
    with time_machine.travel(timezone.now() + timedelta(seconds=30)):
        submit(client, password=PASSWORD)
    assert logged_in(client)
    assert lockout.standing("wang0001").wrong == 0


def test_compat_waits_after_each_wrong_password(client: Client, user: User, profile: str) -> None:
    submit(client)
    answer = submit(client, password=PASSWORD)
    if profile == "egov-compat":
        assert code(answer) == "wait_a_moment"
        assert not logged_in(client)
    else:
        assert logged_in(client)


def test_another_question_keeps_the_account_name_and_costs_nothing(client: Client, user: User) -> None:
    fail(client, 3)
    page = submit(client, captcha_new="sound").content.decode()
    assert 'value="wang0001"' in page
    assert "您聽到的 6 個數字" in page
    assert "wrong-password" not in page
    assert lockout.standing("wang0001").wrong == 3
