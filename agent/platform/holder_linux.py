"""Linux: which program of which user listens on a port, as /proc tells it."""

import pwd
from contextlib import suppress
from pathlib import Path

from agent.platform.peer_linux import lines

_LISTENS = "0A"  # net/tcp_states.h


def holder_of(port: int) -> str:
    """The program and its user, as in "python3 (user nobody)"; of a stranger's program the user alone, or nothing."""
    for line in lines():
        fields = line.split()
        # sl, local, remote, state, queues, timer, retransmissions, user, time-out, inode
        if len(fields) > 9 and fields[3] == _LISTENS and int(fields[1].rpartition(":")[2], 16) == port:
            return f"{_program(fields[9]) or '?'} (user {_user(int(fields[7]))})"
    return ""


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _program(inode: str) -> str:
    """The name of a process that has a socket open; empty where we may not look into it."""
    wanted = f"socket:[{inode}]"
    for folder in Path("/proc").glob("[0-9]*/fd"):
        with suppress(OSError):  # a stranger's, or gone
            if any(_target(file) == wanted for file in folder.iterdir()):
                return (folder.parent / "comm").read_text("utf-8", "replace").strip()
    return ""


def _target(file: Path) -> str:
    with suppress(OSError):
        return str(file.readlink())
    return ""
