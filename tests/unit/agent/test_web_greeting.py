"""The first bytes at the HTTPS port: TLS as ever, plain HTTP only led to the popup over plain HTTP, or nothing."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest
from blockbuster import BlockBuster

from agent.permissions import FILE, Permissions
from agent.selftest.child import Doctor
from agent.settings import WebSettings
from agent.signing import Signing
from agent.web import greeting
from agent.web.asking import Admission
from agent.web.listener import application, bind, door_application, ready, serve
from agent.web.places import Places
from tests.stand.parts import free_port
from tests.stand.waiting import LIMIT
from tests.unit.agent.fakes import ORIGIN, FakeHost, until

HELLO = {"service": "cardlogin", "protocol": 1}
NAME = f"{0x5EED:032x}.localhost"


class Both:
    """An agent at one port, with a door for those who speak plain HTTP there, or without."""

    def __init__(self, places: Places, host: FakeHost, admission: Admission, client: aiohttp.ClientSession) -> None:
        self.places, self.host, self.admission, self._client = places, host, admission, client

    async def ask(self, scheme: str, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of the answer at the HTTPS port."""
        url = f"{scheme}://localhost:{self.places.port}{path}"
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self._client.get(url, headers=sent, allow_redirects=False) as response:
            return response.status, dict(response.headers), await response.read()


@pytest.fixture
async def both(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext, no_blocking_on_the_loop: BlockBuster, tmp_path: Path
) -> AsyncIterator[Callable[[int], Awaitable[Both]]]:
    """Starts one; the plain port is 0 where there is none."""
    async with AsyncExitStack() as stack:

        async def start(http_port: int) -> Both:
            host, places = FakeHost(), Places(free_port(), NAME, http_port, NAME)
            signing, admission = Signing(host), Admission(WebSettings(), Permissions(tmp_path / FILE))
            no_blocking_on_the_loop.deactivate()
            app, door = application(signing, admission, places, Doctor()), door_application(signing, admission, places)
            no_blocking_on_the_loop.activate()
            waiting = await ready(door) if http_port else None
            runner = await serve(app, bind((places.port,)), server_tls, waiting)
            for item in (runner, waiting):
                if item is not None:
                    stack.push_async_callback(item.cleanup)
            connector = aiohttp.TCPConnector(ssl=client_tls)
            client = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
            return Both(places, host, admission, client)

        yield start


Start = Callable[[int], Awaitable[Both]]


@pytest.mark.parametrize("scheme", ["https", "http"])
async def test_hello_is_the_same_with_and_without_tls(both: Start, scheme: str) -> None:
    agent = await both(61170)
    status, headers, body = await agent.ask(scheme, "/v1/hello", Origin=ORIGIN)
    assert (status, json.loads(body), headers["Access-Control-Allow-Origin"]) == (200, HELLO, ORIGIN)


async def test_plain_request_for_the_popup_is_led_to_the_plain_listener(both: Start) -> None:
    agent = await both(61170)
    status, headers, body = await agent.ask("http", "/v1/popup", Sec_Fetch_Dest="document")
    assert (status, headers["Location"], body) == (307, f"http://{NAME}:61170/v1/popup", b"")


@pytest.mark.parametrize("path", ["/v1/authenticate", "/v1/go", "/status", "/", "/v1/popup/authenticate"])
async def test_nothing_else_is_answered_without_tls(both: Start, path: str) -> None:
    agent = await both(61170)
    assert (await agent.ask("http", path))[0] == 404
    assert agent.host.orders == []


async def test_without_a_plain_port_plain_http_ends_and_tls_goes_on(both: Start) -> None:
    agent = await both(0)
    with pytest.raises(aiohttp.ClientError):
        await agent.ask("http", "/v1/hello")
    assert (await agent.ask("https", "/v1/hello"))[0] == 200


@pytest.mark.parametrize("first", [b"\x16", b"\x16\x03\x01\x00\x05hello", b"\x80", b"\x00", b"SSH-2.0-x\r\n\r\n"])
async def test_what_is_neither_ends_and_costs_nobody_else_anything(
    both: Start, first: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(greeting, "HANDSHAKE_SECONDS", 0.5)
    agent = await both(61170)
    reader, writer = await asyncio.open_connection("127.0.0.1", agent.places.port)
    writer.write(first)
    writer.write_eof()
    async with asyncio.timeout(LIMIT):
        received = await reader.read()
    writer.close()
    assert not received or received.startswith((b"\x15", b"HTTP/1.0 400"))
    assert (await agent.ask("https", "/v1/hello"))[0] == 200
    await until(lambda: len(agent.admission.connections) <= 1)


async def test_connection_that_says_nothing_ends(both: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(greeting, "HANDSHAKE_SECONDS", 0.2)
    agent = await both(61170)
    reader, writer = await asyncio.open_connection("127.0.0.1", agent.places.port)
    async with asyncio.timeout(LIMIT):
        assert await reader.read() == b""
    writer.close()
    await until(lambda: len(agent.admission.connections) == 0)


async def test_page_over_plain_http_may_ask_whether_tls_is_trusted(both: Start) -> None:
    agent = await both(61170)
    own = f"http://{NAME}:61170"
    status, headers, _ = await agent.ask("https", "/v1/hello", Origin=own)
    assert (status, headers["Access-Control-Allow-Origin"]) == (200, own)
    assert (await agent.ask("https", "/v1/hello", Origin=f"http://{NAME}:61171"))[0] == 403
    assert (await agent.ask("https", "/v1/hello", Origin="http://localhost:61170"))[0] == 403
