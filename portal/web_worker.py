"""gunicorn's asyncio worker with a deadline for each thing a browser has to do: idle sockets cost no thread.

A connection is only a small object of the event loop until a request is there as a whole; then a thread answers it
(portal.whole_requests). Whoever connects and then sends nothing, or byte after byte, is closed after a while, and at
once where connections become scarce: the one that has waited longest goes first.
"""

import asyncio
import ssl
from asyncio import sslproto
from typing import Any

from gunicorn.asgi.protocol import ASGIProtocol
from gunicorn.workers.gasgi import ASGIWorker
from typing_extensions import override

from portal.limits import largest_body
from portal.whole_requests import WholeRequests

HANDSHAKE_SECONDS = 10
"""From the connection to the end of the TLS handshake."""
ANSWER_SECONDS = 30
"""For a browser to take an answer that the system's own buffers do not hold."""
CLOSE_SECONDS = 5
"""For the last bytes of a connection that is being closed."""

# asyncio keeps a buffer of 256 KiB for each TLS connection; one record holds 16 KiB, and requests here are short.
sslproto.SSLProtocol.max_size = 16 * 1024


class Connection(ASGIProtocol):  # type: ignore[misc]  # gunicorn has no types
    """One browser's connection. gunicorn's `keepalive` is the deadline of a request's header lines, the first too."""

    def __init__(self, worker: "WebWorker") -> None:
        super().__init__(worker)
        self._slow: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: Any) -> None:
        """Begin to wait for the first request (RFC 9110, 15.5.9: a server need not wait for ever)."""
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=0)  # so that pause_writing tells whenever something is not taken
        self._arm_keepalive_timer()  # gunicorn has none for the first request
        self.worker.admit(self)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        super().connection_lost(exc)
        self._stop_clock()
        self.worker.connections.pop(self, None)

    @override
    def pause_writing(self) -> None:
        """Begin the time in which the browser has to take its answer."""
        super().pause_writing()
        self._start_clock(ANSWER_SECONDS)

    @override
    def resume_writing(self) -> None:
        """All of the answer is with the system."""
        super().resume_writing()
        self._stop_clock()

    def waits(self) -> bool:
        """Whether nothing is being answered: no request is there as a whole."""
        return bool(self._awaiting_request)

    def drop(self) -> None:
        """Close the connection at once."""
        self.transport.abort()

    @override
    def _close_transport(self) -> None:
        super()._close_transport()
        if not self._conn_lost_handled:
            self._start_clock(CLOSE_SECONDS)  # asyncio would wait for ever for a browser that takes nothing

    def _start_clock(self, seconds: float) -> None:
        self._stop_clock()
        self._slow = self.worker.loop.call_later(seconds, self.drop)

    def _stop_clock(self) -> None:
        if self._slow is not None:
            self._slow.cancel()
            self._slow = None


class WebWorker(ASGIWorker):  # type: ignore[misc]
    """Serves the WSGI application of the command line: `threads` requests at a time, up to `worker_connections`."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.connections: dict[Connection, None] = {}  # in the order they came

    @classmethod
    @override
    def check_config(cls, cfg: Any, log: Any) -> None:
        """Threads are used here, unlike in gunicorn's own worker of this kind."""

    @override
    def load_wsgi(self) -> None:
        """Load the application; a WSGI one becomes one for the event loop."""
        self.asgi = WholeRequests(self.app.wsgi(), self.cfg.threads, largest_body)

    def admit(self, connection: Connection) -> None:
        """Add a connection; where there are too many, drop the one that has waited longest without a request."""
        self.connections[connection] = None
        if len(self.connections) > self.worker_connections:
            oldest = next((one for one in self.connections if one.waits()), connection)
            del self.connections[oldest]
            oldest.drop()

    @override
    def _setup_event_loop(self) -> None:
        self.loop = _Loop(self)
        asyncio.set_event_loop(self.loop)

    @override
    async def _shutdown(self) -> None:
        for connection in list(self.connections):
            if connection.waits():
                connection.drop()
        await super()._shutdown()


class _Loop(asyncio.SelectorEventLoop):
    """Makes connections of our kind where gunicorn asks for a server."""

    def __init__(self, worker: WebWorker) -> None:
        super().__init__()
        self._worker = worker

    @override
    async def create_server(self, protocol_factory: Any, *args: Any, **more: Any) -> Any:
        if isinstance(more.get("ssl"), ssl.SSLContext):
            more |= {"ssl_handshake_timeout": HANDSHAKE_SECONDS, "ssl_shutdown_timeout": CLOSE_SECONDS}
        backlog = self._worker.cfg.backlog
        return await super().create_server(lambda: Connection(self._worker), *args, backlog=backlog, **more)
