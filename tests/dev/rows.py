"""One figure of a benchmark, how it is printed and how it is kept."""

import json
import platform
import statistics
from collections.abc import Callable
from dataclasses import dataclass, replace

import psutil

from tests.stand.parts import ROOT

RUNS = 30


@dataclass(frozen=True)
class Row:
    """One figure: median and spread of its runs, its aim, and the comparator it is set against."""

    name: str
    unit: str
    values: list[float]
    aim: float | None = None
    beside: str = ""
    ratio: float | None = None

    @property
    def median(self) -> float:
        """The median of the runs."""
        return statistics.median(self.values)

    def line(self) -> str:
        """The row of the printed table."""
        ordered = sorted(self.values)
        digits = 1 if self.median >= 10 else 2
        low, high = ordered[len(ordered) // 10], ordered[-1 - len(ordered) // 10]
        spread = f"[{low:.{digits}f}-{high:.{digits}f}]" if len(ordered) > 1 else ""
        aim = "" if self.aim is None else f"{'ok' if self.median <= self.aim else 'MISSED'} (aim {self.aim:g})"
        ratio = "" if self.ratio is None else f"{self.ratio:.2f} x {self.beside}"
        return f"{self.name:<52} {self.median:8.{digits}f} {self.unit:<4} {spread:<16} {aim:<18} {ratio}"

    def against(self, other: "Row") -> "Row":
        """The same figure set against a comparator."""
        return replace(self, beside=other.name.split(",")[0], ratio=self.median / other.median)


def repeat(what: str, once: Callable[[], float], runs: int = RUNS) -> list[float]:
    """What a measurement gives, several times over, after one time that warms the caches of the system."""
    print(f"bench: {what} × {runs} …", flush=True)
    once()
    return [once() for _ in range(runs)]


def write_rows(rows: list[Row], runs: int, name: str) -> None:
    """Writes rows, with the machine they were measured on, to a file of that name in build/."""
    result = {
        "machine": {"system": platform.platform(), "python": platform.python_version(), "cpus": psutil.cpu_count()},
        "runs": runs,
        "rows": [{"name": row.name, "unit": row.unit, "median": row.median, "aim": row.aim, "values": row.values,
                  "beside": row.beside, "ratio": row.ratio} for row in rows],
    }  # fmt: skip
    target = ROOT / "build" / name
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(result, indent=1, ensure_ascii=False))
    print(f"\nwritten to {target.relative_to(ROOT)}")
