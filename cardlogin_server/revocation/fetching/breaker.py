"""Leaves a host alone that does not answer: a circuit breaker for each host, and growing pauses for each address."""

import random
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from cardlogin_server.clock import Clock
from cardlogin_server.revocation.fetching.fetch import FetchFailed

FAILURES = 5
"""After so many failures in a row nobody asks the host for a while."""
_FIRST_REST, _LONGEST_REST = timedelta(seconds=30), timedelta(minutes=5)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=10)
_TRIAL = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What happened last at one address: failures in a row, why, before when nobody asks again; the last success."""

    failures: int = 0
    reason: str = ""
    not_before: datetime | None = None
    worked_at: datetime | None = None

    def again(self, now: datetime, reason: str) -> "Trouble":
        """The trouble after one more failure: the pause doubles, up to ten minutes."""
        pause = jittered(FIRST_PAUSE, LONGEST_PAUSE, self.failures)
        return Trouble(self.failures + 1, reason, now + pause, self.worked_at)

    def require_over(self, now: datetime) -> None:
        """Returns only when it is time to ask again. Raises FetchFailed with the last reason."""
        # A moment far ahead means that a clock was wrong when it was written.
        if self.not_before is not None and now < self.not_before <= now + LONGEST_PAUSE:
            raise FetchFailed(self.reason)


def jittered(first: timedelta, longest: timedelta, doublings: int) -> timedelta:
    """A time between half and the whole of the doubled one, so that many workers do not come back at once."""
    whole = min(longest, first * (1 << min(doublings, 20)))
    return whole * random.uniform(0.5, 1)  # noqa: S311 - spreads load, hides nothing


@dataclass(slots=True)
class _Host:
    failures: int = 0
    rests: int = 0
    closed_until: datetime | None = None


class Breaker:
    """The circuit breakers of all hosts of one process; safe for threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._hosts: dict[str, _Host] = {}

    def require_closed(self, host: str) -> None:
        """Returns only when the host may be asked now; after a rest one trial at a time. Raises FetchFailed."""
        now = self._clock()
        with self._lock:
            state = self._hosts.get(host)
            if state is None or state.closed_until is None:
                return
            if now < state.closed_until:
                raise FetchFailed(f"{host} is left alone after {state.failures} failures")
            state.closed_until = now + _TRIAL

    def worked(self, host: str) -> None:
        """The host answered: all is forgotten."""
        with self._lock:
            self._hosts.pop(host, None)

    def failed(self, host: str) -> None:
        """The host did not answer; the fifth time in a row begins a rest of half a minute, then longer ones."""
        now = self._clock()
        with self._lock:
            state = self._hosts.setdefault(host, _Host())
            state.failures += 1
            if state.failures >= FAILURES:
                state.closed_until = now + jittered(_FIRST_REST, _LONGEST_REST, state.rests)
                state.rests += 1
