"""An agent on a computer that has the old component, or parts of it, where its Linux package puts them."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from agent.override import override
from tests.stand.parts import Agent

FOLDER = "/usr/local/HiPKILocalSignServerApp"
COMPONENT = ("start.sh", "HiPKILocalSignServer", "package.json")
"""Made up: all that matters is that they are there."""
DRIVER = "libHicos_p11v1.so"
# Only these programs see it. /mnt is a place to mount on; the new /usr/local is the administrators' alone, as drivers
# must be, whatever this computer's own is like. Parts are paths of files; an empty list leaves the folder out.
_SCRIPT = """set -e
folder=$1 count=$2
shift 2
mount -t tmpfs none /mnt
mkdir /mnt/local
mount --rbind /usr/local /mnt/local
mount -t tmpfs -o mode=755 none /usr/local
for entry in /mnt/local/*; do ln -s "$entry" /usr/local/; done
while test "$count" -gt 0; do
    install -D -m 755 "$1" "$folder/$2"
    count=$((count - 1))
    shift 2
done
exec "$@"
"""


def on_computer_with(parts: dict[str, Path]) -> type[Agent]:
    """The agent with these files in the component's folder, by name; needs root, whose drivers must be."""
    if os.geteuid() != 0:
        pytest.fail("this test installs a driver as an administrator does: run it as root, as CI does")

    class There(Agent):
        @staticmethod
        @override
        def command(settings: Path, verbose: int = 1, program: str = "agent") -> list[str]:
            copies = [word for name, source in parts.items() for word in (str(source), name)]
            script = ["sh", "-c", _SCRIPT, "sh", FOLDER, str(len(parts)), *copies]
            return ["unshare", "--mount", *script, *Agent.command(settings, verbose, program)]

    return There


def component_files(folder: Path, names: Sequence[str] = COMPONENT) -> dict[str, Path]:
    """The component without its driver; nothing starts it."""
    files = {name: folder / name for name in names}
    for file in files.values():
        file.parent.mkdir(exist_ok=True)
        file.write_text("#!/bin/sh\nexit 1\n")
    return files
