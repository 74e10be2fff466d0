"""The operator's command: who becomes one of the staff, and what they have to do next."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from tests.portal.support.people import DESK


def run(*options: str) -> str:
    out = StringIO()
    call_command("create_staff", *options, stdout=out)
    return out.getvalue()


pytestmark = pytest.mark.django_db


def test_account_becomes_one_of_the_staff_and_is_told_what_is_next(user: User) -> None:
    said = run("--account", " WANG0001 ")
    user.refresh_from_db()
    assert (user.is_staff, user.is_superuser) == (True, False)
    assert "/member/second-factor/" in said
    assert DESK in said
    (row,) = AuditEvent.objects.filter(action="staff_made")
    assert (row.account, row.facts) == (user.pk, {"by": "operator"})


def test_again_changes_nothing_and_says_only_what_is_left(desk: Client) -> None:
    said = run("--account", "wang0001")
    assert "second-factor" not in said
    assert DESK in said
    assert not AuditEvent.objects.filter(action="staff_made").exists()


def test_taken_back(desk: Client, user: User) -> None:
    assert desk.get(DESK).status_code == 200
    assert "not of the staff" in run("--account", "wang0001", "--remove")
    user.refresh_from_db()
    assert not user.is_staff
    assert desk.get(DESK).status_code == 404
    assert AuditEvent.objects.filter(action="staff_removed").count() == 1
    run("--account", "wang0001", "--remove")
    assert AuditEvent.objects.filter(action="staff_removed").count() == 1


@pytest.mark.parametrize("change", ["nobody", "inactive", "card only"])
def test_account_that_cannot_be_one(user: User, change: str) -> None:
    if change == "inactive":
        User.objects.update(is_active=False)
    elif change == "card only":
        user.set_unusable_password()
        user.save()
    with pytest.raises(CommandError):
        run("--account", "nobody00" if change == "nobody" else "wang0001")
    user.refresh_from_db()
    assert not user.is_staff
