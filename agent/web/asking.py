"""What a handler calls when it knows who asks: may it, may it now, and may it open a window."""

import asyncio
import functools
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from aiohttp import web

from agent.callers import Callers, site_of
from agent.card.frames import Token
from agent.failures import Code
from agent.order import Order
from agent.permissions import Permissions
from agent.platform import raise_file_limit
from agent.settings import WebSettings
from agent.signing import Signing
from agent.web.connections import Connections
from agent.web.limits import Clock, Requests, Windows
from agent.web.peers import Peers

Answer = TypeVar("Answer")


class Admission:
    """Who may come in and how often; all listeners of a daemon share one."""

    def __init__(self, settings: WebSettings, permissions: Permissions, clock: Clock = time.monotonic) -> None:
        self.permissions = permissions
        self.callers = Callers(settings, permissions)
        self.peers = Peers()
        self.requests, self.windows = Requests(clock), Windows(clock)
        self.failures: list[Code] = []  # the last one of all listeners, for /status
        self.connections = Connections(raise_file_limit())


ADMISSION: web.AppKey[Admission] = web.AppKey("admission", Admission)
# Set once the browser's own Origin header has named a caller: it may read the answer, a refusal as well.
CALLER: web.RequestKey[str] = web.RequestKey("caller", str)


def admit(request: web.Request, origin: str | None) -> str:
    """The caller that may ask now, exactly as the browser wrote it.

    Raises FailureError: what `Callers.admit` raises, and too_many_requests.
    """
    name = request.app[ADMISSION].callers.admit(origin)
    request.app[ADMISSION].requests.count(name)
    return name


def name_by_header(request: web.Request) -> str:
    """The caller that the Origin header names, who may read the answer from now on.

    Raises FailureError(origin_refused) where there is not exactly one that may ask.
    """
    origins = request.headers.getall("Origin", [])
    origin = request.app[ADMISSION].callers.name(origins[0] if len(origins) == 1 else None)
    request[CALLER] = origin
    return origin


def admit_by_header(request: web.Request) -> str:
    """The caller that the Origin header names, if it may ask now; raises FailureError as `admit` does."""
    return admit(request, name_by_header(request))


async def sign(request: web.Request, signing: Signing, order: Order, *, proven: bool = True) -> Token:
    """The token for an order of an admitted caller; raises FailureError, too_many_requests also for too many windows.

    A site that this user has allowed may open as many windows as it needs, and is told what is wrong with reader and
    card; others learn that no token came, and nothing more. `proven`: the browser has named the caller, and not whoever
    sent the person here.
    """
    admission = request.app[ADMISSION]
    permitted = admission.callers.permitted(order.origin)
    signed = functools.partial(signing.sign, replace(order, tells=permitted))
    return await in_window(admission, order.origin if proven else None, signed, permitted=permitted)


async def in_window(
    admission: Admission, origin: str | None, work: Callable[[], Awaitable[Answer]], *, permitted: bool
) -> Answer:
    """What comes of an order that opens a window, which counts unless its site is permitted; raises TooManyError.

    `origin` is None where the browser has not proven it.
    """
    if permitted:
        return await work()
    site = None if origin is None else await asyncio.to_thread(site_of, origin)
    async with admission.windows.opening(site):
        return await work()
