"""./dev lint: format, style, types, import rules."""

import subprocess
import sys
from pathlib import Path

_CHECKS = (
    ("format", ("ruff", "format", "--check", "--quiet", ".")),
    ("style", ("ruff", "check", "--quiet", ".")),
    ("types", ("mypy",)),
    ("imports", ("lint-imports", "--no-cache")),
)


def lint() -> int:
    """Runs every check; the status is 1 when one of them finds something."""
    tools = Path(sys.executable).parent
    failed = [name for name, command in _CHECKS if not _passes(name, (str(tools / command[0]), *command[1:]))]
    print("lint: " + (f"failed: {', '.join(failed)}" if failed else "ok"))
    return 1 if failed else 0


def _passes(name: str, command: tuple[str, ...]) -> bool:
    print(f"lint: {name} …", flush=True)
    return subprocess.run(command, check=False).returncode == 0
