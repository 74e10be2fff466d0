"""The runner: every test belongs to one part of a run, and the worst status is the run's."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.dev import areas
from tests.dev.areas import NOTHING_RAN, PARTS, ROOT, SUBSETS, Part


def part(name: str, program: str) -> Part:
    """A part that runs a program in pytest's place."""
    return Part(name, [sys.executable, "-c", program], {}, threading.Lock())


def takes(words: list[str], name: str) -> bool:
    """Whether a run with these words has the tests of a file."""
    folder, *without = words
    left_out = [word.removeprefix("--ignore=") for word in without]
    return name.startswith(f"{folder}/") and not name.startswith(tuple(f"{out}/" for out in left_out))


@pytest.fixture(autouse=True)
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where these runs leave what they said."""
    monkeypatch.setattr(areas, "LOGS", tmp_path / "logs")
    return tmp_path / "logs"


def test_every_test_is_in_one_part() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "tests/**/test_*.py"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.split():
        inside = [one for parts in PARTS.values() for one, words in parts.items() if takes(words, name)]
        assert len(inside) == 1, (name, inside)


def test_areas_are_where_they_are_looked_for() -> None:
    for parts in (PARTS | SUBSETS).values():
        for folder, *_ in parts.values():
            assert (ROOT / folder).is_dir()


@pytest.mark.parametrize(
    ("statuses", "whole"),
    [((0, 0, 0), 0), ((0, 1, 0), 1), ((1, 0, 2), 2), ((0, NOTHING_RAN), 0), ((NOTHING_RAN, 1), 1), ((NOTHING_RAN,), 5)],
)
def test_status_is_the_worst(statuses: tuple[int, ...], whole: int) -> None:
    parts = [part(str(number), f"raise SystemExit({status})") for number, status in enumerate(statuses)]
    assert areas._run(parts) == whole


def test_killed_part_is_no_success() -> None:
    assert areas._run([part("killed", "import os; os.abort()"), part("good", "")]) != 0


def test_progress_comes_at_once_and_the_rest_in_one_piece(capsys: pytest.CaptureFixture[str], logs: Path) -> None:
    progress = ["tests/x.py .. [ 50%]", "tests/y.py .. [100%]"]
    said = [*progress, "=== FAILURES ===", "assert 1", "=== 1 failed in 2s ===", "more: 3"]
    assert areas._run([part("one", f"print({chr(10).join(said)!r}); raise SystemExit(1)"), part("two", "")]) == 1
    printed = capsys.readouterr().out.splitlines()
    assert [line for line in printed if line.endswith("%]")] == [f"one       {line}" for line in progress]
    end = printed.index("one: 0.0 minutes")
    assert printed[end + 1 : end + 3] == said[4:]
    assert "assert 1" in printed[:end]
    assert (logs / "one.log").read_text().splitlines() == said
