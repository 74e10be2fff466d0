"""Challenges kept in a SQL database, through any DB-API 2.0 driver; written for SQLite and PostgreSQL."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from cardlogin_server.challenge import ChallengeRecord, Purpose
from cardlogin_server.clock import Clock, utc_now

TABLE: Final = "cardlogin_challenge"
SCHEMA: Final = (
    f"CREATE TABLE IF NOT EXISTS {TABLE} ("
    "challenge_key CHAR(64) PRIMARY KEY, session_hash CHAR(64) NOT NULL, purpose VARCHAR(16) NOT NULL, "
    "expires_at BIGINT NOT NULL, gone_at BIGINT NOT NULL, used SMALLINT NOT NULL DEFAULT 0)",
    f"CREATE INDEX IF NOT EXISTS {TABLE}_gone_at ON {TABLE} (gone_at)",
)
_PUT: Final = f"INSERT INTO {TABLE} (challenge_key, session_hash, purpose, expires_at, gone_at) VALUES (?, ?, ?, ?, ?)"  # noqa: S608
_GET: Final = f"SELECT session_hash, purpose, expires_at FROM {TABLE} WHERE challenge_key = ? AND gone_at > ?"  # noqa: S608
# The row is locked and looked at again before it is written, so two callers cannot both find it unused.
_CLAIM: Final = f"UPDATE {TABLE} SET used = 1 WHERE challenge_key = ? AND used = 0 AND gone_at > ?"  # noqa: S608
_PURGE: Final = f"DELETE FROM {TABLE} WHERE gone_at <= ?"  # noqa: S608
# Keys are digests, so one in 256 begins like this: old rows go at about every 256th challenge.
_PURGING_KEYS: Final = "00"


class SqlCursor(Protocol):
    """What is needed of a DB-API cursor."""

    @property
    def rowcount(self) -> int:
        """The number of rows that the last statement changed."""

    def execute(self, statement: str, parameters: Sequence[Any] = ..., /) -> Any:
        """Run a statement."""

    def fetchone(self) -> Any:
        """The next row, or None."""

    def close(self) -> Any:
        """Give the cursor up."""


class SqlConnection(Protocol):
    """What is needed of a DB-API connection that is not in autocommit mode."""

    def cursor(self) -> SqlCursor:
        """A new cursor."""

    def commit(self) -> Any:
        """Make the changes last."""

    def rollback(self) -> Any:
        """Undo the changes."""


Lend = Callable[[], AbstractContextManager[SqlConnection]]
"""Lends a connection for one step: a pool's ``connection`` method, or ``lambda: closing(sqlite3.connect(path))``."""


class SqlChallengeStore:
    """A store in one table with a unique key, shared by every process that uses the database.

    ``paramstyle`` is the driver's: "qmark" (sqlite3) or "format" (psycopg). Connections must be lent to one thread
    at a time and hold no transaction of the caller's, because each step commits. Errors of the driver are raised
    as they are, after a roll-back.
    """

    def __init__(self, lend: Lend, paramstyle: str = "qmark", clock: Clock = utc_now) -> None:
        if paramstyle not in ("qmark", "format"):
            raise ValueError('paramstyle must be "qmark" or "format"')
        self._lend = lend
        self._mark = "?" if paramstyle == "qmark" else "%s"
        self._clock = clock

    def create_table(self) -> None:
        """Make the table and its index where they are missing."""
        for statement in SCHEMA:
            self._run(statement, ())

    def put(self, key: str, record: ChallengeRecord, seconds: int) -> None:
        """Keep the record under a new key for that many seconds; now and then, drop what has run out."""
        if key.startswith(_PURGING_KEYS):
            self.purge()
        expires_at = round(record.expires_at.timestamp() * 1_000_000)
        self._run(_PUT, (key, record.session_hash, record.purpose.value, expires_at, self._now() + seconds))

    def get(self, key: str) -> ChallengeRecord | None:
        """The record, taken or not, or None when there is none (any more)."""
        _, row = self._run(_GET, (key, self._now()), fetch=True)
        if row is None:
            return None
        session_hash, purpose, expires_at = row
        return ChallengeRecord(session_hash, Purpose(purpose), datetime.fromtimestamp(expires_at / 1_000_000, UTC))

    def claim(self, key: str, seconds: int) -> bool:
        """True for exactly one caller per key; the mark lives in the record's row, whatever ``seconds`` says."""
        changed, _ = self._run(_CLAIM, (key, self._now()))
        return changed == 1

    def purge(self) -> None:
        """Drop what has run out."""
        self._run(_PURGE, (self._now(),))

    def _now(self) -> int:
        return int(self._clock().timestamp())

    def _run(self, statement: str, parameters: Sequence[Any], *, fetch: bool = False) -> tuple[int, Any]:
        with self._lend() as connection:
            cursor = connection.cursor()
            try:
                cursor.execute(statement.replace("?", self._mark), parameters)
                result = cursor.rowcount, cursor.fetchone() if fetch else None
                connection.commit()
            except BaseException:
                connection.rollback()
                raise
            finally:
                cursor.close()
            return result
