"""What a certificate database holds, told by certutil alone."""

import subprocess
from pathlib import Path

from tests.stand.waiting import LIMIT


def certutil(database: Path, *arguments: str) -> str:
    """What the real tool prints."""
    command = ["certutil", "-d", f"sql:{database}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=LIMIT).stdout


def listing(database: Path) -> list[tuple[str, str]]:
    """Names and trust of a database."""
    lines = [line.rsplit(maxsplit=1) for line in certutil(database, "-L").splitlines()[4:] if line.strip()]
    return sorted((name.strip(), flags) for name, flags in lines)
