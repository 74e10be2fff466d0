"""The connections of a listener: how many there may be, how long a request may take to arrive, and who gives way."""

import asyncio
import contextlib
import functools
import gc
import logging
import socket
import ssl
from collections import OrderedDict
from typing import Any

from aiohttp import web

from agent.failures import Code, FailureError
from agent.override import override
from agent.platform import release_memory
from agent.web.greeting import Greeting
from agent.web.problems import HEADERS, malformed, problem

# A thousand pages at once are served; more than that is nobody's browser.
MAX_CONNECTIONS = 1200
# Files that the daemon needs for other things: pipes of the card host, libraries, the log.
_RESERVED_FILES = 128
# Seconds for a request from its first byte to its last.
REQUEST_SECONDS = 30.0
_PAUSE = 0.05  # seconds without accepting, when the system has no file left
# After a rush, memory is given back once so few connections are left, and so many seconds later.
_MANY, _FEW, _CALM_SECONDS = 128, 16, 1.0
_LOG = logging.getLogger(__name__)

_Connection = asyncio.Transport | asyncio.Task[None]  # a task while TLS is being set up


class Connections:
    """The open connections; when there are too many, the one that was idle for longest gives way to a new one.

    A connection is held while a request of it is being answered. All others are idle, also those that are still
    writing their request: so nobody can fill the listener by saying nothing, or by saying it slowly, and a connection
    with an order under way never gives way.
    """

    def __init__(self, files: int, most: int = MAX_CONNECTIONS) -> None:
        self._most = max(1, min(most, files - _RESERVED_FILES))
        self._idle: OrderedDict[_Connection, asyncio.TimerHandle | None] = OrderedDict()  # timer: a request arrives
        self._held: set[_Connection] = set()
        self._rush = False

    def __len__(self) -> int:
        """How many connections are open."""
        return len(self._idle) + len(self._held)

    def make_room(self) -> bool:
        """Whether there is room for one more, if need be in the place of the one that was idle for longest."""
        while len(self) >= self._most and self._idle:
            self._end(next(iter(self._idle)))
        return len(self) < self._most

    def add(self, connection: _Connection) -> None:
        """A connection that has just begun."""
        self._idle[connection] = None
        self._rush = self._rush or len(self) >= _MANY

    def remove(self, connection: _Connection) -> None:
        """A connection that has ended."""
        self._take(connection)
        if self._rush and len(self) <= _FEW:
            self._rush = False
            asyncio.get_running_loop().call_later(_CALM_SECONDS, tidy)

    def hear(self, connection: _Connection) -> None:
        """Bytes have come: a request begins, and has to be complete in REQUEST_SECONDS."""
        if connection in self._idle and self._idle[connection] is None:
            loop = asyncio.get_running_loop()
            self._idle[connection] = loop.call_later(REQUEST_SECONDS, self._end, connection)

    def hold(self, connection: _Connection | None) -> None:
        """The request is complete and is being answered: the connection does not give way."""
        if connection is not None and self._take(connection):
            self._held.add(connection)

    def rest(self, connection: _Connection | None) -> None:
        """The request is answered: the connection is idle, and was so for the shortest time."""
        if connection is not None and self._take(connection):
            self._idle[connection] = None

    def _take(self, connection: _Connection) -> bool:
        """Takes a connection out of where it is; tells whether it was there."""
        timer = self._idle.get(connection)
        if timer is not None:
            timer.cancel()
        known = connection in self._idle or connection in self._held
        self._idle.pop(connection, None)
        self._held.discard(connection)
        return known

    def _end(self, connection: _Connection) -> None:
        self.remove(connection)
        if isinstance(connection, asyncio.Task):
            connection.cancel()
        else:
            connection.abort()


def tidy() -> None:
    """Gives memory that is no longer used back to the system: after a rush, and after all that a start loads."""
    gc.collect()  # transports and protocols point at each other
    release_memory()


