"""民國 dates: the Gregorian calendar with years counted from 1912."""

import re
from datetime import date
from typing import Final

_EPOCH: Final = 1911
_COMPACT: Final = re.compile(r"([0-9]{2,3})([0-9]{2})([0-9]{2})")


def from_roc(year: int, month: int, day: int, *, before_the_republic: bool = False) -> date:
    """The date of a 民國 year (1 to 999), or of a year before it (民國前) when that is asked for.

    Raises ValueError for a date that does not exist.
    """
    if not 1 <= year <= 999:
        raise ValueError("year is not 1 to 999")
    return date(_EPOCH + 1 - year if before_the_republic else _EPOCH + year, month, day)


def to_roc(day: date) -> tuple[int, int, int]:
    """Year, month and day of a date in the 民國 calendar. Raises ValueError before 1912."""
    if day.year <= _EPOCH:
        raise ValueError("date is before the first year")
    return day.year - _EPOCH, day.month, day.day


def compact(day: date) -> str:
    """The date as YYMMDD, or YYYMMDD from year 100 on. Raises ValueError before 1912."""
    year, month, number = to_roc(day)
    return f"{year:02}{month:02}{number:02}"


def from_compact(text: str) -> date:
    """The date of YYMMDD or YYYMMDD. Raises ValueError for anything else."""
    match = _COMPACT.fullmatch(text)
    if not match:
        raise ValueError("not YYMMDD or YYYMMDD")
    year, month, day = map(int, match.groups())
    return from_roc(year, month, day)


def birthday(year: int, month: int, day: int, today: date) -> date:
    """The birthday of a person living on that day (Taipei). Raises ValueError for one that is still to come."""
    found = from_roc(year, month, day)
    if found > today:
        raise ValueError("birthday is in the future")
    return found
