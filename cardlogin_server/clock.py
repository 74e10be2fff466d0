"""The time, as something that is handed in."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""A function that gives the present moment as a ``datetime`` with a time zone."""


def utc_now() -> datetime:
    """The system's time in UTC: the default clock of every part."""
    return datetime.now(UTC)
