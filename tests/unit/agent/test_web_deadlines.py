"""Deadlines of the other side, where it is this computer that stood still: asleep, or with no time for us."""

import asyncio
import socket
import ssl
import time

import pytest
from aiohttp import StreamReader
from aiohttp.base_protocol import BaseProtocol
from aiohttp.test_utils import make_mocked_request

from agent.failures import Code, FailureError
from agent.web import greeting, guard
from agent.web.greeting import Greeting
from tests.unit.agent.fakes import ORIGIN

SECONDS = 0.05


class Body:
    """A request whose body arrives when the test says so."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        line = BaseProtocol(loop)
        line.connection_made(asyncio.Transport())
        self.stream = StreamReader(line, 2**16, loop=loop)
        headers = {"Origin": ORIGIN, "Content-Length": "2"}
        self.request = make_mocked_request("POST", "/v1/authenticate", headers, payload=self.stream)

    def come(self) -> None:
        """All of it."""
        self.stream.feed_data(b"{}")
        self.stream.feed_eof()


def stand_still() -> None:
    """Nothing here goes on, not even the loop, for longer than the deadlines."""
    end = time.monotonic() + 2 * SECONDS
    while time.monotonic() < end:
        pass


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shortens the deadlines."""
    monkeypatch.setattr(guard, "BODY_SECONDS", SECONDS)
    monkeypatch.setattr(greeting, "HANDSHAKE_SECONDS", SECONDS)


async def test_body_that_came_while_the_computer_stood_still_counts() -> None:
    body = Body()
    reading = asyncio.ensure_future(guard._read(body.request))
    await asyncio.sleep(0)  # it reads, and the clock runs
    asyncio.get_running_loop().call_soon(body.come)  # as what a socket has is read: before the clocks are looked at
    stand_still()
    await reading
    assert await body.request.read() == b"{}"


async def test_body_that_does_not_come_is_refused() -> None:
    with pytest.raises(FailureError) as refused:
        await guard._read(Body().request)
    assert refused.value.code is Code.REQUEST_MALFORMED


@pytest.mark.parametrize("first", [b"GET / HTTP/1.1\r\n", b""], ids=["comes", "does not come"])
async def test_first_byte_that_came_while_the_computer_stood_still_counts(
    server_tls: ssl.SSLContext, first: bytes
) -> None:
    handler = asyncio.Protocol()
    waiting = Greeting(server_tls, asyncio.Protocol, lambda: handler)
    ours, theirs = socket.socketpair()
    with theirs:
        transport, _ = await asyncio.get_running_loop().connect_accepted_socket(lambda: waiting, ours)
        done = asyncio.ensure_future(waiting.done())
        await asyncio.sleep(0)
        if first:
            asyncio.get_running_loop().call_soon(waiting.data_received, first)
        stand_still()
        if first:
            await done
            assert transport.get_protocol() is handler
        else:
            with pytest.raises(ConnectionAbortedError):
                await done
        assert transport.is_closing() is not bool(first)
        transport.abort()
