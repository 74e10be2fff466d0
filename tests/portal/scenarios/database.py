"""The portal's own database: what it has sent, and time that passes without anybody waiting."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from tests.stand.asking import wait_until

# Every time that a rule of the portal looks at. Moving them back is the same as moving the clock on.
_TIMES = {
    "accounts_issuedcode": ("created", "expires", "used"),
    "accounts_passwordtries": ("last_wrong", "locked_until"),
    "accounts_user": ("delete_after",),
    "captcha_captchastore": ("expiration",),
    "portal_cache": ("expires",),
}


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
    """The database of a running portal."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def messages(self, recipient: str) -> list[Message]:
        """Everything that was sent to an address or a number, oldest first."""
        query = "SELECT subject, body FROM cardlogin_messages_outboxmessage WHERE recipient = ? ORDER BY id"
        with self._open() as connection:
            return [Message(*row) for row in connection.execute(query, (recipient,))]

    def next_message(self, recipient: str, read: int) -> Message:
        """The message after so many that were read, once it is there."""
        wait_until(lambda: len(self.messages(recipient)) > read)
        return self.messages(recipient)[read]

    def pass_time(self, time: timedelta) -> None:
        """Let time pass for everything that the portal has noted."""
        back = f"-{time.total_seconds():.0f} seconds"
        with self._open() as connection:
            for table, columns in _TIMES.items():
                for column in columns:
                    connection.execute(  # the names are the ones above
                        f"UPDATE {table} SET {column} = strftime('%Y-%m-%d %H:%M:%f', {column}, ?)",  # noqa: S608
                        (back,),
                    )

    def renew_cards(self) -> None:
        """Let every card have been used with another certificate before, as if all of them had been renewed since."""
        with self._open() as connection:
            connection.execute("UPDATE cards_cardcertificate SET sha256 = lower(hex(randomblob(32)))")

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._file, timeout=10)) as connection, connection:
            yield connection
