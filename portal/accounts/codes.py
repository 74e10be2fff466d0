"""Codes sent by mail or text message: issued, taken once, gone."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from portal.accounts import lockout
from portal.accounts.holding import hold_rows
from portal.accounts.lockout import STRANGER, Source
from portal.accounts.models import IssuedCode, User
from portal.policy import policy
from portal.sealing import index

_DIGITS = 6
_ASKER = "code_asker"


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


# Who types the code of a confirmation mail need not be logged in, nor be in the browser that asked for it; so whoever
# asks for another one must not end those that were sent, and whoever types wrong ones must not end their links.
_ANYWHERE = frozenset({CodePurpose.CONFIRM_MAIL})
# So many of the codes just sent may be typed; the links of all stay good.
_TYPED = 5
_NONE = list(range(2**62, 2**62 + _TYPED))  # no row has such a number; the database is asked all the same


def asker_of(session: SessionBase) -> str:
    """What names the session that asks for codes, kept in it; for `issue` and `take_code`."""
    if _ASKER not in session:
        session[_ASKER] = secrets.token_hex(16)
    return index(session[_ASKER], "code asker")


def issue(
    user: User, purpose: CodePurpose, channel: IssuedCode.Channel, recipient: str, life: timedelta, asker: str = ""
) -> Issued:
    """A new code; older unused ones of the same purpose and session end with it (ASVS 6.5.1: one at a time).

    With `asker` only that session can type it, and no other session's request ends it.
    """
    now = timezone.now()
    issued = Issued(secrets.token_urlsafe(32), f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}d}", life, now + life)
    with transaction.atomic():
        hold_rows(user.pk)
        if purpose not in _ANYWHERE:
            IssuedCode.objects.filter(user=user, purpose=purpose, asker=asker, used=None).update(used=now)
        IssuedCode.objects.create(
            user=user, purpose=purpose, asker=asker, channel=channel, recipient=recipient,
            created=now, expires=issued.expires,
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
    with transaction.atomic():
        hold_rows(*found.values_list("user", flat=True))
        return _use(found)


def find_link(purpose: CodePurpose, link: str) -> IssuedCode | None:
    """The code whose link this is, live or not, for a page that tells which; nothing changes."""
    return IssuedCode.objects.filter(purpose=purpose, link=_hash(purpose, link)).select_related("user").first()


def take_code(
    user: User, purpose: CodePurpose, code: str, asker: str = "", source: Source = STRANGER
) -> IssuedCode | None:
    """The code this person typed in the session `asker`, now used up; None, and one try less, for a wrong one.

    After `policy().most_wrong` wrong ones in a row, however many codes were sent meanwhile, none is taken from
    `source` any more until the holder sets a new password or shows a card; links stay good.
    """
    with transaction.atomic():
        hold_rows(user.pk)
        return _take_code(user, purpose, code, asker, source)


def _take_code(user: User, purpose: CodePurpose, code: str, asker: str, source: Source) -> IssuedCode | None:
    live = IssuedCode.objects.filter(user=user, purpose=purpose, asker=asker, used=None, expires__gt=timezone.now())
    found = list(live.filter(tries_left__gt=0).order_by("-pk").values_list("pk", flat=True)[:_TYPED])
    numbers = (found + _NONE)[:_TYPED]  # as many for everybody
    # The try is counted before it is looked at, in one statement: two guesses at once cost two tries.
    tried = live.filter(pk__in=numbers, tries_left__gt=0).update(tries_left=F("tries_left") - 1) > 0
    # Without a code to guess nothing is counted that would stop anybody, but the work is the same.
    kind = kind_of(purpose) if tried else "nothing"
    if not lockout.begin(user.username, source, kind).may_try:
        return None
    taken = _use(live.filter(pk__in=numbers if tried else _NONE, code=_hash(purpose, code.strip())))
    if taken is not None:
        lockout.right(user.username, source, kind)
    return taken


def kind_of(purpose: CodePurpose) -> str:
    """What wrong codes of a purpose are counted as."""
    return f"code {purpose.value}"


def _use(found: QuerySet[IssuedCode]) -> IssuedCode | None:
    now = timezone.now()
    row = found.filter(used=None, expires__gt=now).select_related("user").first()
    # Only the one request whose update changes the row has taken it.
    if row is None or not IssuedCode.objects.filter(pk=row.pk, used=None).update(used=now):
        return None
    IssuedCode.objects.filter(user=row.user, purpose=row.purpose, used=None).update(used=now)
    return row


def _hash(purpose: CodePurpose, text: str) -> str:
    return index(text, f"code {purpose.value}")
