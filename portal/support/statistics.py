"""How often each failure was met: counted from the reports that are there, by day of Taipei."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Final

from django.utils import timezone

from portal.selftest.reports import live
from portal.support.manual import Code, manual

DAYS: Final = 30
"""Today and those before it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One code: in how many reports it was red, by day and in all."""

    code: str
    known: Code | None
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        """In all days."""
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class Table:
    """Codes by days; the most frequent first. `reports`: how many came each day."""

    days: tuple[date, ...]
    lines: tuple[Line, ...]
    reports: tuple[int, ...]

    @property
    def months(self) -> list[tuple[date, int]]:
        """For the head: the first day of each month's part, and how many days it has."""
        parts = [list(days) for _, days in groupby(self.days, key=lambda day: (day.year, day.month))]
        return [(days[0], len(days)) for days in parts]

    @property
    def sums(self) -> list[int]:
        """Failures of each day."""
        return [sum(counts) for counts in zip(*(line.counts for line in self.lines), strict=True)] or [0] * DAYS

    @property
    def total(self) -> int:
        """Failures of all days."""
        return sum(self.sums)

    @property
    def total_reports(self) -> int:
        """Reports of all days."""
        return sum(self.reports)


def frequency() -> Table:
    """The table of the last thirty days; a code counts once for each report in which it was red."""
    days = _days(timezone.localdate())
    came: Counter[date] = Counter()
    met: Counter[tuple[str, date]] = Counter()
    since = timezone.make_aware(datetime.combine(days[0], time.min))
    rows = live().filter(received_at__gte=since).values_list("received_at", "content__results")
    for at, results in rows.iterator(chunk_size=500):
        day = timezone.localdate(at)
        came[day] += 1
        met.update({(one["code"], day) for one in results if one["sign"] == "fail" and one["code"]})
    lines = [_line(code, met, days) for code in {code for code, _ in met}]
    lines.sort(key=lambda line: (-line.total, line.code))
    return Table(days, tuple(lines), tuple(came[day] for day in days))


def _line(code: str, met: Counter[tuple[str, date]], days: tuple[date, ...]) -> Line:
    return Line(code, manual().codes.get(code), tuple(met[code, day] for day in days))


def _days(today: date) -> tuple[date, ...]:
    return tuple(today - timedelta(days=before) for before in reversed(range(DAYS)))
