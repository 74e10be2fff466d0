"""What a handler calls when it knows who asks: may it, may it now, and may it open a window."""

import asyncio
import time
from dataclasses import replace

from aiohttp import web

from agent.callers import Callers, site_of
from agent.card.frames import Token
from agent.order import Order
from agent.permissions import Permissions
from agent.platform import raise_file_limit
from agent.settings import WebSettings
from agent.signing import Signing
from agent.web.connections import Connections
from agent.web.limits import Clock, Requests, Windows
from agent.web.peers import Peers


class Admission:
    """Who may come in and how often; all listeners of a daemon share one."""

    def __init__(self, settings: WebSettings, permissions: Permissions, clock: Clock = time.monotonic) -> None:
        self.permissions = permissions
        self.callers = Callers(settings, permissions)
        self.peers = Peers()
        self.requests, self.windows = Requests(clock), Windows(clock)
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
    if request.app[ADMISSION].callers.permitted(order.origin):
        return await signing.sign(replace(order, tells=True))
    site = await asyncio.to_thread(site_of, order.origin) if proven else None
    async with request.app[ADMISSION].windows.opening(site):
        return await signing.sign(order)
