"""What the loading rules of PKCS#11 modules need to know of Linux and macOS."""

import fcntl
import hashlib
import os
import pwd
import stat
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.platform.rights import posix_rights as file_rights
from agent.platform.rights import processor

PACKED_STRUCTURES = False
SYSTEM = "macos" if os.uname().sysname == "Darwin" else "linux"
# More than any driver; they have a few megabytes.
_MAX_DRIVER = 64 * 1024 * 1024
# <linux/fcntl.h>: F_ADD_SEALS, and no further seals, no other size, no writing. Python names them on Linux only.
_ADD_SEALS, _SEALS = 1033, 0x1 | 0x2 | 0x4 | 0x8
PROCESSOR = processor(os.uname().machine, struct.calcsize("P"))

__all__ = ["PACKED_STRUCTURES", "PROCESSOR", "SYSTEM", "file_rights", "path_places", "snapshot"]


def path_places() -> dict[str, str]:
    """What a path of the catalogue may begin with: the user's home as the system knows it, whatever HOME says."""
    try:
        return {"~": pwd.getpwuid(os.geteuid()).pw_dir}
    except KeyError:  # a user that the system does not know
        return {}


@contextmanager
def snapshot(path: Path) -> Iterator[tuple[str, str]]:
    """A driver's content as it is now: its SHA-256 (hex), and a name by which exactly that is loaded meanwhile.

    On Linux the name is that of a sealed copy in memory, on macOS of one in a folder that is this user's alone. So a
    driver that looks for further libraries beside itself finds none; those that are installed on the system it does.
    Raises OSError for a file that is none, too long, or somebody else's.
    """
    content = _content(path)
    digest = hashlib.sha256(content).hexdigest()
    if SYSTEM == "linux":
        # Left open: the loader knows a library by its name, and would take the next one of this number for this one.
        yield digest, f"/proc/self/fd/{_sealed(content)}"
        return
    with tempfile.TemporaryDirectory(prefix="cardlogin-") as folder:
        copy = Path(folder, path.name)
        copy.write_bytes(content)
        yield digest, str(copy)


def _content(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_uid not in (0, os.geteuid()):
            raise OSError("no file of this user")
        content = file.read(_MAX_DRIVER + 1)
    if len(content) > _MAX_DRIVER:
        raise OSError("too long for a driver")
    return content


def _sealed(content: bytes) -> int:
    descriptor = os.memfd_create("driver", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    with open(descriptor, "wb", closefd=False) as file:
        file.write(content)
    fcntl.fcntl(descriptor, _ADD_SEALS, _SEALS)
    return descriptor
