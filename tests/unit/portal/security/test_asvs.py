"""docs/asvs.md answers every requirement of levels 1 and 2 once, and names proofs that exist."""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[4]
PAGE = ROOT / "docs" / "asvs.md"
LEVELS = Path(__file__).with_name("asvs_levels.txt")
_TEST = re.compile(r"`([a-z_/]+\.py)::(test_[a-z0-9_]+)`")
_SECTION = re.compile(r"\[[^\]]+\]\(([a-z]+\.md)#([a-z0-9-]+)\)")
ANSWERS = ("met", "n/a", "not met")


class Row(NamedTuple):
    """One line of the tables."""

    number: str
    level: str
    asks: str
    answer: str
    why: str
    proof: str


def rows() -> list[Row]:
    found = []
    for line in PAGE.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if re.fullmatch(r"\d+\.\d+\.\d+", cells[0]):
            assert len(cells) == 6, line
            found.append(Row(*cells))
    return found


def required() -> dict[str, str]:
    """The numbers of levels 1 and 2 with their level."""
    found: dict[str, str] = {}
    for line in LEVELS.read_text("utf-8").splitlines():
        if not line.startswith("#"):
            section, levels = line.split()
            found |= {f"{section}.{number}": level for number, level in enumerate(levels, 1) if level in "12"}
    return found


@cache
def names_in(path: str) -> frozenset[str]:
    """The names of the tests in a file below tests/."""
    tree = ast.parse((ROOT / "tests" / path).read_text("utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, functions))


@cache
def sections_of(page: str) -> frozenset[str]:
    """The anchors of a page's headings, as they are made from their words."""
    headings = re.findall(r"^#+ (.+)$", (ROOT / "docs" / page).read_text("utf-8"), re.MULTILINE)
    return frozenset(re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings)


def test_list_of_numbers_is_the_standards() -> None:
    # 345 requirements: 70 of level 1, 183 of level 2, 92 of level 3.
    levels = Counter("".join(line.split()[1] for line in LEVELS.read_text("utf-8").splitlines() if line[0] != "#"))
    assert levels == {"1": 70, "2": 183, "3": 92}


def test_every_number_is_answered_once_with_its_level() -> None:
    found = [row.number for row in rows()]
    assert [number for number, count in Counter(found).items() if count > 1] == []
    assert {row.number: row.level for row in rows()} == required()
    assert found == list(required()), "in the standard's order"


def test_no_row_is_empty() -> None:
    for row in rows():
        assert row.answer in ANSWERS, row
        assert len(row.asks) > 8, row
        if row.answer == "met":
            assert _TEST.search(row.proof) or _SECTION.search(row.proof), row
        else:
            assert len(row.why) >= 7, row


def test_every_test_that_is_named_exists() -> None:
    named = [(row.number, *found) for row in rows() for found in _TEST.findall(row.proof)]
    assert len(named) > 200
    missing = [one for one in named if not (ROOT / "tests" / one[1]).is_file() or one[2] not in names_in(one[1])]
    assert missing == []


def test_every_section_that_is_named_exists() -> None:
    named = [(row.number, *found) for row in rows() for found in _SECTION.findall(row.proof)]
    assert len(named) > 15
    assert [one for one in named if one[2] not in sections_of(one[1])] == []


def test_nothing_else_stands_as_proof() -> None:
    for row in rows():
        left = _SECTION.sub("", _TEST.sub("", row.proof)).replace("<br>", "")
        assert left in ("", "–"), row


def test_figures_of_the_introduction_are_true() -> None:
    counts = Counter(row.answer for row in rows())
    intro = " ".join(PAGE.read_text("utf-8").split("## ")[0].split())
    assert f"{counts['met']} are met, {counts['n/a']} do not apply, {counts['not met']} are not met." in intro
    listed = re.findall(r"\d+\.\d+\.\d+", intro.split("Not met, each with its reason below:")[1])
    assert listed == [row.number for row in rows() if row.answer == "not met"]
