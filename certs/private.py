"""Files that are this user's alone: used only if they are, and replaced as a whole. Nothing here waits for a pipe.

Windows has no owner and mode to look at: there kind and length alone are checked, and the profile's access list counts.
"""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # it takes 40 ms, and most who read a file lock none
    from filelock import FileLock

_GROUP_WRITES, _OTHERS_WRITE, _ANY_OTHERS = stat.S_IWGRP, stat.S_IWOTH, stat.S_IRWXG | stat.S_IRWXO
# On Windows a file is read as it is; elsewhere a pipe without a writer would be waited for.
_OPEN = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


class UnsafeError(OSError):
    """A file or folder that somebody else may have written, or that is no file or folder; the text says why."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} {why}")
        self.strerror = why


class ExposedError(UnsafeError):
    """A secret that others may have read."""


def read_file(path: Path, most: int, *, links: bool = False) -> bytes:
    """The content of a regular file of at most `most` bytes, whoever it belongs to; `links` may lead to it.

    Raises UnsafeError for anything else (pipe, device, folder, socket, link, a longer file) and OSError.
    """
    with _opened(path, links=links) as (file, _):
        return _content(path, file, most)


def read_private(path: Path, most: int, *, secret: bool = False, owner: int | None = None) -> bytes:
    """The content of a file that only its owner (this user, unless told; or root) can have written.

    Raises ExposedError for a `secret` that others may read; else as `read_file`, for a wrong owner or mode as well.
    """
    with _opened(path) as (file, status):
        _check_owner(path, status, owner)
        _refuse_writers(path, status)
        if secret and hasattr(os, "geteuid") and status.st_mode & _ANY_OTHERS:
            raise ExposedError(path, "can be read by others")
        return _content(path, file, most)


def read_settings_file(path: Path, most: int) -> bytes:
    """The content of a file that the person writes: links may lead to it, and a group of the person's own may write."""
    with _opened(path, links=True) as (file, status):
        _check_owner(path, status)
        _refuse_writers(path, status, own_group=True)
        return _content(path, file, most)


def check_folder(path: Path) -> None:
    """Raises UnsafeError for a folder that somebody else than this user (or root) could change or put another in for.

    Every folder on the way counts, and links to the folder are followed. Raises OSError for one that is not there.
    """
    real = path.resolve(strict=True)
    status = real.stat()
    if not stat.S_ISDIR(status.st_mode):
        raise UnsafeError(path, "is no folder")
    _check_owner(path, status)
    _refuse_writers(path, status)
    for folder in dict.fromkeys((*real.parents, *(path.parent.resolve() / "x").parents)):
        status = folder.stat()
        _check_owner(folder, status)
        # With the sticky bit others cannot replace what is not theirs.
        if not status.st_mode & stat.S_ISVTX:
            _refuse_writers(folder, status, own_group=True)


def replace_file(path: Path, content: bytes) -> None:
    """Puts a new file, readable by this user alone, in the place of an old one or of a link.

    A kill or power cut at any moment leaves the old one or the new one. Raises UnsafeError where a device, a pipe or a
    folder has the name, and OSError.
    """
    with contextlib.suppress(FileNotFoundError):
        if not (stat.S_ISREG(mode := path.lstat().st_mode) or stat.S_ISLNK(mode)):
            raise UnsafeError(path, "is no file")
    import tempfile

    descriptor, draft = tempfile.mkstemp(prefix=f".{path.stem}-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
    if hasattr(os, "O_DIRECTORY"):  # a folder can be synchronised on POSIX only
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def lock_file(path: Path, timeout: float = -1) -> "FileLock":
    """A lock by a file, not taken yet; raises UnsafeError where something else lies in its place.

    Locking empties the file, so it must be nothing but a lock: no link, no second name of another file.
    """
    from filelock import FileLock

    with contextlib.suppress(FileNotFoundError):
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1 or status.st_size:
            raise UnsafeError(path, "is no lock file of ours")
        _check_owner(path, status)
    return FileLock(path, timeout=timeout)


@contextlib.contextmanager
def _opened(path: Path, *, links: bool = False) -> Iterator[tuple[int, os.stat_result]]:
    try:
        descriptor = os.open(path, os.O_RDONLY | _OPEN | (0 if links else _NO_LINK))
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise UnsafeError(path, "is a link") from None
        if error.errno in (errno.ENXIO, errno.EOPNOTSUPP, errno.ENODEV):  # a socket; a device without a driver
            raise UnsafeError(path, "is no file") from None
        raise
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise UnsafeError(path, "is no file")
        yield descriptor, status
    finally:
        os.close(descriptor)


def _content(path: Path, descriptor: int, most: int) -> bytes:
    with open(descriptor, "rb", closefd=False) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise UnsafeError(path, f"is longer than {most} bytes")
    return content


def _check_owner(path: Path, status: os.stat_result, owner: int | None = None) -> None:
    if hasattr(os, "geteuid") and status.st_uid not in (0, os.geteuid() if owner is None else owner):
        raise UnsafeError(path, f"belongs to another user ({status.st_uid})")


def _refuse_writers(path: Path, status: os.stat_result, *, own_group: bool = False) -> None:
    if not hasattr(os, "geteuid"):
        return
    group = status.st_mode & _GROUP_WRITES and not (own_group and _is_own_group(status.st_gid))
    if group or status.st_mode & _OTHERS_WRITE:
        raise UnsafeError(path, "can be written by others")


def _is_own_group(number: int) -> bool:
    """Whether a group is the one that many systems make for each user alone; its files are then group-writable."""
    import grp
    import pwd

    try:
        user, group = pwd.getpwuid(os.geteuid()), grp.getgrgid(number)
    except KeyError:
        return False
    return group.gr_gid == user.pw_gid and group.gr_name == user.pw_name and set(group.gr_mem) <= {user.pw_name}
