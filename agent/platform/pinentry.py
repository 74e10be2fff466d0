"""Where GnuPG's pinentry is looked for: fixed places that only an administrator (on macOS: the user) can write to."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from enum import Enum
from pathlib import Path


class Needs(Enum):
    """What a pinentry shows its question on."""

    DESKTOP = "desktop"  # always there on this system
    DISPLAY = "display"  # an X11 or Wayland display
    TERMINAL = "terminal"


@dataclass(frozen=True)
class Pinentry:
    """A pinentry program and what it needs."""

    path: Path
    needs: Needs


def pinentries() -> tuple[Pinentry, ...]:
    """The places of this system, best first; none of them need exist."""
    if sys.platform == "win32":
        folders = ("C:/Program Files/Gpg4win/bin", "C:/Program Files (x86)/Gpg4win/bin")
        return tuple(Pinentry(Path(folder, "pinentry.exe"), Needs.DESKTOP) for folder in folders)
    if sys.platform == "darwin":
        folders = ("/usr/local/MacGPG2/libexec/pinentry-mac.app/Contents/MacOS", "/opt/homebrew/bin", "/usr/local/bin")
        return tuple(Pinentry(Path(folder, "pinentry-mac"), Needs.DESKTOP) for folder in folders)
    drawn = tuple(Pinentry(Path("/usr/bin", f"pinentry-{name}"), Needs.DISPLAY) for name in ("gnome3", "gtk-2", "qt"))
    return drawn + tuple(Pinentry(Path("/usr/bin", f"pinentry-{name}"), Needs.TERMINAL) for name in ("curses", "tty"))
