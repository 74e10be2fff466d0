"""Counts of names that no account has: bounded in time and number, and never the first holder's."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from portal.accounts import lockout
from portal.accounts.codes import CodePurpose, kind_of
from portal.accounts.lockout import STRANGER, Kind
from portal.accounts.models import PasswordTries, User
from portal.member.deletion import delete_due, free_names
from portal.policy import policy
from tests.portal.attacks.shutout import guess
from tests.portal.registration.walk import Walk

WHO = "a stranger"
NEW = "clairesu1234"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("profile")]
KINDS = [*Kind, kind_of(CodePurpose.RESET_PASSWORD)]


def count_all(name: str) -> None:
    """Leave a count of every kind."""
    for kind in KINDS:
        lockout.begin(name, STRANGER, kind)
    PasswordTries.objects.update(in_all=100)


def clean(name: str) -> bool:
    """Whether nothing is counted for a name."""
    return all(lockout.standing(name, STRANGER, kind) == lockout.standing("other99", STRANGER, kind) for kind in KINDS)


def test_lock_of_a_name_before_it_has_an_account(client: Client) -> None:
    """Lock names ahead, so that whoever registers one of them cannot log in."""
    guess(5, NEW)
    count_all(NEW)
    Walk(client).plain(NEW)
    assert User.objects.filter(username=NEW).exists()
    assert clean(NEW)


def test_lock_of_a_name_that_becomes_free(owner: User, client: Client) -> None:
    """Lock the name of a deleted account, so that whoever gets it next cannot log in."""
    owner.delete_after = timezone.now()
    owner.save()
    guess(5)
    assert delete_due() == 1
    guess(5)
    count_all(owner.username)
    with time_machine.travel(timezone.now() + policy().deleted_name_kept + timedelta(days=1)):
        assert free_names() == 1
        assert clean(owner.username)


def test_counts_of_nobodys_names_in_time(owner: User) -> None:
    """Fill the table with names that no account has: after thirty days they are gone, those of accounts are not."""
    for name in ("nobody01", "nobody02", owner.username):
        guess(5, name)
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        assert lockout.forget_old() == 2
    assert PasswordTries.objects.get().user == owner


def test_counts_of_nobodys_names_in_number(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fill the table faster than that: only so many of the newest are kept, and all of accounts."""
    now = timezone.now()
    lockout.begin(owner.username)
    for number in range(6):
        with time_machine.travel(now + timedelta(seconds=number)):
            lockout.begin(f"nobody{number:02}")
    few = replace(policy(), most_nobodys=2)
    monkeypatch.setattr("portal.accounts.lockout.policy", lambda: few)
    assert lockout.forget_old() == 4
    assert lockout.standing("nobody05").wrong == 1
    assert lockout.standing(owner.username).wrong == 1
