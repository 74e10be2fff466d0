"""Runs a command in a network of its own, where port 61161 is free whatever else this computer does."""

import array
import fcntl
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

# Linux, linux/sockios.h and linux/if.h.
_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 0x1
_X_SOCKETS = "/tmp/.X11-unix"


def alone(command: Sequence[str]) -> list[str]:
    """The command line that runs a command with interfaces, ports and X sockets of its own.

    Where the user is not root, the command believes that it is: the namespaces belong to the user.
    """
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", *user, "--net", "--mount", sys.executable, "-m", "tests.dev.own_network", *command]


def bring_up(name: str = "lo") -> None:
    """Brings an interface of this network up; raises OSError."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        request = array.array("b", struct.pack("16sh22x", name.encode(), 0))
        fcntl.ioctl(sock, _GET_FLAGS, request)
        (flags,) = struct.unpack_from("h", request, 16)
        struct.pack_into("h", request, 16, flags | _UP)
        fcntl.ioctl(sock, _SET_FLAGS, request)


def _main() -> None:
    bring_up()
    # Screens of this network are numbered by its own abstract sockets; those in the file system have to be its own too.
    Path(_X_SOCKETS).mkdir(0o1777, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=1777", "none", _X_SOCKETS], check=True)
    command = sys.argv[1:]
    os.execvp(command[0], command)  # noqa: S606  # the very command of the runner


if __name__ == "__main__":
    _main()
