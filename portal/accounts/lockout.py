"""Wrong passwords, answers and codes in a row: waits, a captcha, a lock, an end; for names that exist and others alike.

Strangers, each browser that the holder has used before and each open session are counted apart (OWASP, "Slow Down
Online Guessing Attacks with Device Cookies"), so nobody can use up another's tries. A card never asks here (K10).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from portal.accounts.models import PasswordTries, User, account_name
from portal.policy import LockOutPolicy, policy
from portal.sealing import index

From = PasswordTries.From
_NEVER = 2**15
# Of one open session; the longest lives a day.
_SESSIONS_KEPT = timedelta(days=2)


class Kind(StrEnum):
    """What was typed; codes that were sent have a kind for each of their purposes (portal.accounts.codes)."""

    PASSWORD = "password"  # noqa: S105  # a kind, not a password
    ANSWER = "answer"
    SAVED_CODE = "saved_code"
    SECOND_FACTOR = "second_factor"


@dataclass(frozen=True, slots=True)
class Source:
    """From where tries come; `key` tells one known browser, or one open session, from the others."""

    who: From
    key: str = ""


STRANGER = Source(From.STRANGER)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a name stands with one source: wrong ones in a row, seconds to wait, a captcha to answer, locked or not.

    `out_of_use`: so many wrong ones in a row that this source may try no more until the holder proves to be there.
    """

    wrong: int
    wait: int
    captcha: bool
    locked: bool
    out_of_use: bool = False

    @property
    def may_try(self) -> bool:
        """Whether what was typed may be looked at now."""
        return not self.locked and not self.out_of_use and self.wait == 0


def standing(account: str, source: Source = STRANGER, kind: str = Kind.PASSWORD) -> Standing:
    """How an account name stands now."""
    row = PasswordTries.objects.filter(subject=_subject(account, source, kind)).first()
    return _standing(row, kind, timezone.now())


def begin(account: str, source: Source = STRANGER, kind: str = Kind.PASSWORD) -> Standing:
    """Count a try before it is looked at; returns how the name stood before, and counts only if `may_try`.

    Counted first, so that many guesses sent at the same time are as many tries (`right` takes the count back).
    """
    now, subject, user = timezone.now(), _subject(account, source, kind), _holder(account)
    new = {"name": _name(account), "kind": kind, "source": source.who, "user": user, "last_wrong": now}
    with transaction.atomic():
        row = _held(subject, new)
        before = _standing(row, kind, now)
        if before.may_try:
            row.wrong, row.in_all, row.last_wrong, row.user = before.wrong + 1, row.in_all + 1, now, user
            row.locked, row.locked_until = _lock(row.wrong, _rule(kind), now)
            row.save()
    return before


def _held(subject: str, new: dict[str, Any]) -> PasswordTries:
    """The row of a name, held; a right password at the same moment deletes it, so it may have to be made again."""
    while True:
        PasswordTries.objects.bulk_create([PasswordTries(subject=subject, **new)], ignore_conflicts=True)
        row = PasswordTries.objects.select_for_update().filter(subject=subject).first()
        if row is not None:
            return row


def right(account: str, source: Source = STRANGER, kind: str = Kind.PASSWORD) -> None:
    """Forget the wrong ones of a source: the right one came from there. Other sources keep their counts."""
    PasswordTries.objects.filter(subject=_subject(account, source, kind)).delete()


def lift(account: str, *, second_factor: bool = False) -> None:
    """Forget every count of a name: its holder has shown a card or set a password, or the name has a new holder.

    Those of the second factor stay unless asked for: whoever resets a password has not shown that factor.
    """
    rows = PasswordTries.objects.filter(name=_name(account))
    (rows if second_factor else rows.exclude(kind=Kind.SECOND_FACTOR)).delete()


def forget_old() -> int:
    """Delete what no longer counts; returns how many rows. For a nightly job.

    Counts of accounts stay until success; those of names that no account has, and there is no end of such names, are
    bounded in time and number.
    """
    now, rules = timezone.now(), policy()
    nobodys = PasswordTries.objects.filter(user=None)
    old = Q(user=None, last_wrong__lt=now - rules.nobodys_tries_kept)
    old |= Q(source=From.SESSION, last_wrong__lt=now - _SESSIONS_KEPT)
    old |= Q(source=From.DEVICE, last_wrong__lt=now - rules.device_life)
    deleted: int = PasswordTries.objects.filter(old).delete()[0]
    # The last one that stays; all that are older go.
    last = nobodys.order_by("-last_wrong").values_list("last_wrong", flat=True)[rules.most_nobodys - 1 :][:1]
    for limit in last:
        deleted += nobodys.filter(last_wrong__lt=limit).delete()[0]
    return deleted


def _rule(kind: str) -> LockOutPolicy:
    """The profile's for passwords; answers and saved codes only wait, codes are few by themselves."""
    rules = policy()
    if kind == Kind.PASSWORD:
        return rules.lock_out
    wait = rules.recovery_wait if kind in (Kind.ANSWER, Kind.SAVED_CODE) else (0,)
    return LockOutPolicy(wait, _NEVER, _NEVER, None, rules.lock_out.forget_after)


def _lock(wrong: int, rule: LockOutPolicy, now: datetime) -> tuple[bool, datetime | None]:
    """The lock that comes with the last try allowed; a right password lifts it at once by deleting the row."""
    if wrong < rule.lock_after:
        return False, None
    return True, now + rule.locked_for if rule.locked_for is not None else None


def _standing(row: PasswordTries | None, kind: str, now: datetime) -> Standing:
    rule = _rule(kind)
    if row is None:
        return Standing(0, 0, captcha=False, locked=False)
    known = row.source != From.STRANGER
    # No time gives back what is counted in all; for a known browser or a session that is every wrong one.
    ended = row.in_all >= (policy().known_tries if known else policy().most_wrong)
    if not known and _is_over(row, rule, now):
        return Standing(0, 0, captcha=ended, locked=False, out_of_use=ended)
    if row.locked and row.locked_until is not None and row.locked_until <= now:
        # The lock has ended by itself; the captcha stays, and so does the nearness of the next lock.
        return Standing(rule.captcha_after, 0, captcha=True, locked=False, out_of_use=ended)
    wait = 0 if row.locked else _seconds(row, rule, now)
    return Standing(row.wrong, wait, captcha=row.wrong >= rule.captcha_after, locked=row.locked, out_of_use=ended)


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


def _holder(account: str) -> User | None:
    name = account.strip().lower()
    try:
        account_name(name)
    except ValidationError:
        return None  # no account has such a name, and no database is asked for one
    return User.objects.filter(username=name).only("pk").first()


def _subject(account: str, source: Source, kind: str) -> str:
    if source == STRANGER and kind == Kind.PASSWORD:
        return _name(account)
    return index(f"{_name(account)} {kind} {source.who.value} {source.key}", "tries")


def _name(account: str) -> str:
    return index(account.strip().lower(), "account name")
