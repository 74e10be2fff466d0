"""Challenges kept in Django's cache, so that every worker process of the site knows them."""

from django.core.cache import caches

from cardlogin_server.challenge import ChallengeRecord


class CacheChallengeStore:
    """The ``ChallengeStore`` on one of the site's caches, which all its processes must share (not ``LocMemCache``).

    A challenge can be used only while its own entry is there: a cache that drops entries when it is full can
    refuse a log-in but never allow a second use. Must not run inside a transaction of a database cache that may be
    rolled back (keep ATOMIC_REQUESTS off, or the cache in a database of its own).
    """

    def __init__(self, alias: str = "default") -> None:
        self._alias = alias

    def put(self, key: str, record: ChallengeRecord, seconds: int) -> None:
        """Keep ``record`` for ``seconds``."""
        caches[self._alias].set(_open(key), record, seconds)

    def get(self, key: str) -> ChallengeRecord | None:
        """The record, taken or not, or None if it was never put or its time is over."""
        cache = caches[self._alias]
        record = cache.get(_open(key)) or cache.get(_used(key))
        return record if isinstance(record, ChallengeRecord) else None

    def claim(self, key: str, seconds: int) -> bool:
        """True to exactly one caller per key, whatever the number of threads, processes and machines.

        Every cache of Django's says True to exactly one ``delete`` of an entry, in one step of its server. An error
        there reads as "not deleted", so the challenge counts as used.
        """
        cache = caches[self._alias]
        record = cache.get(_open(key))
        if record is None:
            return False
        # Written first, so that whoever comes second reads "used" and not "unknown".
        cache.set(_used(key), record, seconds)
        return bool(cache.delete(_open(key)))


def _open(key: str) -> str:
    return f"cardlogin:{key}:open"


def _used(key: str) -> str:
    return f"cardlogin:{key}:used"