class _Handler(web.RequestHandler):
    """The framework's connection, which tells when it begins, hears something and ends."""

    __slots__ = ("_connections", "_opened")

    def __init__(self, server: web.Server, connections: Connections, options: dict[str, Any]) -> None:
        super().__init__(server, loop=asyncio.get_running_loop(), **options)
        self._connections = connections
        self._opened: asyncio.Transport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Counts the connection."""
        if isinstance(transport, asyncio.Transport):
            self._opened = transport
            self._connections.add(transport)
        super().connection_made(transport)

    @override
    def data_received(self, data: bytes) -> None:
        """Starts the clock of a request."""
        if self._opened is not None:
            self._connections.hear(self._opened)
        super().data_received(data)

    @override
    def connection_lost(self, exc: BaseException | None) -> None:
        """Counts the connection no more."""
        if self._opened is not None:
            self._connections.remove(self._opened)
            self._opened = None
        super().connection_lost(exc)

    @override
    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to what is not HTTP; the framework's would repeat what was sent, to the sender and in the log."""
        if request.writer.output_size > 0:
            raise ConnectionError("an answer is under way already")
        error = malformed() if status == 400 else FailureError(Code.INTERNAL)
        _LOG.info("not HTTP: %s", error.code.value)
        response = problem(error)
        response.headers.update(HEADERS)
        response.force_close()
        return response


class Site(web.BaseSite):
    """A listening socket whose connections are counted; `options` are those of the framework's request handler.

    With TLS, `door` answers connections that begin without it; where there is none, they end.
    """

    def __init__(
        self,
        runner: web.AppRunner,
        sock: socket.socket,
        context: ssl.SSLContext | None,
        connections: Connections,
        options: dict[str, Any],
        door: web.AppRunner | None = None,
    ) -> None:
        super().__init__(runner)
        self._door = door
        self._sock, self._context, self._connections, self._options = sock, context, connections, options
        self._accepting: asyncio.Task[None] | None = None

    def open_door(self, door: web.AppRunner) -> None:
        """Answers connections that begin without TLS from now on."""
        self._door = door

    @property
    @override
    def name(self) -> str:
        """The address, as a URL."""
        host, port = self._sock.getsockname()[:2]
        return f"{'http' if self._context is None else 'https'}://{host}:{port}"

    @override
    async def start(self) -> None:
        """Begins to accept."""
        await super().start()
        self._sock.setblocking(False)
        self._accepting = asyncio.get_running_loop().create_task(self._accept())

    @override
    async def stop(self) -> None:
        """Accepts no more and frees the port; open connections are ended by the runner."""
        if self._accepting is not None:
            self._accepting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._accepting
        self._sock.close()
        await super().stop()

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                sock, _ = await loop.sock_accept(self._sock)
            except OSError as error:  # no file left, or a connection that is gone already
                _LOG.warning("a connection could not be accepted: %s", error.strerror)
                await asyncio.sleep(_PAUSE)
                continue
            if self._connections.make_room():
                task = loop.create_task(self._open(sock))
                self._connections.add(task)
                task.add_done_callback(self._connections.remove)
            else:
                sock.close()
            await asyncio.sleep(0)  # those who are connected already come first

    async def _open(self, sock: socket.socket) -> None:
        """Sets TLS up; from then on the handler has the connection."""
        loop = asyncio.get_running_loop()
        try:
            if self._context is None:
                await loop.connect_accepted_socket(self._handler, sock)
                return
            plain = None if self._door is None else functools.partial(self._handler, self._door)
            greeting = Greeting(self._context, self._handler, plain)
            await loop.connect_accepted_socket(lambda: greeting, sock)
            await greeting.done()
        except OSError:  # no TLS, not in time, or gone: nothing that the log should tell of every visitor
            sock.close()

    def _handler(self, runner: web.AppRunner | None = None) -> _Handler:
        server = (runner or self._runner).server
        if server is None:
            raise ConnectionAbortedError("the listener ends")
        return _Handler(server, self._connections, self._options)
