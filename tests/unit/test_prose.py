"""Markdown that can be read, compared and changed line by line."""

import re

import pytest

from tests.dev.prose import LONGEST, long_lines, wrapped
from tests.stand.parts import ROOT
from tests.unit.test_tree import tracked

PAGES = [str(path.relative_to(ROOT)) for path in tracked() if path.suffix == ".md"]
WORDS = "word " * 40


@pytest.mark.parametrize("page", PAGES)
def test_lines_of_prose_are_under_120_characters(page: str) -> None:
    """Otherwise: `python -m tests.dev.prose`."""
    assert not long_lines((ROOT / page).read_text("utf-8"))


@pytest.mark.parametrize("page", PAGES)
def test_files_that_a_page_names_are_there(page: str) -> None:
    """By a link, or by a path in the tree or the end of one; what is only made is under build/."""
    text = (ROOT / page).read_text("utf-8")
    links = [link for link in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in link]
    assert not [link for link in links if not ((ROOT / page).parent / link).exists()]
    files = [str(path.relative_to(ROOT)) for path in tracked()]
    named = {name.split("::")[0] for name in re.findall(r"`([\w./-]+\.(?:py|toml|js|mjs|ts|md|html)(?:::\w+)?)`", text)}
    assert not {name for name in named if not name.startswith("build/") and not _is_there(name, files)}


def _is_there(name: str, files: list[str]) -> bool:
    return any(f"/{file}".endswith(f"/{name}") for file in files)


@pytest.mark.parametrize(
    "line", [f"| {WORDS}|", f"# {WORDS}", "https://portal.example/" + "x" * 120, f"[a]: {WORDS}", "x" * 119]
)
def test_what_has_to_be_one_line_may_be_long(line: str) -> None:
    assert long_lines(line) == []
    assert wrapped(f"{line}\n") == f"{line}\n"


def test_code_is_left_alone() -> None:
    text = f"```\n{WORDS}\n```\n"
    assert wrapped(text) == text
    assert long_lines(text + WORDS) == [4]


def test_paragraphs_and_items_are_wrapped_below_their_beginning() -> None:
    made = wrapped(f"{WORDS}\nend\n\n- [ ] {WORDS}\n  more\n- short\n\n12. {WORDS}\n").splitlines()
    assert max(map(len, made)) <= LONGEST
    assert "\n".join(made).split() == f"{WORDS} end - [ ] {WORDS} more - short 12. {WORDS}".split()
    assert [line[:6] for line in made if not line.startswith("word")] == [
        "", "- [ ] ", "  word", "- shor", "", "12. wo", "    wo"
    ]  # fmt: skip


def test_code_in_prose_is_not_broken() -> None:
    assert "`python -m tests.dev.prose`" in wrapped("x" * 100 + " `python -m tests.dev.prose` " + WORDS)
