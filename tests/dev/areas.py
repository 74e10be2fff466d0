"""./dev test: the areas of the test suite."""

import os
import subprocess
import sys

AREAS = ("unit", "card", "browser", "server", "portal")
BENCHES = ("agent",)


def test(area: str | None) -> int:
    """Runs the tests of an area, or of all; the status is pytest's."""
    folders = [f"tests/{name}" for name in ([area] if area else AREAS)]
    environment = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
    return subprocess.run([sys.executable, "-m", "pytest", *folders], env=environment, check=False).returncode
