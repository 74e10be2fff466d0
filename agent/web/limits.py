"""How often who may ask: token buckets by origin, and slower ones for PIN windows, by site and for all."""

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
_CLOSED = frozenset({Code.USER_CANCELLED, Code.TIMED_OUT, Code.PAGE_CLOSED, Code.ORIGIN_NOT_PERMITTED})


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


class Patience:
    """Lets each of some keys open so many windows that nobody wants.

    A window into which a PIN was typed was wanted and does not count. `row` of them one after the other that were
    closed, left alone by their page or by the person mean that somebody is being pestered: then the key waits, each
    time twice as long, from FIRST_WAIT to `longest` seconds.
    """

    FIRST_WAIT = 10.0

    def __init__(self, rate: Rate, row: int, longest: float, clock: Clock) -> None:
        self._row, self._longest, self._clock = row, longest, clock
        self._opened = Buckets(rate, clock)
        self._unwanted: OrderedDict[str, tuple[int, float]] = OrderedDict()  # how many in a row, and when it may again

    def take(self, key: str) -> float:
        """Counts a window: 0.0 if it may be opened, otherwise the seconds until one may."""
        return max(0.0, self._unwanted.get(key, (0, 0.0))[1] - self._clock()) or self._opened.take(key)

    def give_back(self, key: str) -> None:
        """No window was opened."""
        self._opened.give_back(key)

    def wanted(self, key: str) -> None:
        """A person has typed a PIN into it."""
        self._opened.give_back(key)
        self._unwanted.pop(key, None)

    def closed(self, key: str) -> None:
        """It ended without a PIN."""
        count = self._unwanted.get(key, (0, 0.0))[0] + 1
        over = min(count - self._row, 16)
        wait = min(self._longest, self.FIRST_WAIT * 2.0**over) if over >= 0 else 0.0
        self._unwanted[key] = (count, self._clock() + wait)
        self._unwanted.move_to_end(key)
        while len(self._unwanted) > MAX_ORIGINS:
            self._unwanted.popitem(last=False)


class Windows:
    """Lets each site open so many windows that nobody wants, and all together; raises TooManyError for more.

    A site is a registrable domain, because whoever has one has a thousand host names. For all together there is more
    room, and they wait for a minute at most: one site never makes another one wait, and several not for long.
    """

    EACH, ROW, LONGEST_WAIT = Rate(6, 0.1), 3, 600.0
    ALL, ROW_OF_ALL, LONGEST_WAIT_OF_ALL = Rate(24, 0.4), 12, 60.0

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._each = Patience(self.EACH, self.ROW, self.LONGEST_WAIT, clock)
        self._all = Patience(self.ALL, self.ROW_OF_ALL, self.LONGEST_WAIT_OF_ALL, clock)

    @asynccontextmanager
    async def opening(self, site: str | None) -> AsyncIterator[None]:
        """Around an order: counts its window and how it ended.

        None for an order whose caller is only named: it counts for all, and never against the one that it names.
        """
        counters = [(self._all, ""), *([(self._each, site)] if site is not None else [])]
        _take(counters)
        try:
            yield
        except FailureError as error:
            _ended(counters, error.code)
            raise
        except asyncio.CancelledError:
            _ended(counters, Code.PAGE_CLOSED)
            raise
        for counter, key in counters:
            counter.wanted(key)


_Counters = list[tuple[Patience, str]]


def _take(counters: _Counters) -> None:
    for number, (counter, key) in enumerate(counters):
        wait = counter.take(key)
        if wait:
            for taken, name in counters[:number]:
                taken.give_back(name)
            raise TooManyError(wait)


def _ended(counters: _Counters, code: Code) -> None:
    for counter, key in counters:
        if code is Code.BUSY:
            counter.give_back(key)
        elif code is Code.PIN_WRONG:
            counter.wanted(key)
        elif code in _CLOSED or failure(code).next is Next.WAIT:
            counter.closed(key)
