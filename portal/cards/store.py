"""Challenges kept in Django's cache, so that every worker process of the site knows them."""

from django.core.cache import cache

from relying_party import ChallengeRecord


class CacheChallengeStore:
    """The `ChallengeStore` of relying_party on the shared cache; keys are 64 hexadecimal digits.

    The two entries of a challenge share a prefix, and the mark of use sorts after the record. A full database
    cache drops entries from the low end of the alphabet, so a mark can never go while its record stays,
    which would make a used challenge good again.
    """

    def put(self, key: str, record: ChallengeRecord, seconds: int) -> None:
        """Keep `record` for `seconds`."""
        cache.set(f"challenge:{key}:record", record, seconds)

    def get(self, key: str) -> ChallengeRecord | None:
        """Return the record, or None if it was never put or its time is over."""
        record = cache.get(f"challenge:{key}:record")
        return record if isinstance(record, ChallengeRecord) else None

    def claim(self, key: str, seconds: int) -> bool:
        """Return True to exactly one caller per key, whatever the number of threads, processes and machines.

        `cache.add` inserts only if nothing is there, in one step of the database. An error there reads as
        "not inserted", so the challenge counts as used. Must not run inside a transaction of the default
        database that may be rolled back; the portal has no such (ATOMIC_REQUESTS is off).
        """
        return cache.add(f"challenge:{key}:used", True, seconds)
