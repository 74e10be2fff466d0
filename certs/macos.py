"""The login keychain of macOS, which Safari, Chrome, Edge and Firefox use."""

import shlex
from dataclasses import dataclass
from pathlib import Path

from certs.store import Before, Kind, Note, Plan, Root, State, StoreError, run_tool

TOOL = "/usr/bin/security"


def keychain(home: Path) -> Path:
    """The login keychain of a home folder."""
    return home / "Library" / "Keychains" / "login.keychain-db"


def add_command(root: Root, place: Path) -> tuple[str, ...]:
    """Adds the root and trusts it for TLS, for this user alone; macOS asks for the password."""
    return (TOOL, "add-trusted-cert", "-r", "trustRoot", "-p", "ssl", "-k", str(place), str(root.path))


def find_command(root: Root, place: Path) -> tuple[str, ...]:
    """Prints the SHA-1 of every certificate of ours in the keychain."""
    return (TOOL, "find-certificate", "-a", "-c", "CardLogin localhost root", "-Z", str(place))


def verify_command(root: Root) -> tuple[str, ...]:
    """Ends with status 0 when the root is trusted for TLS: -l for it is an authority itself, -L to ask no network."""
    return (TOOL, "verify-cert", "-c", str(root.path), "-p", "ssl", "-l", "-L", "-q")


def remove_commands(root: Root, place: Path) -> tuple[tuple[str, ...], ...]:
    """Takes the trust back, then the certificate out, named by its SHA-1."""
    return (
        (TOOL, "remove-trusted-cert", str(root.path)),
        (TOOL, "delete-certificate", "-Z", root.sha1, str(place)),
    )


@dataclass(frozen=True)
class MacStore:
    """One keychain."""

    place: Path
    kind: Kind = Kind.MACOS

    def plan(self, root: Root) -> Plan:
        """Adds the root with trust for TLS."""
        state = self.verify(root)
        steps = () if state is State.TRUSTED else (shlex.join(add_command(root, self.place)),)
        return Plan(state, steps, {}, Note.ASKS if steps else None)

    def apply(self, root: Root) -> None:
        """Adds the root with trust for TLS."""
        run_tool(add_command(root, self.place), TOOL)

    def verify(self, root: Root) -> State:
        """Whether the root is there, and trusted for TLS."""
        try:
            there = root.sha1 in run_tool(find_command(root, self.place), TOOL).upper()
        except StoreError:  # status 44: nothing of that name
            there = False
        if not there:
            return State.ABSENT
        try:
            run_tool(verify_command(root), TOOL)
        except StoreError:
            return State.PRESENT
        return State.TRUSTED

    def remove(self, root: Root, before: Before | None) -> None:
        """Takes the root out, whatever of it is there."""
        state = self.verify(root)
        trust, certificate = remove_commands(root, self.place)
        if state is State.TRUSTED:
            run_tool(trust, TOOL)
        if state is not State.ABSENT:
            run_tool(certificate, TOOL)
