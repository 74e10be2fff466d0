"""./dev test: the areas of the test suite."""

import importlib
import os
import subprocess
import sys

AREAS = ("unit", "card", "browser", "server", "portal")
BENCHES = ("agent", "server")
_BENCHES = {"agent": "tests.dev.bench", "server": "tests.dev.bench_server"}


def test(area: str | None) -> int:
    """Runs the tests of an area, or of all; the status is pytest's."""
    folders = [f"tests/{name}" for name in ([area] if area else AREAS)]
    environment = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
    return subprocess.run([sys.executable, "-m", "pytest", *folders], env=environment, check=False).returncode


def bench(area: str | None) -> int:
    """Runs the measurements of an area, or of all; the status is 0 when all could be made."""
    statuses: list[int] = [importlib.import_module(_BENCHES[name]).bench() for name in ([area] if area else BENCHES)]
    return max(statuses)
