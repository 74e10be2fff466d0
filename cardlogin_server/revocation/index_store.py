"""Where the indexes of lists are kept: the port, and the one that keeps them in this process."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from typing import NamedTuple, Protocol

from cardlogin_server.revocation.fetching.breaker import Trouble
from cardlogin_server.revocation.fetching.fetch import FetchFailed
from cardlogin_server.revocation.index import Index

WAIT_SECONDS = 15.0
"""How long one waits for another's fetch of the same list: a little longer than a fetch may take."""


class ListKey(NamedTuple):
    """One list: the authority that signs it, its address, and whether it is a delta list."""

    issuer_key_id: bytes
    url: str
    delta: bool = False

    @property
    def name(self) -> str:
        """A file name for the list; nothing of the address gets into it."""
        return _name(self)


@lru_cache(maxsize=4_096)
def _name(key: ListKey) -> str:
    text = (b"delta" if key.delta else b"list", key.issuer_key_id.hex().encode(), key.url.encode())
    return hashlib.sha256(b"\0".join(text)).hexdigest()[:32]


class StoreFailed(FetchFailed):
    """The index could not be kept or the wait for another's fetch was too long."""


class IndexStore(Protocol):
    """Keeps the newest index of every list, also a stale one: its number must not go back."""

    def open(self, key: ListKey) -> Index | None:
        """The newest whole index of that list, or None."""

    def replace(self, key: ListKey, packed: bytes) -> Index:
        """The index of these bytes, from now on the newest one. Raises StoreFailed; the old one stays then."""

    def exclusive(self, key: ListKey) -> AbstractContextManager[None]:
        """Within it nobody else fetches that list. Raises StoreFailed after 15 s of waiting."""

    def trouble(self, key: ListKey) -> Trouble:
        """What went wrong last with that list."""

    def set_trouble(self, key: ListKey, trouble: Trouble) -> None:
        """Remembers it; only within ``exclusive``."""

    def known(self) -> list[ListKey]:
        """Every list that there is an index of."""


class MemoryIndexStore:
    """Indexes in the memory of this process: for tests and small portals of one process; safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._locks: dict[ListKey, threading.Lock] = {}
        self._indexes: dict[ListKey, Index] = {}
        self._troubles: dict[ListKey, Trouble] = {}

    def open(self, key: ListKey) -> Index | None:
        """The newest index, or None."""
        return self._indexes.get(key)

    def replace(self, key: ListKey, packed: bytes) -> Index:
        """Keeps the index of these bytes."""
        self._indexes[key] = index = Index(packed)
        return index

    @contextmanager
    def exclusive(self, key: ListKey) -> Iterator[None]:
        """Only one thread at a time. Raises StoreFailed."""
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        if not lock.acquire(timeout=WAIT_SECONDS):
            raise StoreFailed("another thread is still fetching")
        try:
            yield
        finally:
            lock.release()

    def trouble(self, key: ListKey) -> Trouble:
        """What went wrong last."""
        return self._troubles.get(key, Trouble())

    def set_trouble(self, key: ListKey, trouble: Trouble) -> None:
        """Remembers it."""
        self._troubles[key] = trouble

    def known(self) -> list[ListKey]:
        """Every list that there is an index of."""
        return list(self._indexes)
