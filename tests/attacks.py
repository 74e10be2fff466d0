"""What became of the attacks: every test in a folder named `attacks` is a row of build/attacks.md and counts below."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.closing import close_with

FILE = Path(__file__).parents[1] / "build" / "attacks.md"
_PARTS = FILE.with_suffix("")
"""What each area had to say when it last ran."""
_FOLDER, _KEY = "attacks", "attack"
_HEAD = ("who attacks", "what is tried", "where", "")
Row = tuple[list[str], bool]
"""Who, what and where; and whether it was refused."""


def describe(item: pytest.Item) -> None:
    """Has the reports of an attack say who attacks (`WHO` of its file), with what, and in which setting."""
    if isinstance(item, pytest.Function) and item.path.parent.name == _FOLDER:
        name = item.originalname.removeprefix("test_").replace("_", " ")
        what = (item.function.__doc__ or name).splitlines()[0].rstrip(".")
        where = item.callspec.id if hasattr(item, "callspec") else ""
        item.user_properties.append((_KEY, [item.module.WHO, what, where]))


class Rows:
    """The attacks of a run, as a plugin of the process that is told of every report."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._rows: dict[str, Row] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """An attack is refused when its test passes, its beginning and its end as well."""
        row = dict(report.user_properties).get(_KEY)
        if isinstance(row, list) and (report.when == "call" or not report.passed):
            self._rows[report.nodeid] = (row, report.passed)

    def pytest_sessionfinish(self) -> None:
        """Writes the table, where other areas keep what they said last, and has the line printed."""
        if not self._rows:
            return
        close_with(self._config, closing_line(self._rows.values()))
        for area in {_area(node) for node in self._rows}:
            _write(_PARTS / f"{area}.md", part(area, [row for node, row in self._rows.items() if _area(node) == area]))
        parts = [file.read_text("utf-8") for file in sorted(_PARTS.glob("*.md"))]
        _write(FILE, "\n".join(["# Attacks", "", "Each row is a test, with the real agent.", "", *parts]))


def closing_line(rows: Iterable[Row]) -> str:
    """How many of how many attacks were refused."""
    refused = [passed for _, passed in rows]
    return f"attacks: {sum(refused)} refused of {len(refused)}"


def part(area: str, rows: Iterable[Row]) -> str:
    """The table of an area as Markdown."""
    rows = sorted(rows)
    lines = [_line([*cells, "refused" if passed else "**succeeded**"]) for cells, passed in rows]
    return "\n".join([f"## {area}", "", f"{closing_line(rows)}.", "", _line(_HEAD), _line(["---"] * 4), *lines, ""])


def _area(node: str) -> str:
    return node.split("/")[1]


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".new")
    draft.write_text(text, "utf-8")
    draft.replace(file)
