"""The daemon's side of the card host: hand it one order, take one answer, end it; and keep a spare ready."""

import asyncio
from collections.abc import Callable

from msgspec import structs

from agent.card.frames import HostAnswer, HostOrder, HostSetup, Token
from agent.card.page_pins import PagePins
from agent.card.process import HostProcess, NotDeliveredError
from agent.card.spare import Spare
from agent.discretion import ToldError
from agent.drivers import DriverAnswers
from agent.failures import Code, FailureError
from agent.language import ChosenLanguage
from agent.order import Order
from agent.settings import CardSettings

# Seconds: the window's own deadlines (120 to type, 20 to sign, again after a wrong PIN) end well before.
TOTAL_LIMIT = 600.0
STOP_LIMIT = 2.0
# For a look at readers and cards, from the start of its host to its answer.
LOOK_LIMIT = 8.0
# Answers that are not about the card: the host or its window has failed.
_BROKEN = frozenset({Code.HOST_FAILED, Code.INTERNAL})


class CardHost:
    """Runs one card host per order; `chosen` is the language of its window, where the person has chosen one.

    `answers` is what the person has said of drivers, in earlier windows; `permit` remembers a site that the person has
    allowed in a window.
    """

    def __init__(
        self, settings: CardSettings, chosen: ChosenLanguage, answers: DriverAnswers, permit: Callable[[str], None]
    ) -> None:
        self._setup = HostSetup(settings.drivers, settings.modules, settings.prompt, settings.pin, pcsc=settings.pcsc)
        self._chosen, self._answers, self._permit = chosen, answers, permit
        self._spare = Spare(self._start)
        self._host: HostProcess | None = None
        self._page_pins = PagePins()
        self._endings: set[asyncio.Task[None]] = set()
        self._looking: HostProcess | None = None
        self._looked: set[asyncio.Task[None]] = set()
        self._closed = False

    def prepare(self) -> None:
        """Has a host ready for the next order, unless one is; returns at once and never raises."""
        if not self._closed:
            self._spare.prepare()

    async def sign(self, order: Order) -> Token:
        """The token for an order; as `carry_out`."""
        asked = HostOrder(
            order.origin, order.challenge, order.language, order.wanted, order.pss, tells=order.tells
        )  # fmt: skip
        answer = await self.carry_out(asked)
        if answer.token is None:
            raise FailureError(Code.HOST_FAILED)
        return answer.token

    async def carry_out(self, order: HostOrder) -> HostAnswer:
        """What comes of an order; raises FailureError. Cancelling closes the window, and nothing is signed.

        The card has been reset by then, or its host has ended, which resets it. The host ends by itself, for which
        the next order waits (`idle`). A spare is used where there is one; one that has died unnoticed costs nothing,
        because the order has not reached it. A host that dies later costs its order: a person may have seen the window.
        """
        order = structs.replace(self._page_pins.allowed(order), language=self._chosen.language or order.language)
        answer = None
        try:
            async with asyncio.timeout(TOTAL_LIMIT):
                answer = await self._answer_or_shown(order)
        except TimeoutError:
            raise FailureError(Code.TIMED_OUT) from None
        finally:
            self._page_pins.note(order, answer)
        await self._remember(order.origin, answer)
        return _told(answer)

    def page_left(self) -> None:
        """Nobody waits at the page of the order under way any more; the person is told, and may go on."""
        if self._host is not None:
            self._host.page_left()

    async def look(self, order: HostOrder) -> HostAnswer:
        """What comes of an order that needs no person: readers and cards, for a site that is permitted.

        By a host of its own, beside one whose window is open; no order waits for it. The caller has one look at a time.
        Raises FailureError, reader_hung after LOOK_LIMIT.
        """
        try:
            async with asyncio.timeout(LOOK_LIMIT):
                self._looking = host = await self._start()
                try:
                    if self._closed:
                        raise FailureError(Code.HOST_FAILED)
                    return _told(await host.ask(order))
                finally:
                    self._looking = None
                    self._end(host, of=self._looked)
        except TimeoutError:
            raise FailureError(Code.READER_HUNG) from None

    async def idle(self) -> None:
        """Returns when no host of an order is left running."""
        while self._endings:
            await asyncio.wait(self._endings)

    async def close(self) -> None:
        """Ends every host, for the end of the daemon: an order under way is answered as cancelled by its host."""
        self._closed = True
        if self._host is not None:
            self._end(self._host, STOP_LIMIT)
        if self._looking is not None:
            self._end(self._looking, STOP_LIMIT, of=self._looked)
        spare = await self._spare.take()
        if spare is not None:
            self._end(spare, STOP_LIMIT)
        await self.idle()
        while self._looked:
            await asyncio.wait(self._looked)

    async def _remember(self, origin: str, answer: HostAnswer) -> None:
        """Keeps what the person has said in the window, whatever came of the order."""
        if answer.language is not None:
            await asyncio.to_thread(self._chosen.remember, answer.language)
        if answer.drivers:
            await asyncio.to_thread(self._answers.remember, answer.drivers)
        if answer.permitted:
            await asyncio.to_thread(self._permit, origin)

    async def _start(self) -> HostProcess:
        answers = await asyncio.to_thread(self._answers.all)
        return await HostProcess.start(structs.replace(self._setup, answers=answers))

    async def _answer_or_shown(self, order: HostOrder) -> HostAnswer:
        """The answer; where the site may not be told that a host has failed, another one tells the person."""
        if order.tells:
            return await self._answer(order)
        try:
            answer = await self._answer(order)
            if answer.told or answer.code not in _BROKEN:
                return answer
        except FailureError:
            if self._closed:
                raise
        return await self._answer(structs.replace(order, failed=Code.HOST_FAILED.value))

    async def _answer(self, order: HostOrder) -> HostAnswer:
        spare = await self._spare.take()
        if spare is not None:
            try:
                return await self._ask(spare, order)
            except NotDeliveredError:
                pass  # a host of its own, as without a spare
        return await self._ask(await self._start(), order)

    async def _ask(self, host: HostProcess, order: HostOrder) -> HostAnswer:
        self._host = host
        try:
            if self._closed:
                raise FailureError(Code.HOST_FAILED)
            answer = await host.ask(order)
            self._spare.trust()
            return answer
        finally:
            self._host = None
            self._end(host)

    def _end(self, host: HostProcess, seconds: float | None = None, of: set[asyncio.Task[None]] | None = None) -> None:
        endings = self._endings if of is None else of
        task = asyncio.create_task(host.end(seconds))
        endings.add(task)
        task.add_done_callback(endings.discard)


def _told(answer: HostAnswer) -> HostAnswer:
    """The answer, unless it is a failure: that is raised."""
    if answer.code is None:
        return answer
    kind = ToldError if answer.told else FailureError
    try:
        raise kind(Code(answer.code), answer.tries_left)
    except ValueError:
        raise FailureError(Code.HOST_FAILED) from None
