"""The folder that holds the identity: written as a whole or not at all, readable by its user alone."""

import os
import shutil
import tempfile
from pathlib import Path

from certs.authority import Identity

ROOT, LEAF, LEAF_KEY = "root.pem", "leaf.pem", "leaf.key"


def write_identity(folder: Path, identity: Identity) -> None:
    """Writes the identity into a folder that does not exist yet; a kill at any moment leaves no half of it.

    Raises FileExistsError for a folder that exists: an identity is never overwritten, because browsers trust its root.
    """
    if folder.exists():
        raise FileExistsError(f"{folder} exists")
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = Path(tempfile.mkdtemp(prefix=".identity-", dir=folder.parent))
    try:
        for name, content in ((ROOT, identity.root), (LEAF, identity.leaf), (LEAF_KEY, identity.leaf_key)):
            _write(draft / name, content)
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
