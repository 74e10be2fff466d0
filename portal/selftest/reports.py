"""Reports: kept for thirty days, found by a code that their sender tells, deleted by whoever has their secret.

Neither is kept, so after a change of the sealing key nobody finds the reports from before; they end in their time.
"""

import re
import secrets
from datetime import timedelta
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from portal.sealing import index
from portal.selftest.models import Report

ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Of codes: nothing that looks like something else (0 O, 1 I L, U V)."""
LIFE: Final = timedelta(days=30)
MOST: Final = 50_000
"""Reports at a time, 64 KiB each at most: nobody fills the disk, from however many addresses."""
_LENGTH = 8
_CODE = re.compile(f"[{ALPHABET}]{{{_LENGTH}}}")
_SECRET_BYTES = 32
_DRAWS = 5  # of 30^8 codes; a second draw is needed once in millions of reports


class Full(Exception):
    """There is no room for another report, or (with a broken generator only) no code."""


def keep(content: dict[str, Any]) -> str:
    """Keep a report that `portal.selftest.form` has read; returns the secret of its sender's page. Raises `Full`."""
    if Report.objects.count() >= MOST:
        raise Full
    now = timezone.now()
    for _ in range(_DRAWS):
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        try:
            with transaction.atomic():
                Report.objects.create(
                    code_hash=_code_hash(code_of(secret)), secret_hash=_secret_hash(secret), content=content,
                    installation=content["installation"], first=content["first"], received_at=now,
                    expires_at=now + LIFE,
                )  # fmt: skip
        except IntegrityError:
            continue  # another report has this code
        return secret
    raise Full


def code_of(secret: str) -> str:
    """The code that goes with a secret: as random as that, and kept nowhere, so that its sender's page can show it."""
    rest, code = int(index(secret, "report code of"), 16), ""
    for _ in range(_LENGTH):
        rest, digit = divmod(rest, len(ALPHABET))
        code += ALPHABET[digit]
    return code


def find_by_code(text: str) -> Report | None:
    """The report of a code as somebody typed it, in any case, with or without dash and blanks; None for no live one.

    Whoever asks on behalf of a person counts the tries: a code has 39 bits.
    """
    code = re.sub(r"[\s\-\u2010-\u2015\uff0d]", "", text[:40]).upper()
    if not _CODE.fullmatch(code):
        return None
    return live().filter(code_hash=_code_hash(code)).first()


def find_by_secret(secret: str) -> Report | None:
    """The report whose sender has this secret; None for no live one."""
    return live().filter(secret_hash=_secret_hash(secret)).first()


def history_of(report: Report) -> QuerySet[Report]:
    """The live reports of the same computer, this one among them, newest first."""
    return live().filter(installation=report.installation).order_by("-received_at", "-pk")


def delete(report: Report) -> bool:
    """Delete the row; False where another request has done so before."""
    return Report.objects.filter(pk=report.pk).delete()[0] > 0


def forget_old() -> int:
    """Delete what is over; how many reports that were."""
    return Report.objects.filter(expires_at__lte=timezone.now()).delete()[0]


def shown(code: str) -> str:
    """A code as people are shown it: ABCD-EFGH."""
    return f"{code[:4]}-{code[4:]}"


def live() -> QuerySet[Report]:
    """Those that are not over."""
    return Report.objects.filter(expires_at__gt=timezone.now())


def _code_hash(code: str) -> str:
    return index(code, "report code")


def _secret_hash(secret: str) -> str:
    return index(secret, "report secret")
