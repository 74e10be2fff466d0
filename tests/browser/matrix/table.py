"""What became of the paths: the table in build/browsers.md, and the closing line."""

from collections.abc import Iterable, Sequence
from pathlib import Path as File

from tests.browser.matrix.paths import Path

FILE = File(__file__).parents[3] / "build" / "browsers.md"
_HEAD = ("browser", "permission", "TLS", "page", "agent", "the person", "way", "end", "")
Results = dict[Path, bool]
"""Every path of a run, and whether it went as the table says; one that did not come to its turn has not."""


def closing_line(results: Results, sampled: str = "") -> str:
    """How many of how many paths went as they should; `sampled` says what these are a sample of."""
    return f"browser paths: {sum(results.values())} passed of {len(results)}{sampled}"


def page(results: Results, versions: Sequence[str], sampled: str = "") -> str:
    """The table as Markdown, with the versions of the browsers."""
    rows = ((*path.cells(), "passed" if passed else "**failed**") for path, passed in results.items())
    lines = [
        "# Browser paths",
        "",
        f"{closing_line(results, sampled)}.",
        "",
        f"Each with the real agent and the virtual card: {', '.join(versions)}.",
        "One click on the site's button; the site counts as public, so Local Network Access applies. A token is one",
        "whose signature is good for the site's own origin; no other end spends a try of the card but a wrong PIN,",
        "and none leaves a window open. `permission` is the person's answer to the browser's question; in frames it",
        "is that for the outer site.",
        "",
        _line(_HEAD),
        _line("---" for _ in _HEAD),
        *(_line(row) for row in rows),
        "",
    ]
    return "\n".join(lines)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
