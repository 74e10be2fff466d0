"""How often who may ask: token buckets by origin, and a slower one for windows that ask for a PIN."""

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from agent.failures import Code, FailureError, Next, failure

Clock = Callable[[], float]
# More origins than a person visits in a day; whoever was not seen for longest is forgotten first.
MAX_ORIGINS = 1024
# Ends of a window besides those that wait for a remedy, which end when a person closes them.
_CLOSED = frozenset({Code.USER_CANCELLED, Code.TIMED_OUT, Code.PAGE_CLOSED})


class TooManyError(FailureError):
    """FailureError(too_many_requests) that knows after how many whole seconds it is worth to ask again."""

    def __init__(self, seconds: float) -> None:
        super().__init__(Code.TOO_MANY_REQUESTS)
        self.retry_after = max(1, math.ceil(seconds))


@dataclass(frozen=True)
class Rate:
    """So many at once, and then so many a second."""

    burst: float
    per_second: float


class Buckets:
    """A bucket of tokens for each of at most MAX_ORIGINS keys."""

    def __init__(self, rate: Rate, clock: Clock) -> None:
        self._rate, self._clock = rate, clock
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()  # level, and when it was that

    def __len__(self) -> int:
        """How many keys are remembered."""
        return len(self._levels)

    def take(self, key: str) -> float:
        """Takes a token: 0.0 if there was one, otherwise the seconds until there is one again."""
        now = self._clock()
        level = self._level(key, now)
        if level < 1:
            return (1 - level) / self._rate.per_second
        self._set(key, level - 1, now)
        return 0.0

    def give_back(self, key: str) -> None:
        """Puts a token back."""
        now = self._clock()
        self._set(key, self._level(key, now) + 1, now)

    def _level(self, key: str, now: float) -> float:
        level, since = self._levels.get(key, (self._rate.burst, now))
        return min(self._rate.burst, level + (now - since) * self._rate.per_second)

    def _set(self, key: str, level: float, now: float) -> None:
        self._levels[key] = (min(level, self._rate.burst), now)
        self._levels.move_to_end(key)
        while len(self._levels) > MAX_ORIGINS:
            self._levels.popitem(last=False)


class Requests:
    """Lets each origin ask so often, and all together so often; an origin that asks too much costs itself alone."""

    EACH = Rate(60, 10)
    # The second line, against one site with a thousand names.
    ALL = Rate(600, 100)

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._each, self._all = Buckets(self.EACH, clock), Buckets(self.ALL, clock)

    def count(self, origin: str) -> None:
        """Counts a request; raises TooManyError."""
        wait = self._each.take(origin) or self._all.take("")
        if wait:
            raise TooManyError(wait)


class Windows:
    """Lets each origin open so many windows that nobody wants; raises TooManyError for more.

    A window into which a PIN was typed was wanted and does not count. Three in a row that were closed, left alone by
    their page or by the person mean that somebody is being pestered: then the origin waits, each time twice as long.
    """

    RATE = Rate(6, 0.1)
    PATIENCE, FIRST_WAIT, LONGEST_WAIT = 3, 10.0, 600.0

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._opened = Buckets(self.RATE, clock)
        self._unwanted: OrderedDict[str, tuple[int, float]] = OrderedDict()  # how many in a row, and when it may again

    @asynccontextmanager
    async def opening(self, origin: str) -> AsyncIterator[None]:
        """Around an order: counts its window and how it ended."""
        wait = max(0.0, self._unwanted.get(origin, (0, 0.0))[1] - self._clock()) or self._opened.take(origin)
        if wait:
            raise TooManyError(wait)
        try:
            yield
        except FailureError as error:
            self._ended(origin, error.code)
            raise
        except asyncio.CancelledError:
            self._ended(origin, Code.PAGE_CLOSED)
            raise
        self._wanted(origin)

    def _ended(self, origin: str, code: Code) -> None:
        if code is Code.BUSY:  # no window was opened
            self._opened.give_back(origin)
        elif code is Code.PIN_WRONG:
            self._wanted(origin)
        elif code in _CLOSED or failure(code).next is Next.WAIT:
            self._closed(origin)

    def _wanted(self, origin: str) -> None:
        self._opened.give_back(origin)
        self._unwanted.pop(origin, None)

    def _closed(self, origin: str) -> None:
        count = self._unwanted.get(origin, (0, 0.0))[0] + 1
        over = min(count - self.PATIENCE, 16)
        wait = min(self.LONGEST_WAIT, self.FIRST_WAIT * 2.0**over) if over >= 0 else 0.0
        self._unwanted[origin] = (count, self._clock() + wait)
        self._unwanted.move_to_end(origin)
        while len(self._unwanted) > MAX_ORIGINS:
            self._unwanted.popitem(last=False)
