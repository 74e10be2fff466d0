"""Waiting for ports that another program holds: the agent starts all the same, and serves once one is free."""

import asyncio
import logging
import socket
from contextlib import suppress

from agent.platform import holder_of
from agent.web.listener import PortError, bind

RETRY_SECONDS = 5.0
_LOG = logging.getLogger(__name__)


async def bound(ports: tuple[int, ...], stop: asyncio.Event, taken: list[str]) -> list[socket.socket]:
    """Sockets on the first port that is free, as soon as one is; none when `stop` comes first.

    Meanwhile `taken` says who holds them, and so does the log, whenever that changes.
    """
    while not stop.is_set():
        try:
            sockets = bind(ports)
        except PortError:
            # Looks into the folders of all processes.
            held = await asyncio.to_thread(lambda: [_held(port) for port in ports])
            if held != taken:
                _LOG.warning("waiting for a port: %s", "; ".join(held))
                taken[:] = held
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), RETRY_SECONDS)
        else:
            taken.clear()
            return sockets
    return []


def _held(port: int) -> str:
    return f"{port}: {holder_of(port) or 'another program'}"
