"""Linux and macOS."""

import os
import resource
import sys

# What the card host may see of the daemon's environment: the display, the user's language, the PC/SC socket and the
# configuration of the software token. Everything that steers Python or the loader stays out; so does OPENSC_CONF, whose
# file names libraries to load: the host has a configuration of its own for that driver.
HOST_ENVIRONMENT = (
    "DISPLAY",
    "XAUTHORITY",
    "WAYLAND_DISPLAY",
    "XDG_RUNTIME_DIR",
    "HOME",
    "TERM",
    "GTK_THEME",
    "XDG_CONFIG_HOME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "PCSCLITE_CSOCK_NAME",
    "SOFTHSM2_CONF",
)
# A family with Traditional Chinese; Tk takes the nearest one where it is missing.
WINDOW_FONT = "PingFang TC" if os.uname().sysname == "Darwin" else "Noto Sans CJK TC"


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
