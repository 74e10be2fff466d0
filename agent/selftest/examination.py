"""Starts examinations and hears what they tell: each a process of its own, with a deadline of its own."""

import asyncio
import contextlib
import logging
import time
from dataclasses import dataclass

import msgspec

from agent import platform
from agent.card.frames import HEADER
from agent.card.process import host_environment
from agent.child import child_command
from agent.selftest.seen import EndSeen, ExamineAsk, Step

# Seconds that an examination may take in all, and what counts as slow: a window that opens waits as long.
LIMIT, SLOW = 3.5, 2.0
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


async def examine(ask: ExamineAsk, limit: float = LIMIT) -> Examined:
    """Carries out an examination; never raises. A process that hangs is killed after `limit` seconds."""
    begun, steps = time.monotonic(), list[Step]()
    pipe = asyncio.subprocess.PIPE
    environment = await asyncio.to_thread(host_environment, ask.setup)
    try:
        process = await asyncio.create_subprocess_exec(
            *_COMMAND, stdin=pipe, stdout=pipe, env=environment, limit=_MAX_LINE
        )
    except OSError as error:
        _LOG.error("examination does not start: %s", type(error).__name__)
        return Examined((), crashed=True)
    platform.end_with_us(process.pid)
    hung = False
    try:
        async with asyncio.timeout(limit):
            await _converse(process, ask, steps)
    except TimeoutError:
        hung = True
    except (OSError, ValueError) as error:  # a pipe that broke, or a line that is no step
        _LOG.error("examination: %s", type(error).__name__)
    finally:
        # One that has told all ends by itself: to kill it meanwhile lets asyncio complain of an unknown process.
        if hung or not await _ends(process):
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        # One that not even a kill removes is left behind: nobody waits for it.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), 1)
    ended = any(isinstance(step, EndSeen) for step in steps)
    return Examined(tuple(steps), hung, not hung and not ended, time.monotonic() - begun)


async def _ends(process: asyncio.subprocess.Process) -> bool:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), 0.5)
    return process.returncode is not None


async def _converse(process: asyncio.subprocess.Process, ask: ExamineAsk, steps: list[Step]) -> None:
    if process.stdin is None or process.stdout is None:
        raise OSError("no pipes")
    body = msgspec.json.encode(ask)
    process.stdin.write(HEADER.pack(len(body)) + body)
    while line := await process.stdout.readline():
        step = msgspec.json.decode(line, type=Step)
        steps.append(step)
        if isinstance(step, EndSeen):
            return
