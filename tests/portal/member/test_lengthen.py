"""The invitation to lengthen a password (K1), and the rules of the staff's accounts."""

from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import Settings

from portal.accounts.models import User
from portal.policy import EGOV_COMPAT, MODERN, PROFILES, STAFF, policy
from tests.portal.helpers import location, logged_in
from tests.portal.member.people import log_in
from tests.portal.member.test_second_factor import switch_on

MARK = 'id="lengthen"'


def invited(client: Client) -> bool:
    """Whether the member's page invites."""
    return MARK in client.get("/member/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("set_under", "now", "expected"),
    [
        (EGOV_COMPAT.version, "modern", True),
        ("", "modern", True),
        ("modern-0", "modern", True),
        (MODERN.version, "modern", False),
        (STAFF.version, "modern", False),
        (MODERN.version, "egov-compat", False),
        (EGOV_COMPAT.version, "egov-compat", False),
    ],
)
def test_who_is_invited(
    client: Client, owner: User, settings: Settings, set_under: str, now: str, expected: bool
) -> None:
    settings.CARDLOGIN_PROFILE = now
    User.objects.update(password_policy=set_under)
    log_in(client)
    assert logged_in(client)  # nobody is stopped
    assert invited(client) is expected


@pytest.mark.django_db
def test_once_refused_it_is_gone_until_the_rules_change(client: Client, owner: User) -> None:
    log_in(client)
    assert invited(client)
    assert location(client.post("/member/password/later/")) == "/member/"
    assert not invited(client)
    User.objects.update(not_invited_under="modern-0")
    assert invited(client)


@pytest.mark.django_db
def test_no_invitation_with_a_second_factor_or_without_a_password(client: Client, owner: User) -> None:
    log_in(client)
    switch_on(client)
    assert not invited(client)


def test_rules_of_the_staff() -> None:
    assert (STAFF.password.shortest, STAFF.password.shortest_with_second_factor) == (15, 15)
    assert (STAFF.session.idle, STAFF.session.total) == (timedelta(minutes=15), timedelta(hours=8))
    assert not STAFF.password_alone
    assert MODERN.password_alone
    assert EGOV_COMPAT.password_alone


def test_no_installation_can_choose_the_rules_of_the_staff(settings: Settings) -> None:
    assert set(PROFILES) == {"modern", "egov-compat"}
    settings.CARDLOGIN_PROFILE = "tw-staff"
    with pytest.raises(KeyError):
        policy()
