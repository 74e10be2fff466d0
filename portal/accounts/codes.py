"""Codes sent by mail or text message: issued, taken once, gone."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from portal.accounts.models import IssuedCode, User
from portal.policy import policy
from portal.sealing import index

_DIGITS = 6
_NEVER = 30_000  # tries that no code has


class CodePurpose(StrEnum):
    """What a code is good for; a code of one purpose never serves another."""

    CONFIRM_MAIL = "confirm_mail"
    CHANGE_MAIL = "change_mail"
    RESET_PASSWORD = "reset_password"  # noqa: S105  # a purpose, not a password
    CONFIRM_MOBILE = "confirm_mobile"
    KEEP_ACCOUNT = "keep_account"
    # Beside an answer or a saved code; of no use where a code from a text message is enough by itself.
    SECOND_PROOF = "second_proof"


@dataclass(frozen=True, slots=True)
class Issued:
    """What the message tells: the token of its link (256 bits), the code to type (6 digits), and the life of both."""

    link: str
    code: str
    life: timedelta
    expires: datetime


def issue(user: User, purpose: CodePurpose, channel: IssuedCode.Channel, recipient: str, life: timedelta) -> Issued:
    """A new code; older unused ones of the same purpose end with it (ASVS 6.5.1: one at a time)."""
    now = timezone.now()
    issued = Issued(secrets.token_urlsafe(32), f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}d}", life, now + life)
    with transaction.atomic():
        IssuedCode.objects.filter(user=user, purpose=purpose, used=None).update(used=now)
        IssuedCode.objects.create(
            user=user, purpose=purpose, channel=channel, recipient=recipient, created=now, expires=issued.expires,
            tries_left=policy().code_tries, link=_hash(purpose, issued.link), code=_hash(purpose, issued.code),
        )  # fmt: skip
    return issued


def owner(purpose: CodePurpose, link: str) -> int | None:
    """The number of the account that a link was sent for, whatever became of it; for the audit log."""
    found = find_link(purpose, link)
    return found.user_id if found is not None else None


def take_link(purpose: CodePurpose, link: str) -> IssuedCode | None:
    """The code whose link this is, now used up; None for one that is unknown, used or too old."""
    found = IssuedCode.objects.filter(purpose=purpose, link=_hash(purpose, link))
    return _use(found)


def find_link(purpose: CodePurpose, link: str) -> IssuedCode | None:
    """The code whose link this is, live or not, for a page that tells which; nothing changes."""
    return IssuedCode.objects.filter(purpose=purpose, link=_hash(purpose, link)).select_related("user").first()


def take_code(user: User, purpose: CodePurpose, code: str) -> IssuedCode | None:
    """The code this person typed, now used up; None, and one try less, for a wrong one."""
    live = IssuedCode.objects.filter(user=user, purpose=purpose, used=None, expires__gt=timezone.now())
    # The try is counted before it is looked at, in one statement: two guesses at once cost two tries.
    counted = live.filter(tries_left__gt=0).update(tries_left=F("tries_left") - 1)
    # Looked up all the same where there was nothing to count: as many statements for everybody.
    taken = _use(live.filter(code=_hash(purpose, code.strip()), tries_left__gte=0 if counted else _NEVER))
    return taken if counted else None


def _use(found: QuerySet[IssuedCode]) -> IssuedCode | None:
    now = timezone.now()
    row = found.filter(used=None, expires__gt=now).select_related("user").first()
    # Only the one request whose update changes the row has taken it.
    if row is None or not IssuedCode.objects.filter(pk=row.pk, used=None).update(used=now):
        return None
    return row


def _hash(purpose: CodePurpose, text: str) -> str:
    return index(text, f"code {purpose.value}")
