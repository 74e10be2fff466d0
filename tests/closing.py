"""Lines that stand below everything that pytest prints, in the processes of pytest-xdist as well."""

from typing import Any

import pytest

_LINES = pytest.StashKey[list[str]]()


def close_with(config: pytest.Config, line: str) -> None:
    """Has a line printed at the very end of the run."""
    config.stash.setdefault(_LINES, []).append(line)


def send_up(config: pytest.Config) -> None:
    """Gives the lines of a worker to the process above it."""
    if hasattr(config, "workeroutput"):
        config.workeroutput["closing"] = config.stash.get(_LINES, [])


def take(config: pytest.Config, output: dict[str, Any]) -> None:
    """Takes the lines of a worker, whose output is empty when it was killed."""
    for line in output.get("closing", []):
        close_with(config, line)


def print_lines(config: pytest.Config) -> None:
    """Prints them."""
    for line in config.stash.get(_LINES, []):
        config.get_terminal_writer().line(line)
