"""Codes that are sent: one purpose, one use, few tries, short life."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from portal.accounts.codes import CodePurpose, Issued, issue, take_code, take_link
from portal.accounts.models import IssuedCode, User
from portal.policy import policy

HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db
MAIL = IssuedCode.Channel.MAIL


def sent(user: User, purpose: CodePurpose = CodePurpose.CONFIRM_MAIL) -> Issued:
    """A code sent by mail."""
    return issue(user, purpose, MAIL, user.email, HOUR)


def test_link_works_once(user: User) -> None:
    issued = sent(user)
    taken = take_link(CodePurpose.CONFIRM_MAIL, issued.link)
    assert taken is not None
    assert taken.user == user
    assert take_link(CodePurpose.CONFIRM_MAIL, issued.link) is None


def test_typed_code_works_once_and_ends_the_link(user: User) -> None:
    issued = sent(user)
    assert take_code(user, CodePurpose.CONFIRM_MAIL, f" {issued.code} ") is not None
    assert take_code(user, CodePurpose.CONFIRM_MAIL, issued.code) is None
    assert take_link(CodePurpose.CONFIRM_MAIL, issued.link) is None


def test_purpose_is_part_of_the_code(user: User) -> None:
    issued = sent(user)
    assert take_link(CodePurpose.RESET_PASSWORD, issued.link) is None
    assert take_code(user, CodePurpose.RESET_PASSWORD, issued.code) is None


def test_newer_code_of_a_session_ends_its_older(user: User) -> None:
    purpose = CodePurpose.CHANGE_MAIL
    older, newer = sent(user, purpose), sent(user, purpose)
    assert take_link(purpose, older.link) is None
    assert take_link(purpose, newer.link) is not None


def test_newer_confirmation_mail_leaves_the_older_good_until_one_is_used(user: User) -> None:
    """Anybody may have it sent again (重寄確認信); that must not end the link that its holder is about to open."""
    purpose = CodePurpose.CONFIRM_MAIL
    first, second, third = sent(user), sent(user), sent(user)
    assert take_link(purpose, first.link) is not None
    assert take_link(purpose, second.link) is None
    assert take_code(user, purpose, third.code) is None


def test_older_of_two_codes_keeps_its_own_tries(user: User) -> None:
    purpose = CodePurpose.CONFIRM_MAIL
    older = sent(user)
    wrong = "000000" if older.code != "000000" else "111111"
    for _ in range(policy().code_tries):
        take_code(user, purpose, wrong)
    newer = sent(user)
    assert take_code(user, purpose, older.code) is None
    assert take_code(user, purpose, newer.code) is not None


def test_code_belongs_to_the_session_that_asked(user: User) -> None:
    purpose = CodePurpose.RESET_PASSWORD
    issued = issue(user, purpose, MAIL, user.email, HOUR, "one session")
    issue(user, purpose, MAIL, user.email, HOUR, "another")
    assert take_code(user, purpose, issued.code, "another") is None
    assert take_code(user, purpose, issued.code) is None
    assert take_code(user, purpose, issued.code, "one session") is not None


def test_code_of_another_person_is_wrong(user: User) -> None:
    other = User.objects.create_user("lin00002", "lin00002@portal.example", name="林小華")
    issued = sent(user)
    assert take_code(other, CodePurpose.CONFIRM_MAIL, issued.code) is None


def test_wrong_tries_end_the_code(user: User) -> None:
    issued = sent(user)
    wrong = "000000" if issued.code != "000000" else "111111"
    for _ in range(policy().code_tries):
        assert take_code(user, CodePurpose.CONFIRM_MAIL, wrong) is None
    assert take_code(user, CodePurpose.CONFIRM_MAIL, issued.code) is None


@pytest.mark.parametrize("late", [False, True])
def test_life_ends_on_time(user: User, late: bool) -> None:
    issued = sent(user)
    with time_machine.travel(timezone.now() + HOUR + timedelta(seconds=1 if late else -1)):
        assert (take_link(CodePurpose.CONFIRM_MAIL, issued.link) is None) is late


def test_neither_link_nor_code_is_stored(user: User) -> None:
    issued = sent(user)
    stored = " ".join(map(str, IssuedCode.objects.values_list("link", "code").get()))
    assert issued.link not in stored
    assert issued.code not in stored


@pytest.mark.parametrize("garbage", ["", "0", "x" * 5000, "\0", "１２３４５６"])
def test_garbage_is_wrong(user: User, garbage: str) -> None:
    sent(user)
    assert take_link(CodePurpose.CONFIRM_MAIL, garbage) is None
    assert take_code(user, CodePurpose.CONFIRM_MAIL, garbage) is None


@pytest.mark.django_db(transaction=True)
def test_link_taken_by_many_at_once_is_taken_once(user: User) -> None:
    issued = sent(user)

    def take(_: int) -> bool:
        try:
            return take_link(CodePurpose.CONFIRM_MAIL, issued.link) is not None
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(take, range(6))) == 1
