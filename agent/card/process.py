"""One card host as the daemon sees it: a child process, one order on its stdin, one answer on its stdout."""

import asyncio
import contextlib
import logging
import os

from agent import platform
from agent.card.frames import (
    HEADER,
    LEFT,
    TAKEN,
    FrameError,
    HostAnswer,
    HostOrder,
    HostSetup,
    body_length,
    decode,
    encode,
)
from agent.child import child_command
from agent.failures import Code, FailureError

# Seconds a host may take to close its window and reset the card, and the system to remove a killed one.
END_LIMIT, KILL_LIMIT = 5.0, 2.0
_LOG = logging.getLogger(__name__)
_COMMAND = child_command("agent.card.host")


class NotDeliveredError(FailureError):
    """The host has ended without taking its order; no card and no person has seen anything of it."""


class HostProcess:
    """A card host that has its set-up and waits for its order."""

    def __init__(
        self, process: asyncio.subprocess.Process, stdin: asyncio.StreamWriter, stdout: asyncio.StreamReader
    ) -> None:
        self._process = process
        self._stdin = stdin
        self._stdout = stdout

    @classmethod
    async def start(cls, setup: HostSetup) -> "HostProcess":
        """A new host, which gets ready while this returns; raises FailureError(host_failed).

        Its environment is an allow-list and its arguments are constant: what an order says goes down the pipe only.
        """
        environment = await asyncio.to_thread(host_environment, setup)
        pipe = asyncio.subprocess.PIPE
        try:
            process = await asyncio.create_subprocess_exec(*_COMMAND, stdin=pipe, stdout=pipe, env=environment)
        except OSError as error:
            _LOG.error("card host does not start: %s", type(error).__name__)
            raise FailureError(Code.HOST_FAILED) from None
        platform.end_with_us(process.pid)
        if process.stdin is None or process.stdout is None:
            raise FailureError(Code.HOST_FAILED)
        process.stdin.write(encode(setup))
        return cls(process, process.stdin, process.stdout)

    @property
    def alive(self) -> bool:
        """Whether the process has not ended as far as is known."""
        return self._process.returncode is None and not self._stdin.is_closing()

    async def ask(self, order: HostOrder) -> HostAnswer:
        """The answer to the one order of this host; raises FailureError(host_failed), NotDeliveredError among them.

        stdin stays open meanwhile: its end tells the host that the page is gone. An answer is returned when the host
        says that no card is left verified, or has ended: its driver then crashed in the log-out, and the PC/SC service
        has reset the card.
        """
        self._stdin.write(encode(order))
        with contextlib.suppress(ConnectionError):
            await self._stdin.drain()
        if self._stdin.is_closing():
            raise NotDeliveredError(Code.HOST_FAILED)
        try:
            taken = await self._stdout.readexactly(len(TAKEN))
        except (asyncio.IncompleteReadError, ConnectionError):
            # Even where the order could be written: the pipe of a process that is killed stays open for a moment.
            _LOG.warning("card host ended without taking its order")
            raise NotDeliveredError(Code.HOST_FAILED) from None
        try:
            if taken != TAKEN:
                raise FrameError("order not taken")
            return await self._answer()
        except (FrameError, asyncio.IncompleteReadError, ConnectionError):
            _LOG.error("card host ended without an answer")
            raise FailureError(Code.HOST_FAILED) from None

    def page_left(self) -> None:
        """Tells the host that nobody waits at the page any more; its window stays, and says so."""
        if not self._stdin.is_closing():
            self._stdin.write(LEFT)

    async def _answer(self) -> HostAnswer:
        answer = await self._frame()
        while not answer.final:
            try:
                async with asyncio.timeout(END_LIMIT):
                    answer = await self._frame()
            except TimeoutError:
                _LOG.error("card host hangs in the log-out")
                await self.end(0)
                break
            except (asyncio.IncompleteReadError, ConnectionError):
                _LOG.error("card host ended in the log-out")
                await self.end()
                break
        return answer

    async def _frame(self) -> HostAnswer:
        length = body_length(await self._stdout.readexactly(HEADER.size))
        return decode(await self._stdout.readexactly(length), HostAnswer)

    async def ended(self, seconds: float) -> int | None:
        """The exit status, once the process has ended; None when it still runs after some seconds."""
        try:
            async with asyncio.timeout(seconds):
                return await self._process.wait()
        except TimeoutError:
            return None

    async def end(self, seconds: float | None = None) -> None:
        """Tells the host that it is over, and kills it when it has not ended after some seconds (END_LIMIT).

        pcscd and the Windows service reset or free the card of a process that dies. A process that not even a kill
        removes, because it is stuck inside the system, is left behind: nobody waits for it.
        """
        self._stdin.close()
        if await self.ended(END_LIMIT if seconds is None else seconds) is not None:
            return
        _LOG.error("card host does not end and is killed")
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        if await self.ended(KILL_LIMIT) is None:
            _LOG.error("card host %d cannot be killed", self._process.pid)


def host_environment(setup: HostSetup) -> dict[str, str]:
    """What a host sees of our environment: an allow-list, and the PC/SC service of the settings."""
    given = {name: os.environ[name] for name in platform.HOST_ENVIRONMENT if name in os.environ}
    environment = {name: value for name, value in given.items() if platform.may_pass(name, value)}
    if setup.pcsc:
        return {**environment, platform.PCSC_SOCKET: setup.pcsc}
    if environment.keys() < given.keys():
        _LOG.warning("%s is not root's alone: the card host uses the system's service", platform.PCSC_SOCKET)
    return environment
