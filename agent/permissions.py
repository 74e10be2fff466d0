"""What this user decided about origins: a small file that the daemon follows while it runs."""

import contextlib
import logging
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import msgspec

from agent.failures import Code, FailureError
from agent.origins import MAX_PATTERNS, Patterns, parse
from certs.private import check_folder, lock_file, read_private, replace_file

FILE = "origins.json"
MAX_FILE = 384 * 1024  # three times MAX_PATTERNS of the longest origins fit
_LOG = logging.getLogger(__name__)


class Decision(StrEnum):
    """What was decided about an origin."""

    ALLOW = "allow"  # may also be told about reader and card without a PIN
    PAGE_PIN = "page_pin"  # as ALLOW; and a page of it written for the old component may send the PIN
    DENY = "deny"  # may not ask at all


class PermissionsError(Exception):
    """The file cannot be used; the text says which one and why."""


class _Lists(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    allow: list[str] = []
    deny: list[str] = []
    page_pin: list[str] = []

    def all(self) -> dict[Decision, list[str]]:
        """The origins by decision."""
        return {Decision.ALLOW: self.allow, Decision.PAGE_PIN: self.page_pin, Decision.DENY: self.deny}


# What tells one state of the file from another: a new file has another inode, a changed one another time or size.
_Stamp = tuple[int, int, int]


class Permissions:
    """The remembered decisions; read again whenever the file has changed.

    An answer costs one look at the file's date. No file means that nothing was decided. While the file cannot be
    read nobody is admitted, because nobody can tell who was refused.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stamp: _Stamp | PermissionsError | None = None
        self._allow, self._page_pin, self._deny = Patterns(()), Patterns(()), Patterns(())

    def denied(self, origin: str) -> bool:
        """Whether an origin was refused, on whatever port; raises FailureError(permissions_unreadable)."""
        self._follow()
        return self._deny.cover(origin)

    def allowed(self, origin: str) -> bool:
        """Whether exactly this origin was permitted; raises FailureError(permissions_unreadable)."""
        self._follow()
        allowed = self._allow.name(origin) or self._page_pin.name(origin)
        return allowed and not self._deny.cover(origin)

    def may_send_pin(self, origin: str) -> bool:
        """Whether exactly this origin may send the PIN itself; raises FailureError(permissions_unreadable)."""
        self._follow()
        return self._page_pin.name(origin) and not self._deny.cover(origin)

    def all(self) -> dict[str, Decision]:
        """All decisions by origin, in alphabetical order; raises PermissionsError."""
        lists = self._read()
        rows = {origin: decision for decision, origins in lists.all().items() for origin in origins}
        return dict(sorted(rows.items()))

    def decide(self, origin: str, decision: Decision | None) -> bool:
        """Remembers a decision in place of an earlier one, or forgets it for None; tells whether that changed anything.

        A kill or power cut at any moment leaves the old file or the new one. Raises PermissionsError for a text that
        is no origin, too many decisions, or a file that cannot be read or written.
        """
        if parse(origin) is None:
            raise PermissionsError(f"not an origin: {origin[:100]!r} (write it as https://portal.example)")
        with self._locked():
            rows = self.all()
            if rows.get(origin) == decision:
                return False
            rows.pop(origin, None)
            self._write(rows if decision is None else {**rows, origin: decision})
        return True

    def permit(self, origin: str) -> None:
        """Remembers that the person has allowed a site in a window, unless it was refused since.

        What cannot be remembered is asked again; that is said in the log.
        """
        try:
            with self._locked():
                rows = self.all()
                if origin not in rows:
                    self._write({**rows, origin: Decision.ALLOW})
        except PermissionsError as error:
            _LOG.warning("%s", error)

    def reset(self) -> None:
        """Forgets all decisions, also those of a file that cannot be read; raises PermissionsError."""
        with self._locked():
            self._write({})

    def _follow(self) -> None:
        stamp = self._look()
        if stamp != self._stamp or isinstance(stamp, PermissionsError):
            self._stamp = stamp
            self._load()

    def _look(self) -> "_Stamp | PermissionsError | None":
        try:
            state = self.path.stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            return PermissionsError(f"{self.path}: {error.strerror}")
        return state.st_ino, state.st_mtime_ns, state.st_size

    def _load(self) -> None:
        try:
            lists = self._read()
        except PermissionsError as error:
            # Asked again next time: a file that is mended counts at once, even if its date does not tell.
            self._stamp = error
            _LOG.warning("nobody is admitted: %s", error)
            raise FailureError(Code.PERMISSIONS_UNREADABLE) from None
        self._allow, self._page_pin = Patterns(lists.allow), Patterns(lists.page_pin)
        self._deny = Patterns(lists.deny)

    def _read(self) -> _Lists:
        try:
            content = read_private(self.path, MAX_FILE)
            lists = msgspec.json.decode(content, type=_Lists)
            for origins in lists.all().values():
                Patterns(origins)
        except FileNotFoundError:
            return _Lists()
        except (OSError, ValueError, RecursionError) as error:  # JSON, UTF-8 and pattern errors are ValueErrors
            raise PermissionsError(f"{self.path}: {error}") from None
        return lists

    def _write(self, rows: dict[str, Decision]) -> None:
        lists = {kind: [origin for origin, decision in rows.items() if decision is kind] for kind in Decision}
        if any(len(origins) > MAX_PATTERNS for origins in lists.values()):
            raise PermissionsError(f"more than {MAX_PATTERNS} origins: forget some first")
        written = _Lists(lists[Decision.ALLOW], lists[Decision.DENY], lists[Decision.PAGE_PIN])
        content = msgspec.json.format(msgspec.json.encode(written), indent=1)
        try:
            replace_file(self.path, content + b"\n")
        except OSError as error:
            raise PermissionsError(f"{self.path}: {error.strerror or error}") from None

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Two commands at once must not forget each other's decision."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            check_folder(self.path.parent)
            lock = lock_file(self.path.with_suffix(".lock"), timeout=10)
            lock.acquire()
        except (OSError, TimeoutError) as error:  # the lock's own time-out is a TimeoutError
            raise PermissionsError(f"{self.path}: {error}") from None
        try:
            yield
        finally:
            lock.release()
