"""Keeps the TLS of a running server on the leaf that is good now: no restart, no prompt, no timer."""

import logging
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from certs.life import Choice, Fault, IdentityError, choose, read_life, read_pair

_LOG = logging.getLogger(__name__)


class LeafKeeper:
    """A server's TLS context that changes to the next leaf by itself.

    The moment is looked at in each handshake, which costs about a microsecond: so a computer that slept for weeks, or
    whose clock was put right, serves the right leaf with its first connection, and nothing wakes it up for that.
    """

    def __init__(
        self, folder: Path, context: Callable[[str, str], ssl.SSLContext], clock: Callable[[], datetime] | None = None
    ) -> None:
        """Reads the identity in a folder; `context` makes a server's TLS from certificate and key (paths).

        Raises IdentityError for an identity that cannot be read. An expired one is served all the same: the browser
        then says so, and `fault()` does.
        """
        self._folder, self._make = folder, context
        self._clock = clock or _now
        self._life = read_life(folder)
        self._choice = choose(self._life, self._clock())
        self.context = self._current = self._load(self._choice)
        self.context.sni_callback = self._handshake
        self._tell(None)

    def fault(self) -> Fault | None:
        """What is wrong with the identity now, for the self-test."""
        if not self._choice.holds(self._clock()):
            self._change()
        return self._choice.fault

    def _handshake(self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        if not self._choice.holds(self._clock()):
            self._change()
        if self._current is not self.context:
            connection.context = self._current

    def _change(self) -> None:
        before, self._choice = self._choice, choose(self._life, self._clock())
        if before.leaf != self._choice.leaf:
            try:
                self._current = self._load(self._choice)
            except IdentityError as error:  # the old leaf goes on; the next change tries again
                _LOG.error("%s: %s", error.fault.value, error)
        self._tell(before.fault)

    def _load(self, choice: Choice) -> ssl.SSLContext:
        read_pair(self._folder, choice.leaf)  # what is no file, or somebody else's, is not opened by OpenSSL either
        try:
            return self._make(str(self._folder / choice.leaf.certificate), str(self._folder / choice.leaf.key))
        except OSError as error:  # ssl.SSLError is one
            raise IdentityError(Fault.UNREADABLE, f"{self._folder / choice.leaf.certificate}: {error}") from None

    def _tell(self, before: Fault | None) -> None:
        if self._choice.fault not in (None, before):
            _LOG.warning("%s", self._choice.fault)


def _now() -> datetime:
    return datetime.now(UTC)
