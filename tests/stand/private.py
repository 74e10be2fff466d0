"""A system of its own for some programs: they see /etc, /usr/local/share and /var/lib as folders of the test."""

import os
from collections.abc import Sequence
from pathlib import Path

from tests.stand.processes import StandError

# /mnt is only a place to mount on, seen by these programs alone: the real folders.
_ORIGINAL = Path("/mnt")
_MIRRORED = ("etc", "usr/local/share")
_SCRIPT = """set -e
top=$1
shift
mount -t tmpfs none /mnt
for place in etc usr/local/share; do mkdir -p "/mnt/$place"; mount --rbind "/$place" "/mnt/$place"; done
for place in etc usr/local/share var/lib; do mount --bind "$top/$place" "/$place"; done
exec "$@"
"""


class PrivateSystem:
    """What an administrator's commands may change without changing this computer.

    Works for root, and for users who may make user namespaces: they are root in it. Files are links to the real ones
    until somebody replaces them; /var/lib is empty.
    """

    def __init__(self, top: Path) -> None:
        """Prepares the folders; raises StandError where it is there already."""
        if top.exists():
            raise StandError(f"{top} exists")
        self._top = top
        (top / "var/lib").mkdir(parents=True)
        for place in _MIRRORED:
            _mirror(Path("/", place), top / place)

    def command(self, command: Sequence[str]) -> list[str]:
        """A command that sees this system."""
        unshare = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
        return [*unshare, "sh", "-c", _SCRIPT, "sh", str(self._top), *command]

    def path(self, place: str | Path) -> Path:
        """Where a file of this system, such as /etc/firefox/policies/policies.json, is for everybody else."""
        return self._top / Path(place).relative_to("/")

    def files(self) -> dict[str, str | bytes]:
        """Everything in it: targets of links, bytes of files, and folders, to be compared."""
        found: dict[str, str | bytes] = {}
        for path in self._top.rglob("*"):
            name = str(path.relative_to(self._top))
            if path.is_symlink():
                found[name] = str(path.readlink())
            else:
                found[name] = "folder" if path.is_dir() else path.read_bytes()
        return found


def _mirror(folder: Path, copy: Path) -> None:
    """Folders as folders, links as they are, files as links to where the real ones are to be seen."""
    copy.mkdir(parents=True)
    for item in sorted(folder.iterdir()):
        target = copy / item.name
        if item.is_symlink():
            target.symlink_to(item.readlink())
        elif item.is_dir():
            if os.access(item, os.R_OK | os.X_OK):
                _mirror(item, target)
        else:
            target.symlink_to(_ORIGINAL / item.relative_to("/"))
