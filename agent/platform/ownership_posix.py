"""Linux and macOS: where the administrator's settings lie, and whether others could have written them."""

import os
import stat
from pathlib import Path

# Not by XDG_CONFIG_DIRS: a desktop that sets it would make the administrator's file silently disappear.
ADMINISTRATOR_FILE = Path(
    "/Library/Application Support/cardlogin/agent.toml"
    if os.uname().sysname == "Darwin"
    else "/etc/xdg/cardlogin/agent.toml"
)
_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def doubt_of(path: Path, root: int = 0) -> str:
    """Why a file could have been written by somebody else than `root`; empty when it could not.

    Every folder on the way counts too, because whoever may write there can put another file in its place.
    Raises OSError for a file that cannot be looked at.
    """
    real = path.resolve(strict=True)
    for item in (real, *real.parents):
        doubt = _doubt_of_one(item.stat(), root)
        if doubt:
            return f"{item} {doubt}"
    return "" if real.is_file() else f"{real} is no file"


def is_roots(path: Path) -> bool:
    """Whether only root decides what is found at an absolute path that leads through no link; False if nothing is."""
    try:
        return (
            path == path.resolve(strict=True)
            and not any(_doubt_of_one(item.stat(), 0) for item in (path.parent, *path.parent.parents))
            and path.stat().st_uid == 0
        )
    except (OSError, RuntimeError, ValueError):
        return False


def _doubt_of_one(state: os.stat_result, root: int) -> str:
    if state.st_uid not in (0, root):
        return f"belongs to user {state.st_uid}"
    # In a folder with the sticky bit others cannot replace what is not theirs.
    if state.st_mode & _OTHERS and not (stat.S_ISDIR(state.st_mode) and state.st_mode & stat.S_ISVTX):
        return "can be written by others"
    return ""
