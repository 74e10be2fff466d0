"""Something that several checks need: looked at when the first of them asks, and once."""

import asyncio
from collections.abc import Callable, Coroutine
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


def in_thread(look: Callable[[], Seen]) -> Once[Seen]:
    """A look that blocks."""

    async def looked() -> Seen:
        return await asyncio.to_thread(look)

    return Once(looked)
