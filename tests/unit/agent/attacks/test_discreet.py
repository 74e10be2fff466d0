"""What a site without a remembered permission can learn of the card from how, and when, its order ends."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from typing_extensions import override

from agent.discretion import DISCREET_LIMIT, ToldError
from agent.failures import Code, FailureError
from agent.order import Order, make_order
from agent.signing import WAIT_LIMIT, Signing
from agent.web.problems import problem
from tests.unit.agent.fakes import CHALLENGE, ORIGIN, TOKEN, FakeHost

WHO = "a web page"
ORDER = make_order(ORIGIN, CHALLENGE, "en")
Ending = tuple[bytes, float]
"""The problem document that the page gets, and how many seconds after its order."""


class Clock(selectors.DefaultSelector):
    """Where the loop would wait for a time, that time has come."""

    now = 0.0

    @override
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.now += timeout or 0.0
        return super().select(0)


class Loop(asyncio.SelectorEventLoop):
    """A loop whose seconds pass at once."""

    def __init__(self) -> None:
        self._clock = Clock()
        super().__init__(self._clock)

    @override
    def time(self) -> float:
        return self._clock.now


class Host(FakeHost):
    """A host of which something comes after a while; the one before it tidies up for a while."""

    def __init__(self, ends: BaseException | None, after: float = 0.0, tidying: float = 0.0) -> None:
        super().__init__()
        self._ends, self._after, self._tidying = ends, after, tidying

    @override
    async def sign(self, order: Order) -> Any:
        await asyncio.sleep(self._after)
        if self._ends is not None:
            raise self._ends
        return TOKEN

    @override
    async def idle(self) -> None:
        await asyncio.sleep(self._tidying)


def run(act: Callable[[], Coroutine[Any, Any, Ending]]) -> Ending:
    """Runs on a loop whose seconds pass at once."""
    with asyncio.Runner(loop_factory=Loop) as runner:
        return runner.run(act())


def ending(host: Host, order: Order = ORDER) -> Ending:
    """How an order ends."""

    async def act() -> Ending:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        with pytest.raises(FailureError) as caught:
            await Signing(host).sign(order)
        return problem(caught.value).text.encode(), loop.time() - begun  # type: ignore[union-attr]

    return run(act)


LEFT_ALONE: Ending = (problem(FailureError(Code.TIMED_OUT)).text.encode(), DISCREET_LIMIT)  # type: ignore[union-attr]
CLOSED: bytes = problem(FailureError(Code.USER_CANCELLED)).text.encode()  # type: ignore[union-attr]
TELLING = [code for code in Code if code not in (Code.USER_CANCELLED, Code.NO_PROMPT)]


@pytest.mark.parametrize("code", TELLING)
def test_failure_that_a_host_ends_with(code: Code) -> None:
    """Read from the answer, or from its time, why a card host has ended."""
    for after in (0.0, 0.5, 5.0, 90.0, 299.0):
        for tries in (None, 1):
            assert ending(Host(FailureError(code, tries), after)) == LEFT_ALONE


@pytest.mark.parametrize("seconds", [0.0, 1.5, WAIT_LIMIT - 0.1, WAIT_LIMIT + 0.1, 60.0])
def test_card_that_is_still_being_reset(seconds: float) -> None:
    """Read from the time of one order how long the reset of the card before it took."""
    assert ending(Host(FailureError(Code.NO_CARD), tidying=seconds)) == LEFT_ALONE
    assert ending(Host(None, after=1000.0, tidying=seconds)) == LEFT_ALONE


@pytest.mark.parametrize("tries", [None, 0, 1, 2, 3])
def test_tries_that_are_left(tries: int | None) -> None:
    """Read the count of PIN tries from the answer to an order that a person has cancelled."""
    assert ending(Host(FailureError(Code.USER_CANCELLED, tries), 17.0)) == (CLOSED, 17.0)


def test_signature_that_takes_long() -> None:
    """Read from an answer after the limit that somebody has typed a PIN."""
    assert ending(Host(None, after=DISCREET_LIMIT + 1)) == LEFT_ALONE


@pytest.mark.parametrize("code", TELLING)
def test_person_who_wants_the_site_to_know_is_obeyed(code: Code) -> None:
    """Have the person's own wish, or the remembered permission, come to nothing."""
    told = problem(FailureError(code, 2)).text.encode()  # type: ignore[union-attr]
    assert ending(Host(ToldError(code, 2), 3.0)) == (told, 3.0)
    allowed = Order(ORIGIN, CHALLENGE, ORDER.purpose, "en", tells=True)
    assert ending(Host(FailureError(code, 2), 3.0), allowed) == (told, 3.0)
