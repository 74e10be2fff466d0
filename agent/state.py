"""The state folder of a running daemon: checked, locked, and made do without where it cannot be written.

A home that can only be read serves an identity that is there already; without one, this run has an identity of its own.
"""

import errno
import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from certs.life import IdentityError, check_identity
from certs.private import UnsafeError, check_folder, lock_file

LOCK, IDENTITY = "daemon.lock", "identity"
# What says that a folder cannot be written, whoever asks: a read-only file system, or somebody else's folder.
_READ_ONLY = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
_LOG = logging.getLogger(__name__)


class StateError(Exception):
    """The state folder cannot be used; the text begins with a stable word and says what to do."""


@dataclass(frozen=True)
class State:
    """Where the daemon's own files are: what is remembered, and the localhost identity, which need not be there yet."""

    folder: Path
    identity: Path


@contextmanager
def open_state(wanted: Path) -> Iterator[State]:
    """The state in a folder, which is made unless it is there, locked against a second daemon of this user.

    Raises StateError for a folder that others may change, and while another daemon runs.
    """
    with ExitStack() as until_end:
        try:
            yield _open(wanted, until_end)
        except UnsafeError as error:
            raise StateError(
                f"state_unsafe: {error}; let it and its folders belong to you alone (chmod go-w), or remove it"
            ) from None


def _open(wanted: Path, until_end: ExitStack) -> State:
    try:
        wanted.mkdir(parents=True, exist_ok=True, mode=0o700)
    except (FileExistsError, NotADirectoryError):
        raise UnsafeError(wanted, "is no folder, or lies in none") from None
    except OSError as error:
        if error.errno not in _READ_ONLY:
            raise
        _LOG.warning("%s cannot be made: nothing is remembered", wanted)
        folder = _temporary(until_end)
        return State(folder, folder / IDENTITY)
    check_folder(wanted)
    if _locked(wanted, until_end):
        return State(wanted, wanted / IDENTITY)
    _LOG.warning("%s cannot be written: permissions, language and drivers are not remembered", wanted)
    try:
        check_identity(wanted / IDENTITY)
    except IdentityError as error:
        _LOG.warning("%s: %s", error.fault.value, error)
        return State(wanted, _temporary(until_end) / IDENTITY)
    return State(wanted, wanted / IDENTITY)


def _locked(folder: Path, until_end: ExitStack) -> bool:
    """Whether the lock is taken; without the right to write there is none, and a second daemon takes another port."""
    lock: FileLock = lock_file(folder / LOCK, timeout=0)
    try:
        until_end.enter_context(lock)
    except Timeout:
        raise StateError("another CardLogin agent of this user is running") from None
    except OSError as error:
        if error.errno not in _READ_ONLY:
            raise
        return False
    return True


def _temporary(until_end: ExitStack) -> Path:
    """A folder of this user for this run alone, in the session's own place or the system's for temporary files."""
    _LOG.warning("the localhost identity of this run ends with it: browsers cannot be made to trust it for long")
    reason: OSError | None = None
    for place in (os.environ.get("XDG_RUNTIME_DIR"), None):
        try:
            name = until_end.enter_context(tempfile.TemporaryDirectory(prefix="cardlogin-", dir=place or None))
            check_folder(Path(name))
        except OSError as error:
            reason = error
        else:
            return Path(name)
    raise StateError(f"state_missing: there is no folder that can be written: {reason}")
