"""Starts examinations and hears what they tell: each a process of its own, with a deadline of its own."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import msgspec

from agent import platform
from agent.card.frames import HEADER
from agent.card.process import host_environment
from agent.child import child_command
from agent.selftest.once import apart
from agent.selftest.seen import BeginSeen, EndSeen, ExamineAsk, Step

# Seconds that a process may take to start, and then for its look; and what counts as slow: a window waits as long.
START, LIMIT, SLOW = 5.0, 2.8, 2.0
# Seconds for a process that has told all to be gone.
_END = 0.3
# A reader and a card tell a few hundred bytes, a card with sixteen certificates 400 KiB.
_MAX_LINE = 1024 * 1024
_COMMAND = child_command("agent.selftest.examine")
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Examined:
    """What an examination has told until it ended: `hung` when it was ended by us, `crashed` when it did by itself."""

    steps: tuple[Step, ...]
    hung: bool = False
    crashed: bool = False
    seconds: float = 0.0


async def examine(ask: ExamineAsk, limit: float = 0.0) -> Examined:
    """Carries out an examination; never raises. A process that hangs is killed after `limit` seconds (0: LIMIT)."""
    steps = list[Step]()
    pipe = asyncio.subprocess.PIPE
    environment = await apart(lambda: host_environment(ask.setup))
    try:
        process = await asyncio.create_subprocess_exec(
            *_COMMAND, stdin=pipe, stdout=pipe, env=environment, limit=_MAX_LINE
        )
    except OSError as error:
        _LOG.error("examination does not start: %s", type(error).__name__)
        return Examined((), crashed=True)
    platform.end_with_us(process.pid)
    hung, begun = False, time.monotonic()
    try:
        async with asyncio.timeout(START) as deadline:
            async for step in _steps(process, ask):
                steps.append(step)
                if isinstance(step, BeginSeen):
                    begun = time.monotonic()
                    deadline.reschedule(asyncio.get_running_loop().time() + (limit or LIMIT))
    except TimeoutError:
        hung = True
    except (OSError, ValueError) as error:  # a pipe that broke, or a line that is no step
        _LOG.error("examination: %s", type(error).__name__)
    finally:
        await _end(process, 0.0 if hung else _END)
    ended = any(isinstance(step, EndSeen) for step in steps)
    return Examined(tuple(steps), hung, not hung and not ended, time.monotonic() - begun)


async def _end(process: asyncio.subprocess.Process, patience: float) -> None:
    """Waits until a process has ended; one that has told all does so at once, any other is killed after some seconds.

    One that not even a kill removes is left behind: nobody waits for it.
    """
    for seconds in (patience, 1.0):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await process.wait()
                return
        with contextlib.suppress(ProcessLookupError):
            process.kill()


async def _steps(process: asyncio.subprocess.Process, ask: ExamineAsk) -> AsyncIterator[Step]:
    """What it tells, to its end."""
    if process.stdin is None or process.stdout is None:
        raise OSError("no pipes")
    body = msgspec.json.encode(ask)
    process.stdin.write(HEADER.pack(len(body)) + body)
    while line := await process.stdout.readline():
        step = msgspec.json.decode(line, type=Step)
        yield step
        if isinstance(step, EndSeen):
            return
