"""Linux: what the kernel can do for a process that is to hold a PIN."""

import ctypes
import mmap
import os
import signal
import sys

# <linux/prctl.h>, <sys/mman.h>
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
_MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT = 1, 2, 4
# More than a card host ever maps.
_ROOM = 1 << 30


def seal() -> None:
    """Nobody of the same user reads or traces this process, it gains no rights, and it dies with its parent.

    Not dumpable means that /proc/PID belongs to root, so memory, environment and open files of this process are closed
    to other programs (prctl(2), ptrace(2)). The parent is the thread that started us: it must be one that stays.
    """
    libc = ctypes.CDLL(None)
    parent = os.getppid()
    _prctl(libc, _PR_SET_DUMPABLE, 0)
    _prctl(libc, _PR_SET_NO_NEW_PRIVS, 1)
    _prctl(libc, _PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before we asked, so no signal comes
        os._exit(2)
    _lock_memory(libc)


def _prctl(libc: ctypes.CDLL, option: int, value: int) -> None:
    if libc.prctl(option, *(ctypes.c_ulong(number) for number in (value, 0, 0, 0))):
        print(f"card host: prctl {option} is refused", file=sys.stderr)


def _lock_memory(libc: ctypes.CDLL) -> None:
    """Keeps all pages out of the swap space, where the limit for locked memory allows it for the whole process.

    Only pages in use are locked, so none is loaded for it. Under a limit every later mapping counts, and one too many
    would end this process; then rather none is locked.
    """
    if libc.mlockall(_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT) == 0 and not _is_room():
        libc.munlockall()


def _is_room() -> bool:
    try:
        mmap.mmap(-1, _ROOM).close()
    except OSError:
        return False
    return True
