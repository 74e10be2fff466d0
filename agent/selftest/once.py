"""Something that several checks need: looked at when the first of them asks, and once; what blocks, apart."""

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Generic, TypeVar

Seen = TypeVar("Seen")


class Once(Generic[Seen]):
    """A look that all callers share; a caller that is cancelled does not end it for the others."""

    def __init__(self, look: Callable[[], Coroutine[Any, Any, Seen]]) -> None:
        self._look = look
        self._task: asyncio.Task[Seen] | None = None

    async def __call__(self) -> Seen:
        """What was seen; raises what the look has raised."""
        if self._task is None:
            self._task = asyncio.create_task(self._look())
        return await asyncio.shield(self._task)


async def apart(look: Callable[[], Seen]) -> Seen:
    """What a call that blocks has come to; its thread does not keep the process from ending."""
    loop = asyncio.get_running_loop()
    found: asyncio.Future[Seen] = loop.create_future()

    def told(set_: Callable[[Any], None], value: object) -> None:
        if not found.done():
            set_(value)

    def call() -> None:
        try:
            value = look()
        except Exception as error:
            _tell(loop, told, found.set_exception, error)
        else:
            _tell(loop, told, found.set_result, value)

    threading.Thread(target=call, daemon=True).start()
    return await found


def _tell(loop: asyncio.AbstractEventLoop, *call: Any) -> None:
    with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits any more
        loop.call_soon_threadsafe(*call)


async def within(seconds: float, work: Awaitable[Seen], otherwise: Seen) -> Seen:
    """What comes of work, or something else where it takes longer than some seconds."""
    try:
        async with asyncio.timeout(seconds):
            return await work
    except TimeoutError:
        return otherwise


def in_thread(look: Callable[[], Seen]) -> Once[Seen]:
    """A look that blocks."""

    async def looked() -> Seen:
        return await apart(look)

    return Once(looked)
