"""How tests wait: for an event, never for a time to pass."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
LIMIT = 120.0
"""Seconds after which something that has not happened will not: only a dead machine is so slow."""
_BETWEEN = 0.01


def wait_until(condition: Callable[..., T], seconds: float = LIMIT, *, between: float = _BETWEEN) -> T:
    """Returns what a condition says once that is true, looked at every `between` seconds; else raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(between)
    return found
