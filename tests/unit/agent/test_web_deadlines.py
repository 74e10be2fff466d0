"""Deadlines of the other side, where it is this computer that stood still: asleep, or with no time for us."""

import asyncio
import socket
import ssl

import pytest
from aiohttp import StreamReader
from aiohttp.base_protocol import BaseProtocol
from aiohttp.test_utils import make_mocked_request

from agent.failures import Code, FailureError
from agent.web import guard
from agent.web.greeting import Greeting
from tests.unit.agent.fakes import ORIGIN


class Body:
    """A request whose body arrives when the test says so."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        line = BaseProtocol(loop)
        line.connection_made(asyncio.Transport())
        self.stream = StreamReader(line, 2**16, loop=loop)
        headers = {"Origin": ORIGIN, "Content-Length": "2"}
        self.request = make_mocked_request("POST", "/v1/authenticate", headers, payload=self.stream)

    def begin(self) -> None:
        """The first half."""
        self.stream.feed_data(b"{")

    def end(self) -> None:
        """The second half."""
        self.stream.feed_data(b"}")
        self.stream.feed_eof()


class Clock:
    """The loop's clock, which goes on only when the test says so: the deadlines depend on no machine."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._now = asyncio.get_running_loop().time()
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: self._now)

    def stand_still(self) -> None:
        """Nothing goes on, not even the loop, for longer than all deadlines."""
        self._now += 100.0


@pytest.fixture
async def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Stops the clock."""
    return Clock(monkeypatch)


async def turns() -> None:
    """What can be done without the other side is done."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_body_that_came_while_the_computer_stood_still_counts(clock: Clock) -> None:
    body = Body()
    reading = asyncio.ensure_future(guard._read(body.request))
    body.begin()
    await turns()  # it has read the first half
    asyncio.get_running_loop().call_soon(body.end)  # as what a socket has is read: before the clocks are looked at
    clock.stand_still()
    await reading
    assert await body.request.read() == b"{}"


async def test_body_that_does_not_come_is_refused_and_read_no_more(clock: Clock) -> None:
    body = Body()
    body.begin()
    reading = asyncio.ensure_future(guard._read(body.request))
    await turns()
    clock.stand_still()
    with pytest.raises(FailureError) as refused:
        await reading
    assert refused.value.code is Code.REQUEST_MALFORMED
    await turns()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_page_that_goes_while_its_body_is_read_leaves_nothing_behind() -> None:
    reading = asyncio.ensure_future(guard._read(Body().request))
    await turns()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    await turns()
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.parametrize("first", [b"GET / HTTP/1.1\r\n", b""], ids=["comes", "does not come"])
async def test_first_byte_that_came_while_the_computer_stood_still_counts(
    server_tls: ssl.SSLContext, clock: Clock, first: bytes
) -> None:
    handler = asyncio.Protocol()
    waiting = Greeting(server_tls, asyncio.Protocol, lambda: handler)
    ours, theirs = socket.socketpair()
    with theirs:
        transport, _ = await asyncio.get_running_loop().connect_accepted_socket(lambda: waiting, ours)
        done = asyncio.ensure_future(waiting.done())
        await turns()
        if first:
            asyncio.get_running_loop().call_soon(waiting.data_received, first)
        clock.stand_still()
        if first:
            await done
            assert transport.get_protocol() is handler
        else:
            with pytest.raises(ConnectionAbortedError):
                await done
        assert transport.is_closing() is not bool(first)
        transport.abort()
