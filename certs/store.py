"""What all trust stores have in common: plan, apply, verify, remove."""

import hashlib
import os
import ssl
import stat
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from certs.private import read_file

Before = Mapping[str, Any]
_MAX_PEM = 64 * 1024


class StoreError(Exception):
    """A store could not be read or changed; the text says why."""


class Kind(StrEnum):
    """The kinds of stores; the text is what the journal says."""

    CHROMIUM = "chromium"
    FIREFOX = "firefox"
    POLICIES = "firefox-policies"
    DEBIAN = "debian"
    WINDOWS = "windows"
    MACOS = "macos"


class State(StrEnum):
    """What a store makes of a root."""

    TRUSTED = "trusted"
    PRESENT = "present"  # it is there, but not trusted for servers
    ABSENT = "absent"


class Note(StrEnum):
    """What a person should know about a change."""

    NEXT_START = "next_start"  # the browser is running and sees it when it is started the next time
    ASKS = "asks"  # the system asks the person to confirm


@dataclass(frozen=True)
class Root:
    """The root that stores are to trust: where its PEM is, and its DER."""

    path: Path
    der: bytes

    @cached_property
    def sha256(self) -> str:
        """The fingerprint that tells roots apart, in hexadecimal digits."""
        return hashlib.sha256(self.der).hexdigest()

    @cached_property
    def sha1(self) -> str:
        """The thumbprint by which Windows and macOS name certificates; nothing rests on its strength."""
        return hashlib.sha1(self.der, usedforsecurity=False).hexdigest().upper()

    @property
    def pem(self) -> str:
        """The certificate as text."""
        return ssl.DER_cert_to_PEM_cert(self.der)


def read_root(path: Path) -> Root:
    """The root in a PEM file; raises StoreError when it cannot be read."""
    try:
        # Whoever has written it: what is read is looked at, and vouches for this computer only or is refused.
        text = read_file(path, _MAX_PEM)
        return Root(path, ssl.PEM_cert_to_DER_cert(text.decode("ascii")))
    except (OSError, ValueError) as error:
        raise StoreError(f"{path}: {error}") from None


@dataclass(frozen=True)
class Plan:
    """What a store makes of the root now, what installing would do (nothing: no steps), and what remove() needs then.

    `before` is plain data for the journal: how the store was before the change.
    """

    state: State
    steps: tuple[str, ...]
    before: Before
    note: Note | None = None


class Store(Protocol):
    """One trust store. All four may raise StoreError."""

    @property
    def kind(self) -> Kind:
        """What kind of store it is."""

    @property
    def place(self) -> Path:
        """Where it is; kind and place together name it in the journal."""

    def plan(self, root: Root) -> Plan:
        """What would change; changes nothing."""

    def apply(self, root: Root) -> None:
        """Makes the store trust the root; harmless when it does already, or when an earlier try was cut off."""

    def verify(self, root: Root) -> State:
        """Whether the store trusts the root now."""

    def remove(self, root: Root, before: Before | None) -> None:
        """Takes the root out, and what else was made for it, as far as `before` tells.

        Harmless when it is out already. A store that has been deleted since is no error.
        """


def run_tool(command: Sequence[str | Path], hint: str) -> str:
    """What a store's own tool prints; raises StoreError with its words, or the hint when it is not installed.

    The tool has no terminal, so it can ask nobody: a store with a password is an error, not a hang.
    """
    try:
        result = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False,
            timeout=60, start_new_session=True, env={**os.environ, "LC_ALL": "C"},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StoreError(f"{hint}: {error}") from None
    if result.returncode != 0:
        raise StoreError(f"{Path(command[0]).name}: {(result.stderr.strip() or result.stdout.strip())[-200:]}")
    return result.stdout


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file as a whole or not at all; owner and mode stay, and everybody can read a new one.

    POSIX only: other systems have no store made of files.
    """
    old = path.stat() if path.exists() else None
    draft = _draft(path)
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    if old is not None:
        os.chown(draft, old.st_uid, old.st_gid)
    draft.chmod(stat.S_IMODE(old.st_mode) if old is not None else 0o644)
    draft.replace(path)


def clear_draft(path: Path) -> None:
    """Removes what a killed write_whole() left beside a file."""
    _draft(path).unlink(missing_ok=True)


def missing_folders(folder: Path) -> list[str]:
    """The folders that would have to be made for this one, outermost first."""
    missing = [str(place) for place in (folder, *folder.parents) if not place.exists()]
    return missing[::-1]


def remove_empty(folders: Sequence[str]) -> None:
    """Removes folders that we made, innermost first, as far as they are empty."""
    for folder in reversed(folders):
        try:
            Path(folder).rmdir()
        except FileNotFoundError:
            continue
        except OSError:  # not empty, so the outer ones are not either
            return


def _draft(path: Path) -> Path:
    return path.with_name(f".{path.name}.cardlogin")
