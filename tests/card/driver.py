"""A process with a driver in it, told what to do line by line."""

import json
import os
import subprocess
import sys
from typing import Any

from tests.stand.parts import ROOT


class Driver:
    """Loads rows of the catalogue (by name) and modules (by path); ends when a command kills it."""

    def __init__(self, environment: dict[str, str], *modules: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.card.driver_child", *modules], cwd=ROOT, env={**os.environ, **environment},
            text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def do(self, *command: str | None) -> Any:
        """What came of a command; of a failure its code and tries."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def stop(self) -> None:
        """Ends the process, whatever it holds."""
        self._process.kill()
        self._process.communicate()
