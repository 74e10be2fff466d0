"""What became of the scenarios: the table in build/scenarios.md, and the closing line."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.portal.scenarios.plan import Row

FILE = Path(__file__).parents[3] / "build" / "scenarios.md"
PICTURES = FILE.with_suffix("")
_HEAD = ("scenario", "title", "profile", "", "seconds", "pictures")


@dataclass
class Result:
    """What became of one row: all of its tests, those that passed, how long they took, the pictures that were seen."""

    tests: set[str] = field(default_factory=set)
    passed: set[str] = field(default_factory=set)
    seconds: float = 0.0
    pictures: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether all of its tests passed; a test that did not come to its turn has not."""
        return self.passed == self.tests

    def see(self, pictures: Iterable[str]) -> None:
        """Note pictures, each once."""
        self.pictures += [name for name in pictures if name not in self.pictures]


Results = Mapping[Row, Result]


def closing_line(results: Results) -> str:
    """How many of how many scenarios went as they should."""
    return f"scenarios: {sum(result.good for result in results.values())} passed of {len(results)}"


def unseen_lines(unseen: dict[str, Iterable[str]]) -> list[str]:
    """The pages of the url table that nobody has seen, for each profile."""
    return [f"pages without a picture ({profile}): {', '.join(names) or 'none'}" for profile, names in unseen.items()]


def page(results: Results, unseen: dict[str, Iterable[str]]) -> str:
    """The table as Markdown."""
    lines = [
        "# Scenarios",
        "",
        f"{closing_line(results)}.",
        "",
        "Each gone through in Chromium with the real portal, agent and PIN window, and the virtual card. Pictures are",
        "in `scenarios/<profile>/`, 1024 pixels wide and as long as the page; each page shows both languages.",
        "",
        _line(_HEAD),
        _line("---" for _ in _HEAD),
        *(_line(_cells(row, result)) for row, result in results.items()),
        "",
        *unseen_lines(unseen),
        "",
    ]
    return "\n".join(lines)


def _cells(row: Row, result: Result) -> tuple[str, ...]:
    said = "passed" if result.good else "**failed**"
    return (row.scenario, row.title, row.profile, said, f"{result.seconds:.1f}", ", ".join(result.pictures))


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
