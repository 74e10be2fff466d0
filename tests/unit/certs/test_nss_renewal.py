"""A new identity is trusted beside an old one."""

import subprocess
from pathlib import Path

from certs.authority import make_identity
from certs.folder import ROOT, write_identity
from certs.nss import trust


def test_new_identity_can_be_trusted_beside_the_old_one(tmp_path: Path) -> None:
    """Whoever loses the state folder gets a new root with another name; certutil refuses it under the same nickname."""
    database = tmp_path / "nssdb"
    for name in ("old", "new"):
        write_identity(tmp_path / name, make_identity())
        trust(database, tmp_path / name / ROOT)
    command = ["certutil", "-d", f"sql:{database}", "-L"]
    listing = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout
    assert listing.count("C,,") == 2
