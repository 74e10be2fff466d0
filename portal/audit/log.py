"""The one way to write an audit event."""

import logging
import re
from dataclasses import replace

from django.db import transaction
from django.http import HttpRequest

from portal.audit import flood, origin
from portal.audit.models import AuditEvent
from portal.sealing import index

Fact = str | int
_WORD = re.compile(r"[a-z]+(?:[_+-][a-z]+)*(?:-[0-9]{1,3})?")  # at the end the version of a profile
_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_LONGEST_WORD = 40
# What may stand beside an event: words of the program and numbers. Names, ID and telephone numbers, mail addresses and
# whatever a person typed are neither in the list nor words of letters.
_WORDS = frozenset({"method", "profile", "purpose", "family", "channel", "by"})
_NUMBERS = frozenset({"count", "by", "report"})
FACTS = _WORDS | _NUMBERS
_lines = logging.getLogger("portal.audit")


def record(
    action: str,
    code: str = "ok",
    *,
    account: int | None = None,
    typed: str = "",
    request: HttpRequest | None = None,
    **facts: Fact,
) -> None:
    """Add one event to the log and, once the transaction is through, one line to the program's log.

    The network address is that of `request` or of the one being answered; in a job `by` is who had it run. A deed and
    its event belong into one transaction; a refusal is recorded outside of the one that is rolled back. Many events
    are summed up (`portal.audit.flood`); refusals about an account name that somebody typed are told apart by `typed`,
    of which nothing is kept, so that a name without an account is counted, and costs, like one with it. Raises
    ValueError for anything but the program's own words (code: 40 letters, digits and underscores; fact: 40 letters)
    and whole numbers, or for another name of a fact: nothing is cut, because whatever does not fit came from somewhere
    else.
    """
    if origin.job():
        facts.setdefault("by", origin.job())
    _check(action, code, account, facts)
    address = origin.hashed_address(request)
    with transaction.atomic():
        summed = _summed(flood.Event(action, code, account, address, _about(account, typed)), facts)
        if summed is not None:
            _add(summed, _facts_of(summed, facts))


def _about(account: int | None, typed: str) -> str:
    return index(typed.strip().lower(), "audit about") if typed else str(account)


def _summed(event: flood.Event, facts: dict[str, Fact]) -> flood.Event | None:
    if event.code != "ok":
        return flood.summed(event)
    if "count" in facts or origin.job():
        return event
    count = flood.done(event.action, event.account)
    return replace(event, count=count) if count else None


def _add(event: flood.Event, facts: dict[str, Fact]) -> None:
    AuditEvent.objects.create(
        action=event.action, code=event.code, account=event.account, address=event.address, facts=facts
    )
    transaction.on_commit(lambda: _say(event, facts))


def _check(action: str, code: str, account: int | None, facts: dict[str, Fact]) -> None:
    if not all(type(text) is str and _CODE.fullmatch(text) for text in (action, code)):
        raise ValueError("audit code")
    if account is not None and (type(account) is not int or account < 1):
        raise ValueError("audit account")
    for name, value in facts.items():
        word = name in _WORDS and type(value) is str and len(value) <= _LONGEST_WORD and _WORD.fullmatch(value)
        number = name in _NUMBERS and type(value) is int and value >= 0
        if not word and not number:
            raise ValueError("audit facts")


def _facts_of(summed: flood.Event, facts: dict[str, Fact]) -> dict[str, Fact]:
    kept = {} if (summed.action, summed.code) == flood.SUMMED else facts
    return kept | ({"count": summed.count} if summed.count > 1 else {})


def _say(event: flood.Event, facts: dict[str, Fact]) -> None:
    level = logging.INFO if event.code == "ok" else logging.WARNING
    told = " ".join(f"{name}={value}" for name, value in facts.items())
    account = event.account if event.account is not None else "-"
    _lines.log(level, "%s %s code=%s account=%s", event.action, told, event.code, account)
