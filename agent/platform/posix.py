"""Linux and macOS."""

import os
import resource
import sys
from pathlib import Path

from agent.platform.ownership_posix import is_roots

PCSC_SOCKET = "PCSCLITE_CSOCK_NAME"

# What the card host may see of the daemon's environment; any program of this user may have set any of it for the whole
# session. So nothing passes that steers Python, Tcl or the loader (LD_*, PYTHON*, TCLLIBPATH, GCONV_PATH), that names
# modules of a toolkit (GTK_MODULES, QT_PLUGIN_PATH), a driver's libraries (OPENSC_CONF: the host has a file of its own
# for that), or a place to look for something to be run.
HOST_ENVIRONMENT = (
    "DISPLAY",  # the screen of the window
    "XAUTHORITY",  # and the right to use it
    "WAYLAND_DISPLAY",  # the screen of a pinentry, which has a window of its own
    "XDG_RUNTIME_DIR",  # where the socket of WAYLAND_DISPLAY is
    "HOME",  # .Xauthority, where XAUTHORITY is not said; dark or light (agent.platform.appearance), words of text alone
    "XDG_CONFIG_HOME",  # the same settings of the desktop; no driver of the catalogue has its own there
    "GTK_THEME",  # only asked for "dark"; a pinentry does not get it
    "TERM",  # the kind of terminal of a pinentry
    "LANG",  # the C library and pinentry: a name of a language, which glibc takes without a path only
    "LC_ALL",
    "LC_CTYPE",
    PCSC_SOCKET,  # where the PC/SC service listens, if administrators alone decide that (may_pass)
    "SOFTHSM2_CONF",  # where tokens of software are; names no library, and is read by a developer's driver alone
)
# A family with Traditional Chinese; Tk takes the nearest one where it is missing.
WINDOW_FONT = "PingFang TC" if os.uname().sysname == "Darwin" else "Noto Sans CJK TC"


def may_pass(name: str, value: str) -> bool:
    """Whether a variable of HOST_ENVIRONMENT may be believed: one that names a service by what only root can change.

    The PIN goes to whoever listens there: a socket of this user's may belong to any program of theirs.
    """
    return name != PCSC_SOCKET or is_roots(Path(value))


def harden() -> None:
    """Makes this process leave no core file and no readable files behind, and closes it to other programs."""
    # Imported here: the daemon loads this file too, and needs no ctypes.
    if sys.platform == "darwin":
        from agent.platform.macos import seal
    else:
        from agent.platform.linux import seal
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.umask(0o077)
    seal()


def end_with_us(pid: int) -> None:
    """A child that hardens itself ends with its parent; there is nothing to do for it here."""
