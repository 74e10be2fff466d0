"""What a run of the rows is written down as: build/hipki.md, and the closing line."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.hipki.rows import Row

FILE = Path(__file__).parents[2] / "build" / "hipki.md"
_HEAD = ("style", "browser", "portal", "end", "why it cannot work", "")
Results = dict[str, tuple[Row, bool]]
"""By name every row of a run, and whether it went as it should; one that did not come to its turn has not."""


def closing_line(results: Results) -> str:
    """How many of how many rows went as they should."""
    return f"hipki styles: {sum(passed for _, passed in results.values())} passed of {len(results)}"


def page(results: Results, versions: Sequence[str]) -> str:
    """The table as Markdown, with the versions of the browsers."""
    lines = [
        "# Pages written for the old component",
        "",
        f"{closing_line(results)}.",
        "",
        "Pages of our own, unchanged clients of the old protocol, with the real agent on port 61161, in "
        f"{', '.join(versions)}.",
        "Local Network Access applies. Where something cannot work the row shows that, and says why.",
        "",
        _line(_HEAD),
        _line("---" for _ in _HEAD),
        *(_line(_cells(row, passed)) for row, passed in results.values()),
        "",
    ]
    return "\n".join(lines)


def _cells(row: Row, passed: bool) -> tuple[str, ...]:
    ends = "; ".join(f"{click.verdict}{f' {click.code:#x}' if click.code else ''}" for click in row.clicks)
    return row.style.name, row.brand, row.kind, ends, row.why, "passed" if passed else "**failed**"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
