"""The daemon's side of the card host: start it, hand it one order, take one answer, end it."""

import asyncio
import contextlib
import logging
import os

from agent import platform
from agent.card.frames import HEADER, FrameError, HostAnswer, HostOrder, HostSetup, Token, body_length, decode, encode
from agent.child import child_command
from agent.failures import Code, FailureError
from agent.order import Order
from agent.settings import CardSettings

# Seconds: the window's own deadlines (120 to type, 20 to sign, again after a wrong PIN) end well before.
TOTAL_LIMIT = 600.0
END_LIMIT = 5.0
_LOG = logging.getLogger(__name__)
_COMMAND = child_command("agent.card.host")


class CardHost:
    """Runs one card host per order."""

    def __init__(self, settings: CardSettings) -> None:
        self._setup = HostSetup(settings.drivers, settings.modules, settings.prompt, settings.pin)
        self._endings: set[asyncio.Task[None]] = set()

    async def sign(self, order: Order) -> Token:
        """The token for an order; raises FailureError. Cancelling closes the window, and nothing is signed.

        The host ends by itself meanwhile: it resets the card first, which the caller need not wait for but the next
        order does (`idle`).
        """
        host = await _start()
        try:
            async with asyncio.timeout(TOTAL_LIMIT):
                answer = await _exchange(host, self._setup, order)
        except TimeoutError:
            raise FailureError(Code.TIMED_OUT) from None
        finally:
            self._remember(asyncio.create_task(_end(host)))
        return _token(answer)

    async def idle(self) -> None:
        """Returns when no host is left running."""
        while self._endings:
            await asyncio.wait(self._endings)

    def _remember(self, task: asyncio.Task[None]) -> None:
        self._endings.add(task)
        task.add_done_callback(self._endings.discard)


async def _start() -> asyncio.subprocess.Process:
    environment = {name: os.environ[name] for name in platform.HOST_ENVIRONMENT if name in os.environ}
    try:
        return await asyncio.create_subprocess_exec(
            *_COMMAND, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=environment
        )
    except OSError as error:
        _LOG.error("card host does not start: %s", type(error).__name__)
        raise FailureError(Code.HOST_FAILED) from None


async def _exchange(host: asyncio.subprocess.Process, setup: HostSetup, order: Order) -> HostAnswer:
    if host.stdin is None or host.stdout is None:
        raise FailureError(Code.HOST_FAILED)
    try:
        # stdin stays open: its end tells the host that the page is gone.
        host.stdin.write(encode(setup) + encode(_host_order(order)))
        await host.stdin.drain()
        length = body_length(await host.stdout.readexactly(HEADER.size))
        return decode(await host.stdout.readexactly(length), HostAnswer)
    except (FrameError, asyncio.IncompleteReadError, ConnectionError):
        _LOG.error("card host ended without an answer")
        raise FailureError(Code.HOST_FAILED) from None


def _host_order(order: Order) -> HostOrder:
    return HostOrder(order.origin, order.challenge, order.language.value, order.wanted, order.pss)


def _token(answer: HostAnswer) -> Token:
    if answer.token is not None:
        return answer.token
    try:
        raise FailureError(Code(answer.code or ""), answer.tries_left)
    except ValueError:
        raise FailureError(Code.HOST_FAILED) from None


async def _end(host: asyncio.subprocess.Process) -> None:
    """Tells the host that it is over, by the end of its stdin, and kills it when it does not end."""
    if host.stdin is not None:
        host.stdin.close()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(END_LIMIT):
            await host.wait()
    if host.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            host.kill()
        await host.wait()
