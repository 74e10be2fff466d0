"""What every row of the audit log is made of, whoever wrote it."""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_WORD = re.compile(r"[a-z]+([_+-][a-z]+)*(-[0-9])?")
_HASH = re.compile(r"[0-9a-f]{64}")
_NUMBERS = ("count", "by", "report")


class Row(NamedTuple):
    """One event as the database has it, without number and time."""

    action: str
    code: str
    account: int | None
    address: str
    facts: dict[str, Any]


def faults(rows: Iterable[Row]) -> list[Row]:
    """Those that hold more than words of the program and numbers, or that come from nowhere.

    No name, number, address or token is such a word; a row comes from a request (a hash) or a job (`by`).
    """
    return [row for row in rows if not _is_good(row)]


def _is_good(row: Row) -> bool:
    words = _CODE.fullmatch(row.action) and _CODE.fullmatch(row.code)
    number = row.account is None or type(row.account) is int
    origin = _HASH.fullmatch(row.address) or ((row.action, row.code) == ("refusals", "summed") and row.address == "")
    by = isinstance(row.facts.get("by"), str)
    return bool(words and number and (origin or by) and all(_is_fact(*fact) for fact in row.facts.items()))


def _is_fact(name: str, value: Any) -> bool:
    word = type(value) is str and len(value) <= 40 and _WORD.fullmatch(value) is not None
    return word or (name in _NUMBERS and type(value) is int)
