"""One row of the fault matrix, and the table made of all of them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).resolve().parents[3] / "build" / "faults.md"
TOKEN = "token"
"""Stands where a code would stand when the order was signed."""


@dataclass(frozen=True)
class Row:
    """What became of an order with a fault in it, and of the order after it."""

    part: str  # where the fault was: driver, process, card, service, window
    fault: str
    step: str
    code: str  # what the page was given; TOKEN for a token
    before: int  # PIN tries
    after: int
    spent: int  # tries that a person has spent by typing a wrong PIN
    next_operation: str
    same_daemon: bool
    wrong: tuple[str, ...] = ()  # what else is not as it should be

    @property
    def survived(self) -> bool:
        """No try lost, the daemon lives on, the next operation works, and nothing else is wrong."""
        return (
            self.before - self.after == self.spent
            and self.next_operation == TOKEN
            and self.same_daemon
            and not self.wrong
        )

    def line(self) -> str:
        """The row of the table."""
        cells = [
            self.part,
            self.fault,
            self.step,
            self.code,
            f"{self.before} → {self.after}",
            "works" if self.next_operation == TOKEN else f"**{self.next_operation}**",
            "same" if self.same_daemon else "**gone**",
            "yes" if self.survived else f"**no** {'; '.join(self.wrong)}",
        ]
        return f"| {' | '.join(cell.replace('|', '/').replace(chr(10), ' ') for cell in cells)} |"


def summary(rows: Sequence[Row], whole: int, seed: int | None = None) -> str:
    """The closing line of a run; with a seed the rows are a sample of the whole, chosen by it."""
    sampled = "" if seed is None else f" (a sample of {whole} by seed {seed})"
    return f"faults: {sum(row.survived for row in rows)} survived of {len(rows)}{sampled}"


def write(rows: Iterable[Row], whole: int, seed: int | None = None, file: Path = FILE) -> None:
    """Writes the table to build/faults.md, in an order that does not depend on that of the tests."""
    ordered = sorted(rows, key=lambda row: (row.part, row.fault))
    parts = Counter(row.part for row in ordered)
    lines = [
        "# Faults, and what became of the orders they met",
        "",
        summary(ordered, whole, seed) + ".",
        "",
        "Every row is an order to the running daemon with one fault in it, and after it, without a pause and without a",
        "restart, an order without one. Survived means: the page was given a code that tells the fault (or a token",
        "whose signature verifies and whose certificate was the one shown), no PIN try is lost that nobody spent, the",
        "card was asked to check a PIN at most as often as a person typed one, no card stays verified, no card host is",
        "left, the daemon is the same process, and the next order is signed.",
        "",
        *(f"- {part}: {number} rows" for part, number in parts.items()),
        "",
        "| where | fault | step | code given | PIN tries | next operation | daemon | survived |",
        "|---|---|---|---|---|---|---|---|",
        *(row.line() for row in ordered),
    ]
    file.parent.mkdir(exist_ok=True)
    file.write_text("\n".join(lines) + "\n", "utf-8")
