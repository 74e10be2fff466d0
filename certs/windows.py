"""The user's store of root authorities on Windows, which Edge, Chrome and Firefox use."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from certs.store import Before, Kind, Note, Plan, Root, State, StoreError, run_tool

STORE = "Root"


def tool(system_root: str | None = None) -> str:
    """The certutil of Windows by its full path: NSS has a program of the same name."""
    folder = system_root or os.environ.get("SYSTEMROOT", "C:\\Windows")
    return folder + "\\System32\\certutil.exe"


def add_command(root: Root) -> tuple[str, ...]:
    """Adds the root; Windows shows its fingerprint and asks the person. `-f` overwrites, so that twice is harmless."""
    return (tool(), "-user", "-f", "-addstore", STORE, str(root.path))


def find_command(root: Root) -> tuple[str, ...]:
    """Ends with status 0 when the root is there."""
    return (tool(), "-user", "-store", STORE, root.sha1)


def remove_command(root: Root) -> tuple[str, ...]:
    """Takes the root out, named by its thumbprint; Windows asks the person."""
    return (tool(), "-user", "-delstore", STORE, root.sha1)


@dataclass(frozen=True)
class WindowsStore:
    """The user's store; what is in it is trusted."""

    place: Path = Path("CurrentUser") / STORE
    kind: Kind = Kind.WINDOWS

    def plan(self, root: Root) -> Plan:
        """Adds the root."""
        state = self.verify(root)
        steps = () if state is State.TRUSTED else (subprocess.list2cmdline(add_command(root)),)
        return Plan(state, steps, {}, Note.ASKS if steps else None)

    def apply(self, root: Root) -> None:
        """Adds the root."""
        run_tool(add_command(root), "certutil.exe")

    def verify(self, root: Root) -> State:
        """Whether the root is there."""
        try:
            run_tool(find_command(root), "certutil.exe")
        except StoreError:
            return State.ABSENT
        return State.TRUSTED

    def remove(self, root: Root, before: Before | None) -> None:
        """Takes the root out."""
        if self.verify(root) is State.TRUSTED:
            run_tool(remove_command(root), "certutil.exe")
