"""Keeps indexes as files that all worker processes map: replaced by rename, whole after a power cut (POSIX only)."""

import fcntl
import json
import mmap
import os
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from cardlogin_server.revocation.fetching.breaker import Trouble
from cardlogin_server.revocation.index import Index, IndexDamaged
from cardlogin_server.revocation.index_store import WAIT_SECONDS, ListKey, StoreFailed

LARGEST_TROUBLE = 4_096
_POLL = 0.05


class _Seen(NamedTuple):
    """An opened index and by what to notice that its file was replaced."""

    stamp: tuple[int, int, int, int]
    opened: Index | None


class FolderIndexStore:
    """Indexes in one folder, shared by every process that is given it; safe for threads.

    Whoever may write the folder decides who is revoked, so it must belong to this user and be closed to others:
    it is made with mode 0700, and an open one raises ValueError.
    """

    def __init__(self, folder: Path | str) -> None:
        self._folder = Path(folder)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = self._folder.stat()
        if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o022:
            raise ValueError("the folder of indexes must be this user's and closed to the writing of others")
        self._lock = threading.Lock()
        self._seen: dict[ListKey, _Seen] = {}

    def open(self, key: ListKey) -> Index | None:
        """The newest index, or None when there is none or its file is damaged; a look at the file's dates each time."""
        path = f"{self._folder}/{key.name}.index"
        try:
            stamp = _stamp(os.stat(path))  # noqa: PTH116 - a Path would take longer than the search itself
        except OSError:
            return None
        seen = self._seen.get(key)
        if seen is None or seen.stamp != stamp:
            seen = self._map(self._path(key), key)
            with self._lock:
                self._seen[key] = seen
        return seen.opened

    def _map(self, path: Path, key: ListKey) -> _Seen:
        try:
            with path.open("rb") as file:
                stamp = _stamp(os.fstat(file.fileno()))
                index = Index(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        except (OSError, ValueError, IndexDamaged):
            return _Seen((0, 0, 0, 0), None)
        header = index.header
        if (header.issuer_key_id, header.url) != (key.issuer_key_id, key.url):
            return _Seen(stamp, None)
        return _Seen(stamp, index)

    def replace(self, key: ListKey, packed: bytes) -> Index:
        """Makes these bytes the newest index; readers see the old one or this one, whole. Raises StoreFailed."""
        path = self._path(key)
        fresh = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}.new")
        try:
            self._clear(path)
            write_whole(fresh, path, packed)
        except OSError as error:
            with suppress(OSError):
                fresh.unlink()
            raise StoreFailed(f"index cannot be written: {error.strerror}") from error
        index = self.open(key)
        if index is None:
            raise StoreFailed("index cannot be read again")
        return index

    def _clear(self, path: Path) -> None:
        """Takes away what killed writers left; only within ``exclusive``, so none of them is still writing."""
        for left in self._folder.glob(f"{path.stem}.*.new"):
            left.unlink(missing_ok=True)

    @contextmanager
    def exclusive(self, key: ListKey) -> Iterator[None]:
        """Only one process and thread at a time, by a lock that ends with its holder. Raises StoreFailed."""
        try:
            descriptor = os.open(self._path(key).with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreFailed(f"folder of indexes: {error.strerror}") from error
        try:
            _wait_for(descriptor)
            yield
        finally:
            os.close(descriptor)

    def trouble(self, key: ListKey) -> Trouble:
        """What went wrong last, for all processes."""
        try:
            with self._path(key).with_suffix(".trouble").open("rb") as file:
                failures, reason, not_before, worked_at = json.loads(file.read(LARGEST_TROUBLE))
            return Trouble(int(failures), str(reason), _moment(not_before), _moment(worked_at))
        except (OSError, ValueError, TypeError, RecursionError):
            return Trouble()

    def set_trouble(self, key: ListKey, trouble: Trouble) -> None:
        """Remembers it for all processes; without a disk to write on, nothing is remembered."""
        path = self._path(key).with_suffix(".trouble")
        moments = [moment and moment.isoformat() for moment in (trouble.not_before, trouble.worked_at)]
        content = json.dumps([trouble.failures, trouble.reason[:500], *moments])
        with suppress(OSError):
            write_whole(path.with_suffix(".trouble.new"), path, content.encode(), durable=False)

    def known(self) -> list[ListKey]:
        """Every list that there is a whole index of."""
        found = []
        for path in sorted(self._folder.glob("*.index")):
            with suppress(OSError, ValueError, IndexDamaged), path.open("rb") as file:
                header = Index(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)).header
                found += [
                    key
                    for delta in (False, True)
                    if (key := ListKey(header.issuer_key_id, header.url, delta)).name == path.stem
                ]
        return found

    def _path(self, key: ListKey) -> Path:
        return self._folder / f"{key.name}.index"


def write_whole(fresh: Path, path: Path, content: bytes, *, durable: bool = True) -> None:
    """Puts the content in the place of the file: first to the disk under another name, then renamed. Raises OSError."""
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        if durable:
            os.fsync(file.fileno())
    fresh.replace(path)
    if durable:
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _wait_for(descriptor: int) -> None:
    end = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > end:
                raise StoreFailed("another process is still fetching") from error
            time.sleep(_POLL)
        else:
            return


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)


def _stamp(found: os.stat_result) -> tuple[int, int, int, int]:
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size
