"""The folder that holds the identity: written as a whole or not at all, readable by its user alone."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from certs.authority import Identity, make_identity
from certs.life import MANIFEST, ROOT, VERSION, Fault, IdentityError, Leaf, Life, check_identity
from certs.private import check_folder, lock_file

_DRAFT = ".identity-"


def ensure_identity(folder: Path) -> bool:
    """Makes the identity unless a good one is there; true when a root was replaced that browsers may trust.

    An identity of an earlier version is replaced: its root's key is gone, so it cannot get further leaves. So is one
    with a key that others may have read, because taking the right to read away takes no copy away; installing the new
    root takes the old one out of the browsers.
    Raises FileExistsError for anything else in the way, IdentityError for a manifest that is damaged.
    """
    with _alone(folder):
        try:
            check_identity(folder)
        except IdentityError as error:
            if error.fault is Fault.MISSING:
                write_identity(folder, make_identity())
                return False
            if error.fault in (Fault.OUTDATED, Fault.EXPOSED):
                _replace(folder)
                return True
            raise
        return False


def replace_identity(folder: Path) -> None:
    """A new identity in place of whatever identity is there; its root has to be trusted anew."""
    with _alone(folder):
        if folder.exists():
            _replace(folder)
        else:
            write_identity(folder, make_identity())


def write_identity(folder: Path, identity: Identity) -> None:
    """Writes the identity into a folder that does not exist yet; a kill at any moment leaves no half of it.

    Raises FileExistsError for a folder that exists: an identity is never overwritten, because browsers trust its root.
    """
    if folder.exists():
        raise FileExistsError(f"{folder} exists")
    draft = _draft(folder, identity)
    try:
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def _replace(folder: Path) -> None:
    draft = _draft(folder, make_identity())
    # A kill between the two names leaves no identity, and the next start makes one.
    old = Path(tempfile.mkdtemp(prefix=_DRAFT, dir=folder.parent)) / folder.name
    folder.rename(old)
    draft.rename(folder)
    shutil.rmtree(old.parent)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two programs never make an identity at the same time; what killed ones left is cleared away."""
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    check_folder(folder.parent)
    with lock_file(folder.parent / "identity.lock"):
        for left in folder.parent.glob(f"{_DRAFT}*"):
            shutil.rmtree(left, ignore_errors=True)
        yield


def _draft(folder: Path, identity: Identity) -> Path:
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = Path(tempfile.mkdtemp(prefix=_DRAFT, dir=folder.parent))
    try:
        for name, content in _files(identity).items():
            _write(draft / name, content)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return draft


def _files(identity: Identity) -> dict[str, bytes]:
    """Names and contents; a leaf is named after the day it begins."""
    files = {ROOT: identity.root}
    leaves = []
    for pair in identity.leaves:
        name = f"leaf-{pair.not_before:%Y-%m-%d}"
        leaves.append(Leaf(f"{name}.pem", f"{name}.key", pair.not_before, pair.not_after))
        files |= {f"{name}.pem": pair.certificate, f"{name}.key": pair.key}
    life = Life(VERSION, identity.not_before, identity.not_after, tuple(leaves), identity.name)
    return {**files, MANIFEST: msgspec.json.format(msgspec.json.encode(life), indent=2) + b"\n"}


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
