"""Challenges kept in Redis (6.2 or newer), for sites of several machines."""

import json
from datetime import datetime
from typing import Any, Final, Protocol

from cardlogin_server.challenge import ChallengeRecord, Purpose

# One step of the server: the record is taken away and its trace left, or nothing happens.
_CLAIM: Final = """
local record = redis.call('GETDEL', KEYS[1])
if not record then return 0 end
redis.call('SET', KEYS[2], record, 'EX', ARGV[1])
return 1
"""


class RedisClient(Protocol):
    """What is needed of a client, such as redis-py's ``redis.Redis``; it must be safe for threads, as that one is."""

    def execute_command(self, *arguments: Any) -> Any:
        """Send one command and give its answer."""


class RedisChallengeStore:
    """A store in Redis, shared by every process that uses the same database and prefix.

    ``SET NX`` puts, ``GETDEL`` takes: a challenge can be used only while its own entry is there, so a server that
    loses entries (eviction, restart without persistence) can refuse a log-in but never allow a second use. With
    asynchronous replicas a fail-over in the very moment of a log-in is the one exception. Errors of the client are
    raised as they are.
    """

    def __init__(self, client: RedisClient, prefix: str = "cardlogin") -> None:
        self._client = client
        self._prefix = prefix

    def put(self, key: str, record: ChallengeRecord, seconds: int) -> None:
        """Keep the record under a new key for that many seconds. Raises ValueError when the key is not new."""
        fields = [record.session_hash, record.purpose.value, record.expires_at.isoformat()]
        open_key, _ = self._keys(key)
        if not self._client.execute_command("SET", open_key, json.dumps(fields), "NX", "EX", seconds):
            raise ValueError("a challenge with this key is there already")

    def get(self, key: str) -> ChallengeRecord | None:
        """The record, taken or not, or None when there is none (any more)."""
        found = self._client.execute_command("MGET", *self._keys(key))
        text = next((value for value in found if value is not None), None)
        return None if text is None else _record(text)

    def claim(self, key: str, seconds: int) -> bool:
        """True for exactly one caller per key, whatever the number of threads, processes and machines."""
        return bool(self._client.execute_command("EVAL", _CLAIM, 2, *self._keys(key), seconds) == 1)

    def _keys(self, key: str) -> tuple[str, str]:
        # The braces keep both keys on the same node of a cluster.
        return f"{self._prefix}:{{{key}}}:open", f"{self._prefix}:{{{key}}}:used"


def _record(text: str | bytes) -> ChallengeRecord:
    session_hash, purpose, expires_at = json.loads(text)
    return ChallengeRecord(session_hash, Purpose(purpose), datetime.fromisoformat(expires_at))
