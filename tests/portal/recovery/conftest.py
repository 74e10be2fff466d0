"""Fixtures of the recovery tests: both profiles, and an account that has every way to recover access."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from portal.accounts.answers import answer_hash
from portal.accounts.models import IdKind, Person, User
from tests.portal.recovery.people import ANSWER, MOBILE, NATIONAL_ID, QUESTION_KEY


@pytest.fixture(params=["modern", "egov-compat"])
def profile(request: pytest.FixtureRequest, settings: Settings) -> str:
    """Both profiles."""
    settings.CARDLOGIN_PROFILE = request.param
    return str(request.param)


@pytest.fixture
def compat(settings: Settings) -> None:
    """The manuals' profile."""
    settings.CARDLOGIN_PROFILE = "egov-compat"


@pytest.fixture
def owner(user: User) -> User:
    """The account of 王小明 with its card, a confirmed mail address, a rescue mobile, a question and an ID number."""
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    person = Person(
        user=user, rescue_mobile=MOBILE, mobile_confirmed=True, question=QUESTION_KEY, answer_hash=answer_hash(ANSWER)
    )  # fmt: skip
    person.set_id_number(IdKind.NATIONAL, NATIONAL_ID)
    person.save()
    return user


@pytest.fixture
def sends(django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks) -> Any:
    """`with sends():` what is sent in it is really sent, although the test's own transaction never ends."""
    return lambda: django_capture_on_commit_callbacks(execute=True)
