"""Events summed up: what somebody can bring about without end is no row each, in a log that nobody may empty.

Counted in hours, in the cache that all workers share. Refusals: equal events first, then everything of one network
address, then everything there is. At each of these the first ones are rows, later only those at the round numbers of
`_ROUND`; such a row says in `count` for how many it stands. So there are at most 50 rows and a dozen sums an hour from
one address, and 1,000 and a dozen in all, however many addresses ask. What succeeds is a row, up to a hundred times an
hour for one account and action: no person does more, and an account of one's own is quickly made.
"""

import time
from dataclasses import dataclass, replace
from typing import Final

from django.core.cache import cache

EQUAL, OF_ONE_ADDRESS, IN_ALL, DONE = 5, 50, 1_000, 100
"""Rows an hour before only sums are kept: of refusals the first three, of what succeeded the last."""
SUMMED: Final = ("refusals", "summed")
"""Action and code of a row that stands for different refusals."""
_HOUR = 3600
_ROUND: Final = tuple(first * factor for factor in (10, 100, 1_000, 10_000, 100_000, 1_000_000) for first in (1, 2, 5))
_PREFIX = "audit"


@dataclass(frozen=True, slots=True)
class Event:
    """What is counted: the event without its facts, and for how many it stands; `about`: whom equal ones concern."""

    action: str
    code: str
    account: int | None
    address: str
    about: str = ""
    count: int = 1


def summed(event: Event) -> Event | None:
    """What is to be written for one more refusal: itself, a sum, or nothing.

    A sum over different events of an address leaves out what they were and the account; one over all the address, too.
    """
    count = _stands_for(f"{event.action}:{event.code}:{event.about}:{event.address}", EQUAL)
    if not count:
        return None
    event = replace(event, count=count)
    count = _stands_for(f"address:{event.address}", OF_ONE_ADDRESS)
    if not count:
        return None
    if count > 1:
        event = Event(*SUMMED, None, event.address, count=count)
    count = _stands_for("all", IN_ALL)
    if count > 1:
        event = Event(*SUMMED, None, "", count=count)
    return event if count else None


def done(action: str, account: int | None) -> int:
    """For how many a row of one more success stands; 0 where there is to be none."""
    return _stands_for(f"{action}:ok:{account}", DONE)


def _stands_for(what: str, rows: int) -> int:
    """Count one more; returns for how many a row now stands: 1 for each of the first, 0 where there is to be none."""
    number = _next(f"{_PREFIX}:{int(time.time()) // _HOUR}:{what}")
    if number <= rows:
        return 1
    if number not in _ROUND:
        return 0
    before = max((one for one in _ROUND if one < number), default=0)
    return number - max(rows, before)


def _next(key: str) -> int:
    cache.add(key, 0, 2 * _HOUR)
    number = int(cache.incr(key))
    cache.touch(key, 2 * _HOUR)  # the table's `incr` sets a time of its own
    return number
