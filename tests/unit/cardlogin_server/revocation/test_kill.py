"""Writers of indexes are killed at random moments: readers see the old index or the new one, each whole."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from cardlogin_server.revocation.index_folder import FolderIndexStore
from cardlogin_server.revocation.index_store import StoreFailed
from tests.sampling import is_full, seed_of
from tests.stand.waiting import LIMIT, wait_until
from tests.unit.cardlogin_server.revocation.index_writer import KEY, packed, serial

COUNT = 20_000


def require_whole(store: FolderIndexStore) -> int:
    """The generation of the index, every entry of which must be there and of no other generation."""
    index = store.open(KEY)
    assert index is not None
    generation = index.header.number
    assert len(index) == COUNT
    for place in (0, 1, COUNT // 2, COUNT - 1):
        assert index.find(serial(generation, place))
        assert index.find(serial(generation - 1, place)) is None
    return generation


def start(folder: Path) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "tests.unit.cardlogin_server.revocation.index_writer",
        str(folder),
        str(COUNT),
        "1000000",
    ]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_kill_at_random_moments(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    folder = tmp_path / "lists"
    store = FolderIndexStore(folder)
    store.replace(KEY, packed(1, COUNT))
    chosen, before = random.Random(seed_of(pytestconfig)), 1
    for _ in range(50 if is_full(pytestconfig) else 8):
        with start(folder) as writer:
            assert writer.stdout
            first = int(writer.stdout.readline())
            assert first == before + 1
            # No wait, but a choice. Writing takes a few milliseconds: some kills hit the first, some a later one.
            time.sleep(chosen.uniform(0, 0.03))
            writer.send_signal(signal.SIGKILL)
            said = [first, *(int(line) for line in writer.stdout.read().split())]
            writer.wait(LIMIT)
        assert writer.returncode == -signal.SIGKILL
        # As a process that has just been started sees it.
        before = require_whole(FolderIndexStore(folder))
        assert before == require_whole(store)
        # The last one was announced but perhaps not written; those before it had been finished.
        assert before in (said[-1], said[-1] - 1)


def test_readers_during_writing(tmp_path: Path) -> None:
    folder = tmp_path / "lists"
    store = FolderIndexStore(folder)
    store.replace(KEY, packed(1, COUNT))
    seen: list[int] = []
    ended = threading.Event()

    def read() -> None:
        mine = FolderIndexStore(folder)
        while not ended.is_set():
            seen.append(require_whole(mine))

    readers = [threading.Thread(target=read) for _ in range(2)]
    with start(folder) as writer:
        for reader in readers:
            reader.start()
        # Each reader finds the index changed several times under it; one that finds a broken one ends.
        wait_until(lambda: len(set(seen)) > 3 or not all(reader.is_alive() for reader in readers))
        writer.kill()
    ended.set()
    for reader in readers:
        reader.join()
    assert len(set(seen)) > 3


def test_killed_holder_of_the_lock_lets_the_next_one_in(tmp_path: Path) -> None:
    folder = tmp_path / "lists"
    with start(folder) as writer:
        assert writer.stdout
        writer.stdout.readline()
        writer.kill()
    store = FolderIndexStore(folder)
    with store.exclusive(KEY):  # fails when it is not free after a while
        store.replace(KEY, packed(5, COUNT))
    assert require_whole(store) == 5


def test_what_killed_writers_left_is_cleared(tmp_path: Path) -> None:
    store = FolderIndexStore(tmp_path / "lists")
    left = tmp_path / "lists" / f"{KEY.name}.99999-1.new"
    left.write_bytes(packed(9, 3)[:50])
    store.replace(KEY, packed(2, COUNT))
    assert not left.exists()
    assert require_whole(store) == 2


@pytest.mark.parametrize("part", [0.0, 0.001, 0.5, 0.999])
def test_power_cut_that_left_half_a_file(tmp_path: Path, part: float) -> None:
    """Should a disk break its promise, the file is no index: the list is fetched anew, nothing is let in."""
    store = FolderIndexStore(tmp_path / "lists")
    store.replace(KEY, packed(2, COUNT))
    path = tmp_path / "lists" / f"{KEY.name}.index"
    content = path.read_bytes()
    fresh = path.with_suffix(".half")
    fresh.write_bytes(content[: int(len(content) * part)])
    fresh.replace(path)
    assert store.open(KEY) is None
    assert FolderIndexStore(tmp_path / "lists").open(KEY) is None
    assert store.known() == []


def test_disk_is_asked_before_and_after_the_renaming(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a power cut may undo: file content, then name, then folder must reach the disk in this order."""
    store = FolderIndexStore(tmp_path / "lists")
    steps: list[str] = []
    sync, replace = os.fsync, Path.replace

    def fsync(descriptor: int) -> None:
        steps.append("folder" if Path(f"/proc/self/fd/{descriptor}").readlink().is_dir() else "file")
        sync(descriptor)

    def renamed(self: Path, target: Path) -> Path:
        steps.append("name")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", renamed)
    store.replace(KEY, packed(2, COUNT))
    assert steps == ["file", "name", "folder"]


def test_full_disk_leaves_the_old_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FolderIndexStore(tmp_path / "lists")
    store.replace(KEY, packed(2, COUNT))

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreFailed, match="No space left"):
        store.replace(KEY, packed(3, COUNT))
    assert require_whole(store) == 2
    assert [path.suffix for path in (tmp_path / "lists").iterdir()] == [".index"]
