"""What a run of the rows is written down as: build/selftest.md, and the closing line."""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from agent.selftest import catalogue
from tests.selftest.rows import Row

FILE = Path(__file__).parents[2] / "build" / "selftest.md"
_HEAD = ("fault", "first red check", "code", "seconds", "right?")
# What the issue wants of a run, for comparison only: a busy computer proves nothing.
_WITHOUT, _WITH = 5, 10


@dataclass
class Result:
    """What became of a row; one that did not come to its turn is wrong."""

    right: bool = False
    seconds: float | None = None


Results = dict[str, tuple[Row, Result]]
"""By the row's fault."""


def closing_line(results: Results) -> str:
    """How many of how many diagnoses were right."""
    return f"diagnoses: {sum(result.right for _, result in results.values())} right of {len(results)}"


def page(results: Results) -> str:
    """The table as Markdown."""
    lines = [
        "# Injected faults and what the self-test says of them",
        "",
        f"{closing_line(results)}.",
        "",
        _times("Without a trial", _WITHOUT, results, trial=False),
        _times("With a trial, the typing included", _WITH, results, trial=True),
        "A code with (note) is a warning: a log-in works all the same, and no check is red.",
        "",
        _line(_HEAD),
        _line("---" for _ in _HEAD),
        *(_line(_cells(row, result)) for row, result in results.values()),
        "",
    ]
    return "\n".join(lines)


def _times(what: str, wanted: int, results: Results, *, trial: bool) -> str:
    seconds = [
        result.seconds for row, result in results.values() if result.seconds is not None and bool(row.trial) is trial
    ]
    if not seconds:
        return f"- {what}: none ran"
    told = f"median {statistics.median(seconds):.1f} s, longest {max(seconds):.1f} s"
    return f"- {what}: {told} ({wanted} s are wanted on an idle computer)"


def _cells(row: Row, result: Result) -> tuple[str, ...]:
    code = row.first or (f"{', '.join(row.warns)} (note)" if row.warns else "–")
    check = row.check or (catalogue.row(row.first).check if row.first else "–")
    seconds = "" if result.seconds is None else f"{result.seconds:.1f}"
    return row.fault, check, code, seconds, "right" if result.right else "**wrong**"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
