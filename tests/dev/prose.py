"""Lines of prose in Markdown stay under 120 characters: `python -m tests.dev.prose` wraps those that do not.

A row of a table is one line by the rules of Markdown, and so is a heading; code and a word without a blank in it (an
address) are left as they are.
"""

import re
import subprocess
import textwrap
from collections.abc import Iterator

from tests.stand.parts import ROOT

LONGEST = 119
_CODE = re.compile(r"`[^`]+`")
_KEPT = "\N{SYMBOL FOR SPACE}"
"""Stands for a blank at which no line may end."""
_FENCE = re.compile(r"\s*(```|~~~)")
_ONE_LINE = re.compile(r"\s*(\||#|<!--|!?\[[^\]]*\]:)")
_ITEM = re.compile(r"\s*([-*+]|\d+\.) ")
# The indentation with the mark of a list, which later lines stand below, and a box to tick.
_START = re.compile(r"(\s*(?:(?:[-*+]|\d+\.) +)?)(?:\[[ x]\] )?")


def long_lines(text: str) -> list[int]:
    """The numbers of the lines of prose that are too long and could be shorter."""
    return [number for number, line, prose in _lines(text) if prose and _is_long(line)]


def wrapped(text: str) -> str:
    """The text with every paragraph that has too long a line wrapped anew."""
    made: list[str] = []
    paragraph: list[str] = []
    for _, line, prose in _lines(text):
        if not prose or not line.strip() or _ITEM.match(line):
            made += _wrap(paragraph)
            paragraph = []
        (paragraph if prose and line.strip() else made).append(line)
    return "\n".join([*made, *_wrap(paragraph)]) + "\n"


def _lines(text: str) -> Iterator[tuple[int, str, bool]]:
    """Number, line, and whether it is prose."""
    fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        fence = bool(_FENCE.match(line))
        yield number, line, not (fenced or fence or _ONE_LINE.match(line))
        fenced ^= fence


def _is_long(line: str) -> bool:
    return len(line) > LONGEST and " " in line.strip()


def _wrap(lines: list[str]) -> list[str]:
    if not any(map(_is_long, lines)):
        return lines
    start = _START.match(lines[0])
    if start is None:
        raise ValueError("a pattern that fits everything")
    text = " ".join([lines[0][start.end() :], *map(str.strip, lines[1:])])
    whole = _CODE.sub(lambda found: found[0].replace(" ", _KEPT), text)
    made = textwrap.wrap(
        whole,
        LONGEST,
        initial_indent=start[0],
        subsequent_indent=" " * len(start[1]),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace(_KEPT, " ") for line in made]


def main() -> None:
    """Wraps what is too long in every Markdown file that git knows."""
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True)
    for path in (ROOT / name for name in listed.stdout.splitlines()):
        text = path.read_text("utf-8")
        if long_lines(text):
            path.write_text(wrapped(text), "utf-8")
            print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
