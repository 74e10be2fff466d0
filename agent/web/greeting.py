"""The first bytes of a connection to the HTTPS port: TLS, or plain HTTP from a browser that does not trust us."""

import asyncio
import ssl
from asyncio import sslproto
from collections.abc import Callable
from typing import cast

from agent.override import override

# Seconds for the first byte and the TLS handshake, and for the other side's good-bye.
HANDSHAKE_SECONDS, GOODBYE_SECONDS = 10.0, 1.0
_HANDSHAKE = 0x16  # the content type that a TLS connection begins with (RFC 8446, 5.1)
MakeProtocol = Callable[[], asyncio.Protocol]


class Greeting(asyncio.Protocol):
    """Looks at the first byte and hands the connection on, to TLS and `secure`, or as it is to `plain`.

    asyncio offers to begin TLS on a connection only where nothing of it has been read, so the bytes that were are given
    to its TLS protocol as the transport would have.
    """

    def __init__(self, context: ssl.SSLContext, secure: MakeProtocol, plain: MakeProtocol | None) -> None:
        self._context, self._secure, self._plain = context, secure, plain
        self._transport: asyncio.Transport
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def done(self) -> None:
        """Returns once somebody has the connection; raises OSError when it comes to nothing."""
        try:
            async with asyncio.timeout(HANDSHAKE_SECONDS):
                await self._done
        except TimeoutError:
            if self._done.cancelled():
                raise ConnectionAbortedError("no TLS in time") from None
            self._done.result()  # it had ended: this computer slept, or had no time for us
        finally:
            if not self._done.done() or self._done.cancelled() or self._done.exception() is not None:
                self._transport.abort()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Waits for the first bytes."""
        self._transport = cast(asyncio.Transport, transport)

    @override
    def data_received(self, data: bytes) -> None:
        """Hands the connection on."""
        if data[0] == _HANDSHAKE:
            self._begin_tls(data)
        elif self._plain is not None:
            handler = self._plain()
            self._transport.set_protocol(handler)
            handler.connection_made(self._transport)
            handler.data_received(data)
            self._done.set_result(None)
        else:
            self.connection_lost(None)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody has it, and nobody will."""
        if not self._done.done():
            self._done.set_exception(ConnectionAbortedError("no TLS"))

    def _begin_tls(self, data: bytes) -> None:
        tls = sslproto.SSLProtocol(
            asyncio.get_running_loop(), self._secure(), self._context, self._done, server_side=True,
            ssl_handshake_timeout=HANDSHAKE_SECONDS,  # type: ignore[arg-type]  # a part of a second is one, too
            ssl_shutdown_timeout=GOODBYE_SECONDS,
        )  # fmt: skip
        self._transport.set_protocol(tls)
        tls.connection_made(self._transport)
        while data:
            space = tls.get_buffer(len(data))
            taken = min(len(space), len(data))
            space[:taken] = data[:taken]
            tls.buffer_updated(taken)
            data = data[taken:]
