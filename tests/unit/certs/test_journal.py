"""The journal of the trust stores: whatever is cut off, what was intended is known."""

import json
import os
import stat
from pathlib import Path

import pytest

from certs.journal import Journal
from certs.store import Kind, StoreError

PLACE, DER = Path("/home/wang/.pki/nssdb"), b"\x30\x82root"
BEFORE = {"database": False, "folders": ["/home/wang/.pki"]}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the journal will be."""
    return tmp_path / "state" / "trust.journal"


def intend(path: Path, place: Path = PLACE, der: bytes = DER) -> Journal:
    """A journal with an intention."""
    journal = Journal(path)
    journal.intend(Kind.CHROMIUM, place, der, BEFORE)
    return journal


def test_reading_a_journal_that_is_not_there_makes_nothing(path: Path) -> None:
    assert Journal(path).entries() == ()
    assert not path.parent.exists()


def test_intention_is_on_disk_before_the_change_and_read_back_whole(path: Path) -> None:
    intend(path)
    (entry,) = Journal(path).entries()
    assert (entry.kind, entry.place, entry.der, entry.before, entry.done) == (
        Kind.CHROMIUM, PLACE, DER, BEFORE, False,
    )  # fmt: skip
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_completion_is_read_back(path: Path) -> None:
    journal = intend(path)
    for _ in range(2):
        journal.done(journal.entries()[0])
    assert Journal(path).entries()[0].done
    assert len(path.read_text().splitlines()) == 2


def test_last_one_taken_back_takes_the_file_away(path: Path) -> None:
    journal = intend(path)
    journal.intend(Kind.FIREFOX, PLACE, DER, {})
    first, second = journal.entries()
    journal.undone(first)
    assert Journal(path).entries() == (second,)
    journal.undone(second)
    assert not path.exists()
    journal.intend(Kind.CHROMIUM, PLACE, DER, BEFORE)
    assert len(Journal(path).entries()) == 1


def test_second_intention_keeps_what_was_known_before_the_first(path: Path) -> None:
    """A change that was cut off and is made again must not take its own half for what was there before."""
    intend(path)
    again = Journal(path).intend(Kind.CHROMIUM, PLACE, DER, {"database": True, "folders": []})
    assert again.before == BEFORE
    assert len(Journal(path).entries()) == 1


@pytest.mark.parametrize("other", [(PLACE, b"other"), (Path("/elsewhere"), DER)])
def test_another_root_or_place_is_another_entry(path: Path, other: tuple[Path, bytes]) -> None:
    intend(path)
    intend(path, *other)
    assert len(Journal(path).entries()) == 2


def test_numbers_are_not_used_twice(path: Path) -> None:
    journal = intend(path)
    journal.intend(Kind.FIREFOX, PLACE, DER, {})
    journal.undone(journal.entries()[1])
    assert Journal(path).intend(Kind.FIREFOX, PLACE, DER, {}).number == 3


@pytest.mark.parametrize("cut", range(1, 40, 3))
def test_line_that_was_cut_off_is_as_if_it_had_never_been(path: Path, cut: int) -> None:
    intend(path)
    whole = path.read_bytes()
    intend(path, Path("/second"))
    with path.open("rb+") as file:
        file.truncate(len(whole) + cut)
    (entry,) = Journal(path).entries()
    assert entry.place == PLACE
    third = intend(path, Path("/third"))
    assert [entry.place for entry in third.entries()] == [PLACE, Path("/third")]
    assert [entry.place for entry in Journal(path).entries()] == [PLACE, Path("/third")]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"null\n", b"[]\n", b"\xff\xfe\n", b"{\n", b"[" * 50_000])
def test_lines_that_are_none_of_ours_are_passed_over(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    assert Journal(path).entries() == ()
    assert len(intend(path).entries()) == 1
    assert len(Journal(path).entries()) == 1


@pytest.mark.parametrize(
    "line",
    [
        {},
        {"step": "done", "number": 7},
        {"step": "undone", "number": 7},
        {"step": "intend", "number": 1, "kind": "floppy", "place": "/", "root": "", "before": {}},
        {"step": "intend", "number": "1", "kind": "firefox", "place": "/", "root": "", "before": {}},
        {"step": "intend", "number": 1, "kind": "firefox", "place": 1, "root": "", "before": {}},
        {"step": "intend", "number": 1, "kind": "firefox", "place": "/", "root": "*", "before": {}},
        {"step": "intend", "number": 1, "kind": "firefox", "place": "/", "root": "", "before": None},
        {"step": "unknown", "number": 1},
    ],
)
def test_line_that_was_tampered_with_is_an_error(path: Path, line: dict[str, object]) -> None:
    """Better no removal than a wrong one."""
    intend(path)
    with path.open("a") as file:
        file.write(json.dumps(line) + "\n")
    with pytest.raises(StoreError, match=r"trust\.journal"):
        Journal(path)


def test_folder_in_its_place_and_a_file_without_end_are_errors(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(StoreError):
        Journal(path)
    path.rmdir()
    with path.open("wb") as file:
        file.truncate(64 * 1024 * 1024 + 1)
    with pytest.raises(StoreError, match="is longer than"):
        Journal(path)


def test_each_step_is_forced_to_the_disk(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[bytes] = []
    sync = os.fsync

    def spy(descriptor: int) -> None:
        synced.append(path.read_bytes())
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", spy)
    journal = intend(path)
    journal.done(journal.entries()[0])
    assert [content.count(b"\n") for content in synced] == [1, 2]
