"""The certificate database of Chromium on Linux (NSS), changed with its own tool `certutil`."""

import hashlib
import ssl
import subprocess
from pathlib import Path

NAME = "CardLogin localhost root"


class StoreError(Exception):
    """A store could not be changed; the text says why."""


def chromium_database(home: Path) -> Path:
    """Where Chromium keeps its database for a home folder.

    ~/.pki/nssdb only if it exists; a new one there would hide the database of the XDG path (measured, Chromium 156).
    """
    old = home / ".pki" / "nssdb"
    return old if old.is_dir() else home / ".local" / "share" / "pki" / "nssdb"


def trust(database: Path, root: Path, name: str = NAME) -> None:
    """Makes a database trust a root (PEM) for servers; a database that does not exist is made. Raises StoreError.

    The nickname ends with the root's SHA-256, because NSS refuses another certificate under a name it knows.
    """
    named = nickname(name, root)
    if not (database / "cert9.db").exists():
        database.mkdir(parents=True, exist_ok=True, mode=0o700)
        _certutil(database, "-N", "--empty-password")
    _certutil(database, "-A", "-t", "C,,", "-n", named, "-i", str(root))


def nickname(name: str, root: Path) -> str:
    """The name of a root (PEM) in a database; raises StoreError when it cannot be read."""
    try:
        der = ssl.PEM_cert_to_DER_cert(root.read_text("ascii"))
    except (OSError, ValueError) as error:
        raise StoreError(f"{root}: {error}") from None
    return f"{name} {hashlib.sha256(der).hexdigest()[:16]}"


def _certutil(database: Path, *arguments: str) -> None:
    command = ("certutil", "-d", f"sql:{database}", *arguments)
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StoreError(f"certutil (Debian package libnss3-tools): {error}") from None
    if result.returncode != 0:
        raise StoreError(result.stderr.strip()[-200:])
