"""The daemon's side of a run of the self-test: a child process that is asked once and tells line by line.

The checks load drivers and cryptography, which this process never does (docs/architecture.md), and a check that hangs
costs its run alone.
"""

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncGenerator, AsyncIterator, Sequence

import msgspec

from agent import platform
from agent.child import child_command
from agent.failures import Code, FailureError
from agent.selftest.ask import Ask

# Seconds that a run may take; in a trial a person looks for the card and types the PIN.
RUN_SECONDS, TRIAL_SECONDS = 30.0, 240.0
# Bytes of a line, and how many there may be: a check has one, or two where a person is waited for.
MAX_LINE, MAX_LINES = 64 * 1024, 256
# Seconds for a process to end that has told everything, and for the system to remove one that was killed.
_END_SECONDS = 2.0
# What `cardlogin run` sets so that the daemon starts quickly, and what would have the child trust no portal.
_AUTHORITIES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_LOG = logging.getLogger(__name__)


class Doctor:
    """Runs the self-test, once at a time. `settings`: the file that the person has named, empty for the usual one.

    What the child has to say otherwise goes to its standard error, which is ours: the log.
    """

    def __init__(
        self, settings: str = "", command: Sequence[str] = child_command("agent.selftest.process")
    ) -> None:  # fmt: skip
        self._settings = settings
        self._command = tuple(command)
        self._busy = False
        self._process: asyncio.subprocess.Process | None = None
        self._closed = False

    @contextlib.asynccontextmanager
    async def examine(self, ask: Ask) -> AsyncIterator[AsyncIterator[bytes]]:
        """The lines of a run, as they come, until it ends; leaving the block ends it.

        Raises FailureError: busy while another one is under way, host_failed where it does not start. The lines end
        early where they are too long or too many; whoever reads them looks for the last one.
        """
        if self._busy or self._closed:
            raise FailureError(Code.BUSY)
        self._busy = True
        try:
            process = await self._start()
            try:
                asked = msgspec.structs.replace(ask, settings=self._settings)
                async with contextlib.aclosing(self._lines(process, asked)) as lines:
                    yield lines
            finally:
                self._process = None
                await _end(process)
        finally:
            self._busy = False

    def close(self) -> None:
        """Kills a run under way, for the end of the daemon; whoever reads it sees its end. None is started after it."""
        self._closed = True
        if self._process is not None:
            _kill(self._process)

    async def _start(self) -> asyncio.subprocess.Process:
        pipe = asyncio.subprocess.PIPE
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command, stdin=pipe, stdout=pipe, env=_environment(), limit=MAX_LINE
            )
        except OSError as error:
            _LOG.error("self-test does not start: %s", type(error).__name__)
            raise FailureError(Code.HOST_FAILED) from None
        platform.end_with_us(process.pid)
        self._process = process
        return process

    async def _lines(self, process: asyncio.subprocess.Process, ask: Ask) -> AsyncGenerator[bytes]:
        if process.stdin is None or process.stdout is None:
            return
        # It stays open: its end tells the child that nobody waits any more.
        process.stdin.write(msgspec.json.encode(ask) + b"\n")
        for _ in range(MAX_LINES):
            try:
                line = await process.stdout.readline()
            except ValueError:
                _LOG.error("self-test: a line is too long")
                return
            if not line.endswith(b"\n"):
                return
            yield line
        _LOG.error("self-test: too many lines")


def _environment() -> dict[str, str]:
    """Our own, with the system's certificate authorities."""
    return {name: value for name, value in os.environ.items() if name not in _AUTHORITIES or value != os.devnull}


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kills a process that still runs; a card host of it sees that nobody waits, closes its window and resets the card.

    One that has told everything ends by itself. One that not even a kill removes, because it is stuck inside the
    system, is left behind.
    """
    if process.stdin is not None:
        process.stdin.close()
    if process.stdout is not None and process.stdout.at_eof() and await _ended(process):
        return
    _kill(process)
    if not await _ended(process):
        _LOG.error("self-test %d cannot be killed", process.pid)


def _kill(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()


async def _ended(process: asyncio.subprocess.Process) -> bool:
    try:
        async with asyncio.timeout(_END_SECONDS):
            while process.stdout is not None and await process.stdout.read(MAX_LINE):
                pass  # what nobody wants to read keeps the pipe open
            await process.wait()
    except TimeoutError:
        return False
    return True
