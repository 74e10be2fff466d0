"""The way of an order: room for one, a card host for it, and a state that always ends."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Protocol, TypeAlias, TypeVar

from agent.card.frames import HostAnswer, HostOrder, Token
from agent.discretion import discreet
from agent.failures import Code, FailureError
from agent.order import Order, OrderBook, State

# Seconds that an order waits until the card host before it has reset the card and ended: longer than a host that does
# not end is left alone (agent/card/process.py: five, and two for the kill), so that the wait always has an end in time.
WAIT_LIMIT = 8.0
_LOG = logging.getLogger(__name__)
Asked = TypeVar("Asked")
Answer = TypeVar("Answer")
Work: TypeAlias = Callable[[Asked], Coroutine[Any, Any, Answer]]


class Host(Protocol):
    """What carries out an order; `agent.card.client.CardHost` is the real one."""

    def prepare(self) -> None:
        """Gets ready for an order that is likely to come; returns at once and never raises."""

    async def sign(self, order: Order) -> Token:
        """The token for an order; raises FailureError."""

    async def carry_out(self, order: HostOrder) -> HostAnswer:
        """What comes of an order of a page written for the old component; raises FailureError."""

    async def look(self, order: HostOrder) -> HostAnswer:
        """What comes of an order that needs no person, beside one that does; raises FailureError."""

    def page_left(self) -> None:
        """Nobody waits at the page of the order under way any more; returns at once and never raises."""

    async def idle(self) -> None:
        """Returns when the card is free again."""

    async def close(self) -> None:
        """Ends an order under way, and everything that was started."""


class Signing:
    """Takes one order at a time.

    The design asks for one order at a time per reader. Which reader an order will use is known only when a person has
    chosen a card, inside the card host; and two windows that ask for a PIN at once could not be told apart by a person
    who looks at one card. So the rule is one order at a time, whichever reader: a second caller is told `busy` at once.

    An order waits in one case only: its predecessor has been answered, and the host of that has still to end. One order
    may wait so, for at most WAIT_LIMIT; who comes then is told `busy` as well, because it would have to wait for a
    person to type. An order ends with its page, so a page that was left or loaded anew is never kept out by the order
    it had asked for before.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._book = OrderBook()

    def prepare(self) -> None:
        """Tells that an order is likely to come: a page of ours was opened, a card inserted.

        Returns at once and never raises. While an order is under way nothing is started beside it.
        """
        if self._book.free:
            self._host.prepare()

    async def sign(self, order: Order) -> Token:
        """The token for an order; raises FailureError(busy) while another is under way, or the order's own failure.

        Of a site that may not be told that, only what `discreet` lets through.
        """
        return await self._take(order.origin, self._host.sign, order, tells=order.tells)

    async def carry_out(self, order: HostOrder) -> HostAnswer:
        """What comes of an order of a page written for the old component; raises FailureError as `sign` does."""
        return await self._take(order.origin, self._host.carry_out, order, tells=order.tells)

    async def look(self, order: HostOrder) -> HostAnswer:
        """Readers and cards, whatever order is under way; raises FailureError. The caller has one look at a time."""
        return await self._host.look(order)

    @asynccontextmanager
    async def reserved(self) -> AsyncIterator[None]:
        """Around a trial of the self-test, which signs beside us: the card is free, and no order is taken meanwhile.

        Raises FailureError(busy) as an order does.
        """
        self._book.begin()
        try:
            await self._card_is_free()
            self._book.move(State.WITH_HOST)
            yield
        finally:
            self._book.move(State.FAILED)
            _LOG.info("trial of the self-test: over")

    def page_left(self) -> None:
        """Tells the person that nobody waits at the page of the order under way any more; it goes on."""
        self._host.page_left()

    async def close(self) -> None:
        """Ends the order under way and everything that was started for the next, for the end of the daemon."""
        await self._host.close()

    async def _take(self, origin: str, work: Work[Asked, Answer], order: Asked, *, tells: bool) -> Answer:
        self._book.begin()
        try:
            waiting = self._when_free(work, order)
            answer = await (waiting if tells else discreet(waiting))
        except asyncio.CancelledError:
            self._fail("page_closed")
            raise
        except FailureError as error:
            self._fail(error.code.value)
            raise
        except BaseException:
            self._fail("internal")
            raise
        self._book.move(State.ANSWERED)
        _LOG.info("order for %s: answered", origin)
        return answer

    async def _when_free(self, work: Work[Asked, Answer], order: Asked) -> Answer:
        await self._card_is_free()
        self._book.move(State.WITH_HOST)
        return await work(order)

    async def _card_is_free(self) -> None:
        try:
            async with asyncio.timeout(WAIT_LIMIT):
                await self._host.idle()
        except TimeoutError:
            raise FailureError(Code.BUSY) from None

    def _fail(self, code: str) -> None:
        self._book.move(State.FAILED)
        _LOG.info("order: %s", code)
