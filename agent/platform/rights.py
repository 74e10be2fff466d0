"""Owners and access rights of files, and processors, by the words of each system; nothing here asks Windows."""

import os
import stat
from pathlib import Path
from typing import NamedTuple

_PROCESSORS = {
    ("x86_64", 8): "x86_64",
    ("amd64", 8): "x86_64",
    ("x86_64", 4): "x86",
    ("i386", 4): "x86",
    ("i686", 4): "x86",
    ("aarch64", 8): "arm64",
    ("arm64", 8): "arm64",
    ("aarch64", 4): "arm",
    ("armv7l", 4): "arm",
    ("armv6l", 4): "arm",
}
_ROOT = 0

# Windows, security descriptor definition language: owners and trustees who are administrators anyway.
_ADMINISTRATORS = frozenset(
    {
        "SY",  # the system itself
        "BA",  # administrators
        "LA",  # the built-in administrator
        "DA",  # domain administrators
        "EA",  # enterprise administrators
        "CO",  # creator owner: stands for the owner, who is checked
        "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464",  # TrustedInstaller
    }
)
# Rights to change a file, add one to a folder, or replace what lies there: write data, delete child, delete, write
# DAC, write owner, generic all and generic write. Appending, and adding folders, replaces nothing.
_WRITES = 0x2 | 0x40 | 0x10000 | 0x40000 | 0x80000 | 0x10000000 | 0x40000000
_RIGHTS = {
    "FA": 0x1F01FF, "FW": 0x120116, "FR": 0x120089, "FX": 0x1200A0,
    "GA": 0x10000000, "GW": 0x40000000, "GR": 0x80000000, "GX": 0x20000000,
    "SD": 0x10000, "RC": 0x20000, "WD": 0x40000, "WO": 0x80000,
    "CC": 0x1, "DC": 0x2, "LC": 0x4, "SW": 0x8, "RP": 0x10, "WP": 0x20, "DT": 0x40, "LO": 0x80, "CR": 0x100,
}  # fmt: skip


class FileRights(NamedTuple):
    """Who owns a file or folder (an administrator or this user), and who else may write to it.

    keeps_entries: others may add to a folder, but not replace what is there (the sticky bit). user_writes: this user,
    who is no administrator, owns it or may write to it.
    """

    trusted_owner: bool
    group_writes: bool
    others_write: bool
    keeps_entries: bool
    user_writes: bool = False


def processor(machine: str, address_bytes: int) -> str:
    """The processor of this process: the system's own name for the machine, and how wide addresses are here."""
    name = machine.lower()
    return _PROCESSORS.get((name, address_bytes), name)


def posix_rights(path: Path) -> FileRights:
    """The rights of a file on Linux or macOS; raises OSError."""
    status = path.stat()
    return FileRights(
        trusted_owner=status.st_uid in (_ROOT, os.geteuid()),
        group_writes=bool(status.st_mode & stat.S_IWGRP),
        others_write=bool(status.st_mode & stat.S_IWOTH),
        keeps_entries=bool(status.st_mode & stat.S_ISVTX),
        user_writes=status.st_uid != _ROOT,
    )


def sddl_rights(descriptor: str, user: str) -> FileRights:
    """The rights of a file on Windows: its owner and access list in SDDL, and the SID of this user.

    What cannot be read counts against the file: an access list that is missing lets everybody write.
    """
    head, separator, entries = descriptor.partition("D:")
    owner = head.partition("O:")[2].partition("G:")[0]
    trusted = _ADMINISTRATORS | {user}
    open_to_all = not separator or "NO_ACCESS_CONTROL" in entries
    writes = open_to_all or any(_opens(entry, trusted) for entry in _aces(entries))
    user_writes = owner not in _ADMINISTRATORS or any(_opens(entry, _ADMINISTRATORS) for entry in _aces(entries))
    return FileRights(owner in trusted, False, writes, False, open_to_all or user_writes)


def _aces(entries: str) -> list[list[str]]:
    return [part.partition(")")[0].split(";") for part in entries.partition("S:")[0].split("(")[1:]]


def _opens(entry: list[str], trusted: frozenset[str]) -> bool:
    """Whether an entry lets somebody else write; conditional and object entries count as if they had no condition."""
    if len(entry) < 6:
        return True
    kind, flags, rights, *_, trustee = entry[:6]
    if kind not in ("A", "XA", "OA", "ZA") or "IO" in flags or trustee in trusted:
        return False  # refusals; what only new files inherit
    return bool(_mask(rights) & _WRITES)


def _mask(rights: str) -> int:
    if rights.startswith("0x"):
        try:
            return int(rights, 16)
        except ValueError:
            return _WRITES
    parts = [rights[index : index + 2] for index in range(0, len(rights), 2)]
    mask = 0
    for part in parts:
        mask |= _RIGHTS.get(part, _WRITES)  # an unknown right may be one to write
    return mask
