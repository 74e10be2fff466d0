"""Wrong passwords in a row: waits, a captcha, a lock; counted for account names, whether they exist or not.

A card never asks here: a stranger who types wrong passwords cannot keep a card holder out (K10).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from portal.accounts.models import PasswordTries
from portal.policy import LockOutPolicy, policy
from portal.sealing import index


@dataclass(frozen=True, slots=True)
class Standing:
    """How an account name stands: wrong passwords in a row, seconds to wait, a captcha to answer, locked or not."""

    wrong: int
    wait: int
    captcha: bool
    locked: bool

    @property
    def may_try(self) -> bool:
        """Whether a password may be looked at now."""
        return not self.locked and self.wait == 0


def standing(account: str) -> Standing:
    """How an account name stands now."""
    return _standing(PasswordTries.objects.filter(subject=_subject(account)).first(), timezone.now())


def begin(account: str) -> Standing:
    """Count a try before its password is looked at; returns how the name stood before, and counts only if `may_try`.

    Counted first, so that many guesses sent at the same time are as many tries (`right` takes the count back).
    """
    now = timezone.now()
    with transaction.atomic():
        row = _held(_subject(account), now)
        before = _standing(row, now)
        if before.may_try:
            row.wrong, row.last_wrong = before.wrong + 1, now
            row.locked, row.locked_until = _lock(row.wrong, now)
            row.save()
    return before


def _held(subject: str, now: datetime) -> PasswordTries:
    """The row of a name, held; a right password at the same moment deletes it, so it may have to be made again."""
    while True:
        PasswordTries.objects.bulk_create([PasswordTries(subject=subject, last_wrong=now)], ignore_conflicts=True)
        row = PasswordTries.objects.select_for_update().filter(subject=subject).first()
        if row is not None:
            return row


def right(account: str) -> None:
    """Forget the wrong passwords of a name: the right one came, or its holder proved to be there by other means."""
    PasswordTries.objects.filter(subject=_subject(account)).delete()


def forget_old() -> int:
    """Delete what no longer counts; returns how many rows. For a nightly job."""
    deleted: int = PasswordTries.objects.filter(
        last_wrong__lt=timezone.now() - policy().lock_out.forget_after, locked=False
    ).delete()[0]
    return deleted


def _lock(wrong: int, now: datetime) -> tuple[bool, datetime | None]:
    """The lock that comes with the last try allowed; a right password lifts it at once by deleting the row."""
    rule = policy().lock_out
    if wrong < rule.lock_after:
        return False, None
    return True, now + rule.locked_for if rule.locked_for is not None else None


def _standing(row: PasswordTries | None, now: datetime) -> Standing:
    rule = policy().lock_out
    if row is None or _is_over(row, rule, now):
        return Standing(0, 0, captcha=False, locked=False)
    if row.locked and row.locked_until is not None and row.locked_until <= now:
        # The lock has ended by itself; the captcha stays, and so does the nearness of the next lock.
        return Standing(rule.captcha_after, 0, captcha=True, locked=False)
    wait = 0 if row.locked else _seconds(row, rule, now)
    return Standing(row.wrong, wait, captcha=row.wrong >= rule.captcha_after, locked=row.locked)


def _is_over(row: PasswordTries, rule: LockOutPolicy, now: datetime) -> bool:
    # A lock without an end waits for activation, unlocking or reset (egov-compat).
    endless = row.locked and row.locked_until is None
    return not endless and row.last_wrong + rule.forget_after <= now


def _seconds(row: PasswordTries, rule: LockOutPolicy, now: datetime) -> int:
    if row.wrong == 0:
        return 0
    due = rule.wait[min(row.wrong, len(rule.wait)) - 1]
    left = row.last_wrong + timedelta(seconds=due) - now
    return max(0, -(-left // timedelta(seconds=1)))


def _subject(account: str) -> str:
    return index(account.strip().lower(), "account name")
