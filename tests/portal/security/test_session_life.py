"""A log-in ends without use and in all, by the profile's times (ASVS 7.3.1, 7.3.2)."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.policy import PROFILES
from tests.portal.helpers import card_log_in, logged_in
from tests.portal.pki import Pki

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture(params=["modern", "egov-compat"])
def profile(request: pytest.FixtureRequest, settings: Settings) -> str:
    """Both profiles."""
    settings.CARDLOGIN_PROFILE = request.param
    return str(request.param)


@pytest.fixture
def member(client: Client, user: User, pki: Pki) -> Client:
    """A browser that has just logged in."""
    assert card_log_in(client, pki.cards["citizen"]).url == "/member/"
    return client


def later(client: Client, time: timedelta) -> bool:
    with time_machine.travel(timezone.now() + time):
        return logged_in(client)


def test_idle_session_ends_on_time(member: Client, profile: str) -> None:
    idle = PROFILES[profile].session.idle
    assert later(member, idle - MINUTE)
    assert not later(member, idle - MINUTE + idle + MINUTE)
    assert not logged_in(member), "what is over does not come back"


def test_use_keeps_a_session_until_its_total_time(member: Client, profile: str) -> None:
    rules = PROFILES[profile].session
    step = rules.idle - MINUTE
    times = [step * number for number in range(1, int(rules.total / step) + 1)]
    assert [later(member, time) for time in times] == [True] * len(times)
    assert not later(member, rules.total + MINUTE)


def test_times_are_those_of_nist_or_shorter(profile: str) -> None:
    rules = PROFILES[profile].session
    assert rules.idle <= timedelta(hours=1)
    assert rules.total <= timedelta(hours=24)


def test_new_log_in_begins_a_new_time(member: Client, user: User, pki: Pki) -> None:
    with time_machine.travel(timezone.now() + timedelta(hours=23)):
        assert not logged_in(member)
        card_log_in(member, pki.cards["citizen"])
        assert logged_in(member)
    assert later(member, timedelta(hours=23, minutes=50))


def test_person_is_told_and_the_log_knows(member: Client, user: User) -> None:
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        page = member.get("/member/", follow=True)
    assert page.redirect_chain == [("/accounts/login/?next=/member/", 302)]
    assert 'data-done="session_over"' in page.content.decode()
    assert AuditEvent.objects.filter(action="session_over").get().account == user.pk


def test_old_session_key_is_dead(member: Client) -> None:
    key = member.cookies["__Host-session"].value
    assert not later(member, timedelta(hours=2))
    member.cookies["__Host-session"] = key
    assert not logged_in(member)


def test_visitors_have_no_such_times(client: Client) -> None:
    client.get("/accounts/login/")
    assert "session_began" not in client.session
