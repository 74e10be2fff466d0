"""A certificate database of NSS, as Chromium on Linux and Firefox use it, changed with its own tool `certutil`."""

import os
import re
import shlex
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from certs.store import (
    Before,
    Kind,
    Note,
    Plan,
    Root,
    State,
    StoreError,
    missing_folders,
    read_root,
    remove_empty,
    run_tool,
)

NAME = "CardLogin localhost root"
TRUSTED = "C,,"  # an authority for servers, for nothing else
_TOOL = "certutil (Debian package libnss3-tools)"
_PROCESSES = Path("/proc")
_FILES = {"cert9.db", "key4.db", "pkcs11.txt"}
_LINE = re.compile(r"(.*\S)\s+([a-zA-Z]*,[a-zA-Z]*,[a-zA-Z]*)\s*")


@dataclass(frozen=True)
class NssStore:
    """One database, by its folder. `create`: one that does not exist may be made."""

    kind: Kind
    place: Path
    create: bool = False
    name: str = NAME  # how the name of the root in the database begins

    def plan(self, root: Root) -> Plan:
        """Adds the root, or trusts one that is there without trust."""
        found = self._find(root)
        before = {"database": self._exists(), "folders": missing_folders(self.place)}
        # Measured: a running Firefox takes a new root at once but keeps an old one; Chromium reads its database once.
        busy = (self.kind is Kind.CHROMIUM or found is not None) and in_use(self.place)
        return Plan(_state(found), self._steps(root, found), before, Note.NEXT_START if busy else None)

    def apply(self, root: Root) -> None:
        """Makes the database where there is none, and adds the root or its trust."""
        if not self._exists() and not self.create:
            raise StoreError(f"{self.place}: no database")
        if not self._exists():
            self._make()
        found = self._find(root)
        if found is None:
            self._add(root)
        elif _state(found) is not State.TRUSTED:
            self._certutil("-M", "-t", TRUSTED, "-n", found[0])

    def verify(self, root: Root) -> State:
        """Whether the root is there, and trusted for servers."""
        return _state(self._find(root))

    def remove(self, root: Root, before: Before | None) -> None:
        """Takes the root out; a database that was made for it goes when it is empty."""
        found = self._find(root)
        if found is not None:
            self._certutil("-D", "-n", found[0])
        if before and not before["database"]:
            self._unmake(before["folders"])

    def _make(self) -> None:
        """Makes the database as a whole or not at all: NSS cannot mend one that lacks a file."""
        draft = self._draft
        try:
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(parents=True, mode=0o700)
            run_tool(["certutil", "-d", f"sql:{draft}", "-N", "--empty-password"], _TOOL)
            settings = draft / "pkcs11.txt"
            settings.write_text(settings.read_text("utf-8").replace(str(draft), str(self.place)), "utf-8")
            draft.replace(self.place)
        except OSError as error:  # also for a folder in its place that is not empty
            shutil.rmtree(draft, ignore_errors=True)
            raise StoreError(str(error)) from None

    def _unmake(self, folders: Sequence[str]) -> None:
        """Takes the database away as a whole, if nobody has put anything in; and the folders made for it."""
        try:
            if self._exists() and self._is_empty():
                self.place.replace(self._draft)
            shutil.rmtree(self._draft, ignore_errors=True)
            if self._exists():
                return
            if str(self.place) not in folders:  # it was there, and empty
                self.place.mkdir(exist_ok=True, mode=0o700)
            remove_empty(folders)
        except OSError as error:
            raise StoreError(str(error)) from None

    @property
    def _draft(self) -> Path:
        """Where the database is made, and where it goes to be removed."""
        return self.place.with_name(f".{self.place.name}.cardlogin")

    def _add(self, root: Root) -> None:
        try:
            self._certutil(*self._addition(root))
        except StoreError as error:
            # Without the password of the database, certutil adds the certificate and then fails at its trust.
            left = self._find(root)
            if left is not None:
                self._certutil("-D", "-n", left[0])
            if "SEC_ERROR_BAD_PASSWORD" not in str(error):
                raise
            raise StoreError(f"it has a primary password: import {root.path} in the browser's settings") from None

    def _steps(self, root: Root, found: tuple[str, str] | None) -> tuple[str, ...]:
        if _state(found) is State.TRUSTED:
            return ()
        change = ("-M", "-t", TRUSTED, "-n", found[0]) if found else self._addition(root)
        make = [] if self._exists() else [("-N", "--empty-password")]
        return tuple(shlex.join(("certutil", "-d", f"sql:{self.place}", *step)) for step in (*make, change))

    def _addition(self, root: Root) -> tuple[str, ...]:
        return ("-A", "-t", TRUSTED, "-n", nickname(self.name, root), "-i", str(root.path))

    def _find(self, root: Root) -> tuple[str, str] | None:
        """Nickname and trust of the root; by its bytes, because anybody can take a name."""
        if not self._exists():
            return None
        for name, flags in self.entries():
            # Whoever added it: the names that browsers give hold the root's common name.
            if self.name in name and root.pem.strip() in self._certutil("-L", "-n", name, "-a").replace("\r", ""):
                return name, flags
        return None

    def entries(self) -> list[tuple[str, str]]:
        """Nickname and trust of every certificate in the database."""
        matches = (_LINE.fullmatch(line) for line in self._certutil("-L").splitlines())
        return [(match[1], match[2]) for match in matches if match and "Nickname" not in match[1]]

    def _exists(self) -> bool:
        return (self.place / "cert9.db").exists()

    def _is_empty(self) -> bool:
        """Whether nobody has put anything in: keys and passwords of the user would be lost with it."""
        if {file.name for file in self.place.iterdir()} != _FILES:
            return False
        return not in_use(self.place) and _rows(self.place / "cert9.db") == 0 == _rows(self.place / "key4.db")

    def _certutil(self, *arguments: str) -> str:
        # -f: an empty password, so that one is never asked for.
        return run_tool(["certutil", "-d", f"sql:{self.place}", "-f", os.devnull, *arguments], _TOOL)


def trust(database: Path, root: Path, name: str = NAME) -> None:
    """Makes a database trust a root (PEM) for servers, without a journal: for a home folder that is thrown away."""
    NssStore(Kind.CHROMIUM, database, create=True, name=name).apply(read_root(root))


def nickname(name: str, root: Root) -> str:
    """The name of a root in a database: with its SHA-256, because NSS refuses another certificate under a known one."""
    return f"{name} {root.sha256[:16]}"


def in_use(database: Path) -> bool:
    """Whether a running program has a database open. Linux; other users' programs are not seen."""
    return any(_holds(process, database / "cert9.db") for process in _PROCESSES.iterdir() if process.name.isdigit())


def _holds(process: Path, file: Path) -> bool:
    try:
        links = list((process / "fd").iterdir())
    except OSError:  # the program is gone, or is not ours
        return False
    for link in links:
        try:
            if link.readlink().name == file.name and link.samefile(file):
                return True
        except OSError:  # the file is gone, or was closed
            continue
    return False


def _state(found: tuple[str, str] | None) -> State:
    if found is None:
        return State.ABSENT
    return State.TRUSTED if "C" in found[1].partition(",")[0] else State.PRESENT


def _rows(file: Path) -> int:
    """How many objects one of the two files of a database holds; -1 when it cannot be read."""
    table = "nssPublic" if file.name == "cert9.db" else "nssPrivate"
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
            return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 (our own names)
    except sqlite3.Error:
        return -1
