"""Clean virtual environments: a wheel and what it says it needs, from the lock files, and nothing else."""

import re
import subprocess
import sys
import venv
import zipfile
from dataclasses import dataclass
from email.parser import Parser
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.unit.test_locks import requirements

ROOT = Path(__file__).parents[2]
LOCKS = ROOT / "requirements"
# How long a step may take on a machine that is busy with other things; only a dead one reaches it.
LIMIT = 600


@dataclass(frozen=True)
class Clean:
    """A virtual environment without pip, as whoever installs the wheel has it."""

    folder: Path

    def run(self, *command: str, cwd: Path | None = None, more: dict[str, str] | None = None) -> str:
        """Runs a program of the environment away from the checkout, and returns what it says.

        Only what is installed is found.
        """
        program = str(self.folder / "bin" / command[0])
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "LANG": "C.UTF-8", **(more or {})}
        done = subprocess.run(
            [program, *command[1:]], cwd=cwd or self.folder, env=environment, capture_output=True, text=True,
            timeout=LIMIT, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr


def pip(*arguments: str) -> None:
    """Runs the developers' pip; it says why it failed."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def build(source: Path, folder: Path) -> Path:
    """Builds the wheel of one of our distributions with the locked tools."""
    pip("wheel", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", str(folder), str(source))
    (wheel,) = folder.glob("*.whl")
    return wheel


def make(folder: Path) -> Clean:
    """Makes an empty environment."""
    venv.create(folder, symlinks=True)
    return Clean(folder)


def install_wheel(clean: Clean, wheel: Path, extra: str = "") -> None:
    """Installs a wheel with what it declares, each package as dev.lock pins it."""
    needed = closure(wheel, extra)
    install_locked(clean, [entry for name, entry in entries("dev").items() if name in needed])
    pip("--python", str(clean.folder), "install", "--no-deps", "--no-index", str(wheel))


def install_locked(clean: Clean, lines: list[str]) -> None:
    """Installs entries of a lock file; what has no wheel for this system is built by our tools, not by the newest."""
    listed, wheels = clean.folder / "listed.txt", clean.folder / "wheels"
    listed.write_text("\n".join(lines))
    fetch = ("wheel", "--no-deps", "--require-hashes", "--no-build-isolation", "--wheel-dir", str(wheels))
    pip(*fetch, "--requirement", str(listed))
    pip("--python", str(clean.folder), "install", "--no-deps", "--no-index", *map(str, wheels.glob("*.whl")))
    pip("--python", str(clean.folder), "check")


def entries(lock: str) -> dict[str, str]:
    """The entries of a lock file by name, with their hashes."""
    found = re.split(r"\n(?=\S)", (LOCKS / f"{lock}.lock").read_text().strip())
    return {canonicalize_name(entry.split("==")[0]): entry for entry in found if not entry.startswith("#")}


def closure(wheel: Path, extra: str) -> set[str]:
    """The names of everything that a wheel with an extra declares, and what that needs in turn."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = Parser().parsestr(archive.read(name).decode())
    environment = {"extra": extra}
    declared = [Requirement(text) for text in metadata.get_all("Requires-Dist", [])]
    waiting = [one for one in declared if one.marker is None or one.marker.evaluate(environment)]
    names = set[str]()
    while waiting:
        one = waiting.pop()
        name = canonicalize_name(one.name)
        if name not in names or one.extras:
            names.add(name)
            waiting += [more for kind in ("", *one.extras) for more in requirements(name, kind)]
    return names
