"""Challenges: made at random, bound to session and purpose, taken once within five minutes."""

import hashlib
import hmac
import re
import secrets
import threading
import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol

from cardlogin_server.clock import Clock, utc_now
from cardlogin_server.failures import (
    ChallengeExpired,
    ChallengePurposeWrong,
    ChallengeSessionWrong,
    ChallengeUnknown,
    ChallengeUsed,
)

RANDOM_BYTES = 32
LIFE = timedelta(seconds=300)
KEPT_SECONDS = 900
_SHAPE = re.compile(r"[A-Za-z0-9+/]{43}=\.[a-z]{4,8}")


class Purpose(Enum):
    """What a signature is asked for; the value is the part of the challenge text after the dot."""

    LOGIN = "login"
    BIND = "bind"
    ACTIVATE = "activate"
    UNLOCK = "unlock"
    RESET = "reset"
    UNBIND = "unbind"
    TEST = "test"
    """A trial of the self-test, which opens nothing."""


@dataclass(frozen=True, slots=True)
class ChallengeRecord:
    """What a store keeps of one challenge: neither the challenge nor the session id can be read back from it."""

    session_hash: str
    purpose: Purpose
    expires_at: datetime


class ChallengeStore(Protocol):
    """Where records live; with several server processes it must be shared by all of them.

    Keys are 64 hexadecimal digits. Every method must be safe to call from several threads.
    """

    def put(self, key: str, record: ChallengeRecord, seconds: int) -> None:
        """Keep the record under a new key for at least that many seconds."""

    def get(self, key: str) -> ChallengeRecord | None:
        """The record, or None when there is none (any more)."""

    def claim(self, key: str, seconds: int) -> bool:
        """True for exactly one caller per key, ever, and only while the record is kept; one atomic operation."""


@dataclass(slots=True)
class _Entry:
    record: ChallengeRecord
    gone_at: float
    claimed: bool = False


class MemoryChallengeStore:
    """A store inside one process, for one server process and for tests; safe for threads.

    Holds at most ``limit`` challenges; the oldest goes first, so a flood costs old attempts and not memory.
    """

    def __init__(self, limit: int = 100_000, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._entries: dict[str, _Entry] = {}

    def put(self, key: str, record: ChallengeRecord, seconds: int) -> None:
        """Keep the record; drops what has run out and, when full, the oldest."""
        with self._lock:
            self._drop_old()
            self._entries[key] = _Entry(record, self._monotonic() + seconds)

    def get(self, key: str) -> ChallengeRecord | None:
        """The record, or None when unknown, run out or dropped."""
        with self._lock:
            entry = self._living(key)
            return entry.record if entry else None

    def claim(self, key: str, seconds: int) -> bool:
        """True for the first caller; the mark lives as long as the record, whatever ``seconds`` says."""
        with self._lock:
            entry = self._living(key)
            if entry is None or entry.claimed:
                return False
            entry.claimed = True
            return True

    def _living(self, key: str) -> _Entry | None:
        entry = self._entries.get(key)
        return entry if entry and entry.gone_at > self._monotonic() else None

    def _drop_old(self) -> None:
        # Entries are in the order of their arrival, so both kinds to drop are at the front.
        now = self._monotonic()
        while self._entries:
            oldest = next(iter(self._entries))
            if self._entries[oldest].gone_at > now and len(self._entries) < self._limit:
                return
            del self._entries[oldest]


class Challenges:
    """Issues challenge texts and takes them back, each once."""

    def __init__(self, store: ChallengeStore, clock: Clock = utc_now) -> None:
        self._store = store
        self._clock = clock

    def issue(self, session_id: str, purpose: Purpose) -> str:
        """A new challenge text of this session for this purpose, good for five minutes.

        It is the Base64 of 32 random bytes, a dot and the purpose. Raises ValueError when the session id is empty.
        """
        if not session_id:
            raise ValueError("a challenge needs a session")
        text = f"{b64encode(secrets.token_bytes(RANDOM_BYTES)).decode()}.{purpose.value}"
        record = ChallengeRecord(_digest(session_id), purpose, self._clock() + LIFE)
        self._store.put(_digest(text), record, KEPT_SECONDS)
        return text

    def take(self, text: object, session_id: str, purpose: Purpose) -> None:
        """Use the challenge up; returns only when it is this session's, for this purpose, fresh and unused.

        ``text`` is whatever the browser sent, which may be no text at all.
        A stranger's session cannot use a challenge up; after that check it is spent whatever comes next.
        Raises ChallengeUnknown, ChallengeSessionWrong, ChallengeUsed, ChallengeExpired or ChallengePurposeWrong.
        """
        if not isinstance(text, str) or not _SHAPE.fullmatch(text):
            raise ChallengeUnknown("not a challenge of this site")
        key = _digest(text)
        record = self._store.get(key)
        if record is None:
            raise ChallengeUnknown("no record of this challenge")
        if not hmac.compare_digest(record.session_hash, _digest(session_id)):
            raise ChallengeSessionWrong("issued to another session")
        if not self._store.claim(key, KEPT_SECONDS):
            raise ChallengeUsed("taken before")
        if self._clock() >= record.expires_at:
            raise ChallengeExpired(record.expires_at)
        if record.purpose is not purpose:
            raise ChallengePurposeWrong(purpose.value, record.purpose.value)


def _digest(text: str) -> str:
    # surrogatepass: any str must give some digest, never an exception.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
