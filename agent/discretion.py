"""What a site without a remembered permission learns of an order that came to no signature: nothing about the card.

Whatever is in the reader, or wrong with it, such an order ends in one of three ways: a person has closed the window, at
a moment of the person's own; or DISCREET_LIMIT has passed since the order came; or nobody can be asked on this computer
at all, which is known before anything is looked for. Every other end is held back until the limit has passed.
"""

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

from agent.failures import Code, FailureError

# Seconds. A person finds a card and types a PIN in less, and a portal's challenge is worth nothing after it.
DISCREET_LIMIT = 300.0
# No fact about reader, card or holder; each without the count of tries.
NO_FACTS = frozenset({Code.USER_CANCELLED, Code.NO_PROMPT, Code.ORIGIN_NOT_PERMITTED})
Result = TypeVar("Result")


class ToldError(FailureError):
    """A failure that the person wants the site to be told."""


async def discreet(order: Coroutine[None, None, Result]) -> Result:
    """The result of an order whose site may not be told what is wrong.

    Raises FailureError: one of NO_FACTS or a ToldError as it comes; timed_out once the limit has passed.
    """
    try:
        async with asyncio.timeout(DISCREET_LIMIT):
            return await _held_back(order)
    except TimeoutError:
        raise FailureError(Code.TIMED_OUT) from None


async def _held_back(order: Coroutine[None, None, Result]) -> Result:
    try:
        return await order
    except ToldError:
        raise
    except FailureError as error:
        if error.code in NO_FACTS:
            raise FailureError(error.code) from None
        nothing: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        return await nothing
