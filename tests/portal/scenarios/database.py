"""The portal's own database: what it has sent, and time that passes without anybody waiting."""

import json
import re
import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import redis

from tests.portal.audit_rows import Row
from tests.stand.asking import wait_until
from tests.stand.waiting import LIMIT

# Every time that a rule of the portal looks at. Moving them back is the same as moving the clock on.
_TIMES = {
    "accounts_issuedcode": ("created", "expires", "used"),
    "accounts_knowndevice": ("since",),
    "accounts_passwordtries": ("last_wrong", "locked_until"),
    "accounts_user": ("delete_after",),
    "captcha_captchastore": ("expiration",),
    "cardlogin_messages_recipientcount": ("hour", "day"),
    "portal_cache": ("expires",),
}
# Where the limits are kept, unless a cache server keeps them.
_CACHE = "portal_cache"


@dataclass(frozen=True)
class Message:
    """One mail or text message."""

    subject: str
    body: str

    @property
    def link(self) -> str:
        """The first address in it."""
        return self._find(r"https://\S+")

    @property
    def code(self) -> str:
        """The six digits in it."""
        return self._find(r"(?<!\d)\d{6}(?!\d)")

    def _find(self, pattern: str) -> str:
        found = re.search(pattern, self.body)
        assert found, self.body
        return found[0]


class Database:
    """The database of a running portal: its SQLite file, or the servers that its environment names."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._file = Path(environment["CARDLOGIN_STATE"]) / "portal.sqlite3"
        self._server = environment.get("CARDLOGIN_DATABASE_URL", "")
        self._cache = environment.get("CARDLOGIN_CACHE_URL", "")

    def messages(self, recipient: str) -> list[Message]:
        """Everything that was sent to an address or a number, oldest first."""
        query = "SELECT subject, body FROM cardlogin_messages_outboxmessage WHERE recipient = ? ORDER BY id"
        with self._open() as connection:
            return [Message(*row) for row in connection.execute(self._sql(query), (recipient,)).fetchall()]

    def next_message(self, recipient: str, read: int) -> Message:
        """The message after so many that were read, once it is there."""
        wait_until(lambda: len(self.messages(recipient)) > read)
        return self.messages(recipient)[read]

    def captcha_answer(self, key: str) -> str:
        """What somebody hears or reads in a question."""
        query = "SELECT response FROM captcha_captchastore WHERE hashkey = ?"
        with self._open() as connection:
            return str(connection.execute(self._sql(query), (key,)).fetchone()[0])

    def events(self) -> list[Row]:
        """Every event of the audit log."""
        with self._open() as connection:
            rows = connection.execute("SELECT action, code, account, address, facts FROM audit_auditevent").fetchall()
        return [
            Row(action, code, account, address, json.loads(facts) if isinstance(facts, str) else facts)
            for action, code, account, address, facts in rows
        ]

    def pass_time(self, time: timedelta) -> None:
        """Let time pass for everything that the portal has noted."""
        before = "strftime('%Y-%m-%d %H:%M:%f', {0}, -? || ' seconds')"
        if self._server:
            before = "{0} - ? * interval '1 second'"
        with self._open() as connection:
            for table, columns in _TIMES.items():
                if self._cache and table == _CACHE:
                    continue
                for column in columns:
                    update = f"UPDATE {table} SET {column} = {before.format(column)}"  # noqa: S608  # the names above
                    connection.execute(self._sql(update), (time.total_seconds(),))
        if self._cache:
            _age(redis.Redis.from_url(self._cache), time)

    def renew_cards(self) -> None:
        """Let every card have been used with another certificate before, as if all of them had been renewed since."""
        with self._open() as connection:
            rows = connection.execute("SELECT id FROM cards_cardcertificate").fetchall()
            for (row,) in rows:
                update = "UPDATE cards_cardcertificate SET sha256 = ? WHERE id = ?"
                connection.execute(self._sql(update), (secrets.token_hex(32), row))

    def _sql(self, text: str) -> str:
        return text.replace("%", "%%").replace("?", "%s") if self._server else text

    @contextmanager
    def _open(self) -> Iterator[Any]:
        if self._server:
            with psycopg.connect(self._server) as connection:
                yield connection
            return
        with closing(sqlite3.connect(self._file, timeout=LIMIT)) as file, file:
            yield file


def _age(cache: redis.Redis, time: timedelta) -> None:
    """Let everything in a cache server expire so much earlier."""
    for key in cache.scan_iter():
        left = cache.pttl(key)
        if left > 0:  # otherwise it stays for ever, or is gone by now
            cache.pexpire(key, max(left - int(time.total_seconds() * 1000), 1))
