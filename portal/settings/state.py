"""The folder of an installation's own files: nobody else on the machine reads them or exchanges them."""

import os
import stat
from contextlib import suppress
from pathlib import Path

_OTHERS = 0o077
_WRITABLE = 0o022


def keep_private() -> None:
    """Have this process make every file and folder for its own user only (umask 077), whoever starts it."""
    os.umask(_OTHERS)


def complaint_about(folder: Path) -> str:
    """Why a folder cannot hold the state, or "": it must be this user's, closed to all others, and stay what it is.

    Looks at the folder, at those above it, and at the portal's own files in it.
    """
    if not folder.is_absolute():
        return "is not a whole path"
    try:
        found = folder.lstat()
    except OSError:
        return "is not a folder"
    if not stat.S_ISDIR(found.st_mode):
        return "is not a folder (a symbolic link is none)"
    if found.st_uid != os.geteuid():
        return "belongs to another user than the one that runs this program"
    if stat.S_IMODE(found.st_mode) & _OTHERS:
        return "is open to other users of this machine (chmod go-rwx)"
    if any(_can_be_exchanged(above) for above in folder.resolve().parents):
        return "lies in a folder that other users may change"
    return _complaint_about_content(folder)


def _can_be_exchanged(above: Path) -> bool:
    found = above.stat()
    writable = found.st_mode & _WRITABLE and not found.st_mode & stat.S_ISVTX
    return bool(writable) or found.st_uid not in (0, os.geteuid())


def _complaint_about_content(folder: Path) -> str:
    """Files of an earlier version that others could read are closed; links and others' files are refused."""
    for path in own_files(folder):
        try:
            found = path.lstat()
        except FileNotFoundError:
            continue  # SQLite and the keeper of lists take files away meanwhile
        if found.st_uid != os.geteuid() or stat.S_ISLNK(found.st_mode):
            return "holds a file that is a link or another user's"
        if stat.S_IMODE(found.st_mode) & _OTHERS:
            with suppress(FileNotFoundError):
                path.chmod(stat.S_IMODE(found.st_mode) & ~_OTHERS)
    return ""


def own_files(folder: Path) -> list[Path]:
    """What the portal has put into the folder: the SQLite file with its companions, and the revocation lists."""
    return [path for pattern in ("portal.sqlite3*", "lists", "lists/*") for path in folder.glob(pattern)]
