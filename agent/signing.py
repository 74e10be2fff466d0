"""The way of an order: room for one, a card host for it, and a state that always ends."""

import asyncio
import logging
from typing import Protocol

from agent.card.frames import Token
from agent.failures import FailureError
from agent.order import Order, OrderBook, State

_LOG = logging.getLogger(__name__)


class Host(Protocol):
    """What carries out an order; `agent.card.client.CardHost` is the real one."""

    async def sign(self, order: Order) -> Token:
        """The token for an order; raises FailureError."""

    async def idle(self) -> None:
        """Returns when the card is free again."""


class Signing:
    """Takes one order at a time."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._book = OrderBook()

    def prepare(self) -> None:
        """Gets ready for an order that is likely to come; never raises."""

    async def sign(self, order: Order) -> Token:
        """The token for an order; raises FailureError(busy) while another is under way, or the order's own failure."""
        self._book.begin()
        try:
            await self._host.idle()
            self._book.move(State.WITH_HOST)
            token = await self._host.sign(order)
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
        _LOG.info("order for %s: signed", order.origin)
        return token

    def _fail(self, code: str) -> None:
        self._book.move(State.FAILED)
        _LOG.info("order: %s", code)
