"""./dev lock: writes the lock files anew, the only step of this house that asks what releases there are.

`build.lock` holds what builds a distribution from source, `agent.lock` what the agent needs, `portal.lock` what a
portal needs in production, `dev.lock` all of that and the tools of developers. Each is complete for every system and
every Python that we support, and is installed without resolving anything.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCKS = ROOT / "requirements"
_UV = (
    "uv", "pip", "compile", "--universal", "--python-version", "3.11", "--generate-hashes",
    "--no-emit-index-url", "--no-annotate", "--no-header", "--upgrade", "--quiet",
)  # fmt: skip
# The large one first: what it pins is taken over by the others, so that what is tested is what is installed.
_FILES = {
    "dev.lock": ("pyproject.toml", "--group", "build", "--group", "portal", "--group", "test", "--group", "lint"),
    "build.lock": ("--group", "build"),
    "agent.lock": ("pyproject.toml",),
    "portal.lock": ("--group", "portal"),
}


# Releases that we cannot do without, whatever the day: since then allauth remembers a used code as long as it is good.
_INDISPENSABLE = {"django-allauth": "2026-11-13"}


def lock(until: str | None, into: Path) -> int:
    """Writes all lock files into a folder; with `until`, as somebody would have done on that day."""
    into.mkdir(parents=True, exist_ok=True)
    day = ("--exclude-newer", until, *_not_before(until)) if until else ()
    for name, groups in _FILES.items():
        same = () if name == "dev.lock" else ("--constraint", str(into / "dev.lock"))
        command = [*_UV, *groups, *day, *same, "--output-file", str(into / name)]
        status = subprocess.run(command, cwd=ROOT, executable=Path(sys.executable).with_name("uv"), check=False)
        if status.returncode:
            return status.returncode
        print(f"lock: {into / name}")
    return 0


def _not_before(until: str) -> list[str]:
    return [f"--exclude-newer-package={name}={day}" for name, day in _INDISPENSABLE.items() if until < day]
