"""Linux and macOS."""

import os
import resource

# What the card host may see of the daemon's environment: the display, the user's language, the PC/SC socket and the
# configuration of the two open drivers. Everything that steers Python or the loader stays out.
HOST_ENVIRONMENT = (
    "DISPLAY",
    "XAUTHORITY",
    "WAYLAND_DISPLAY",
    "XDG_RUNTIME_DIR",
    "HOME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "PCSCLITE_CSOCK_NAME",
    "OPENSC_CONF",
    "SOFTHSM2_CONF",
)
# A family with Traditional Chinese; Tk takes the nearest one where it is missing.
WINDOW_FONT = "PingFang TC" if os.uname().sysname == "Darwin" else "Noto Sans CJK TC"


def harden() -> None:
    """Makes this process leave no core file and no readable files behind."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.umask(0o077)
