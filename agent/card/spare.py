"""The spare: a card host started before its order is known, so that the window need not wait for a process."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from agent.card.process import HostProcess
from agent.failures import FailureError

# Seconds. The host itself ends after 120 without an order; it is sent away before, lest an order meet a leaving host.
KEEP_LIMIT = 110.0
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
_LOG = logging.getLogger(__name__)


class Spare:
    """At most one host that waits for an order.

    A spare that fails before it is used is not started again at once: the next `prepare` is listened to after a pause
    that doubles from 0.5 s to 30 s with every failure in a row. Nothing here starts a spare by itself.
    """

    def __init__(
        self, start: Callable[[], Awaitable[HostProcess]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._start = start
        self._clock = clock
        self._keeper: asyncio.Task[None] | None = None
        self._started = asyncio.Event()
        self._host: HostProcess | None = None
        self._failures = 0
        self._pause_ends = 0.0

    def prepare(self) -> None:
        """Starts a spare unless there is one; returns at once. For the thread of the event loop."""
        if self._keeper is None and self._clock() >= self._pause_ends:
            self._started = asyncio.Event()
            self._keeper = asyncio.create_task(self._keep())

    def trust(self) -> None:
        """Ends the pause: a host has just worked."""
        self._failures, self._pause_ends = 0, 0.0

    async def take(self) -> HostProcess | None:
        """The spare, which is the caller's from now on; None when there is none."""
        if self._keeper is None:
            return None
        await self._started.wait()
        host, self._host = self._host, None
        if host is None or self._keeper is None:
            return None
        self._keeper.cancel()
        self._keeper = None
        if not host.alive:
            self._failed("gone")
            return None
        return host

    async def _keep(self) -> None:
        try:
            host = self._host = await self._start()
            self._started.set()
            status = await host.ended(KEEP_LIMIT)
        except FailureError:
            self._ended("not started")
            return
        finally:
            self._started.set()
        if status is None:
            self._host = None
            await host.end()
            self.trust()
        self._ended(f"status {status}" if status else "")

    def _ended(self, failure: str) -> None:
        self._host = self._keeper = None
        if failure:
            self._failed(failure)

    def _failed(self, what: str) -> None:
        self._pause_ends = self._clock() + min(FIRST_PAUSE * 2**self._failures, LONGEST_PAUSE)
        self._failures = min(self._failures + 1, 10)
        _LOG.warning("spare card host: %s", what)
