"""Requests that no browser writes: each is refused, its connection ends, and the next one is served."""

import asyncio
import contextlib
import json

import pytest

from agent.web import connections, greeting, guard
from tests.stand.waiting import LIMIT
from tests.unit.agent.attacks.conftest import StillServes
from tests.unit.agent.fakes import CHALLENGE, ORIGIN, Site, until

WHO = "a program of this computer"

ORDER = json.dumps({"challenge": CHALLENGE}).encode()


async def answers(site: Site, request: bytes) -> bytes:
    """Everything that comes back until the agent ends the connection."""
    reader, writer = await site.connect()
    writer.write(request)
    try:
        async with asyncio.timeout(LIMIT):
            received = await reader.read()
    finally:
        writer.transport.abort()
    return received


def refused(received: bytes) -> None:
    """The answer is a problem document that repeats nothing, and the end of the connection."""
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.split()[1] == b"400"
    assert json.loads(body)["code"] == "request_malformed"
    assert CHALLENGE.encode() not in received


def post(site: Site, *lines: str, body: bytes = ORDER) -> bytes:
    """An order with other lines about its length."""
    head = ["POST /v1/authenticate HTTP/1.1", site.host_line, f"Origin: {ORIGIN}", "Content-Type: application/json"]
    return "\r\n".join([*head, *lines, "", ""]).encode("latin-1") + body


LENGTH = f"Content-Length: {len(ORDER)}"
CHUNKED = b"0\r\n\r\n"
SMUGGLING = {
    "length and chunks": ([LENGTH, "Transfer-Encoding: chunked"], CHUNKED),
    "chunks and length": (["Transfer-Encoding: chunked", "Content-Length: 5"], CHUNKED),
    "chunks alone": (["Transfer-Encoding: chunked"], b"2b\r\n" + ORDER + b"\r\n" + CHUNKED),
    "unknown coding": (["Transfer-Encoding: xchunked", LENGTH], ORDER),
    "identity coding": (["Transfer-Encoding: identity", LENGTH], ORDER),
    "two codings": (["Transfer-Encoding: gzip, chunked"], CHUNKED),
    "two lengths": ([LENGTH, "Content-Length: 0"], ORDER),
    "the same length twice": ([LENGTH, LENGTH], ORDER),
    "list of lengths": ([f"{LENGTH}, {len(ORDER)}"], ORDER),
    "length with a sign": ([f"Content-Length: +{len(ORDER)}"], ORDER),
    "negative length": (["Content-Length: -1"], ORDER),
    "length with a zero before": ([f"Content-Length: 0{len(ORDER)}"], ORDER),
    "hexadecimal length": (["Content-Length: 0x2b"], ORDER),
    "empty length": (["Content-Length: "], ORDER),
    "endless length": ([f"Content-Length: {'9' * 30}"], ORDER),
    "no length": ([], b""),
    "blank before the colon": ([f"Content-Length : {len(ORDER)}"], ORDER),
    "folded header": (["X: a", f" {LENGTH}"], ORDER),
    "line feed alone": ([f"X: a\nTransfer-Encoding: chunked\r\n{LENGTH}"], ORDER),
    "NUL in a value": (["X: a\0b", LENGTH], ORDER),
    "compressed body": (["Content-Encoding: gzip", LENGTH], ORDER),
}


@pytest.mark.parametrize("name", SMUGGLING)
async def test_header_smuggling(site: Site, still_serves: StillServes, name: str) -> None:
    lines, body = SMUGGLING[name]
    smuggled = post(site, LENGTH).replace(ORIGIN.encode(), b"https://evil.example")
    received = await answers(site, post(site, *lines, body=body) + smuggled)
    refused(received)
    assert received.count(b"HTTP/1.") == 1, "the rest was read as another request"
    assert site.host.orders == []
    await still_serves(site)


async def test_content_of_a_request_that_has_none(site: Site, still_serves: StillServes) -> None:
    request = f"GET /v1/hello HTTP/1.1\r\n{site.host_line}\r\nContent-Length: {len(ORDER)}\r\n\r\n".encode() + ORDER
    received = await answers(site, request)
    refused(received)
    await still_serves(site)


PATHS = [
    "//v1/hello", "/v1//hello", "/v1/hello/", "/v1/../v1/hello", "/v1/./hello", "/../v1/hello", "/v1/hello/..",
    "/v1%2fhello", "/%76%31/hello", "/v1/%2e%2e/v1/hello", "/v1/hello%00", "/v1/hello;x", "/v1/hello;a=b",
    "/v1/hello?", "/v1/hello?x", "/v1/hello#x", "/v1\\hello", "/v1/hello%20", "/v1/hell%6f", "/v1/hello%",
    "/v1/hello.", "/.v1/hello", "/v1/h*llo", "/v1/hello:80", "v1/hello", "*", "/v1/\xe9",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
async def test_path_tricks(site: Site, still_serves: StillServes, path: str) -> None:
    reply = await site.raw(f"GET {path} HTTP/1.1", site.host_line)
    assert reply.status == 400
    assert b'"protocol"' not in reply.body
    await still_serves(site)


@pytest.mark.parametrize(
    "target",
    ["http://evil.example/v1/hello", "https://localhost:{port}/v1/hello", "http:/v1/hello", "localhost:{port}"],
)
@pytest.mark.parametrize("method", ["GET", "CONNECT", "OPTIONS"])
async def test_other_forms_of_target(site: Site, still_serves: StillServes, method: str, target: str) -> None:
    try:
        status = (await site.raw(f"{method} {target.format(port=site.port)} HTTP/1.1", site.host_line)).status
    except asyncio.IncompleteReadError as closed:
        status = 400 if method == "CONNECT" and not closed.partial else 0  # aiohttp 3.14.3 gives it no answer
    assert status == 400
    await still_serves(site)


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PUT", "DELETE", "PATCH", "HEAD", "PROPFIND", "get", "G"])
async def test_other_methods(site: Site, still_serves: StillServes, method: str) -> None:
    reply = await site.raw(f"{method} /v1/hello HTTP/1.1", site.host_line)
    assert reply.status == 400
    assert b'"protocol"' not in reply.body
    await still_serves(site)


@pytest.mark.parametrize("host", [True, False])
async def test_http_1_0(site: Site, still_serves: StillServes, host: bool) -> None:
    lines = [site.host_line] if host else []
    reply = await site.raw("GET /v1/hello HTTP/1.0", *lines)
    assert reply.status == 400
    await still_serves(site)


@pytest.mark.parametrize("version", ["HTTP/0.9", "HTTP/1.2", "HTTP/2.0", "HTTP/3", "http/1.1", "HTTPS/1.1", ""])
async def test_other_versions(site: Site, still_serves: StillServes, version: str) -> None:
    reply = await site.raw(f"GET /v1/hello {version}", site.host_line)
    assert reply.status == 400
    await still_serves(site)


@pytest.mark.parametrize("path", ["/v1/hello", "/v1/popup", "/v1/authenticate"])
async def test_websocket_upgrade(site: Site, still_serves: StillServes, path: str) -> None:
    reply = await site.raw(
        f"GET {path} HTTP/1.1", site.host_line, f"Origin: {ORIGIN}", "Connection: Upgrade", "Upgrade: websocket",
        "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    )  # fmt: skip
    assert reply.status == 400
    assert "sec-websocket-accept" not in reply.headers
    await still_serves(site)


async def test_http_2_by_upgrade_and_by_preface(site: Site, still_serves: StillServes) -> None:
    reply = await site.raw(
        "GET /v1/hello HTTP/1.1", site.host_line, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c",
        "HTTP2-Settings: AAMAAABkAAQAAP__",
    )  # fmt: skip
    assert reply.status == 400
    received = await answers(site, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    refused(received)
    await still_serves(site)


@pytest.mark.parametrize("value", ["100-continue", "<b>something</b>"])
async def test_expectation(site: Site, still_serves: StillServes, value: str) -> None:
    received = await answers(site, post(site, LENGTH, f"Expect: {value}", "Connection: close"))
    assert received.split(b"\r\n")[0].split()[1] in (b"100", b"417")
    assert b"200 OK" not in received
    if b"<b>" in received:
        assert b"Content-Type: text/plain; charset=utf-8\r\n" in received
        assert b"X-Content-Type-Options: nosniff\r\n" in received
    assert site.host.orders == []
    await still_serves(site)


async def test_many_and_large_headers(site: Site, still_serves: StillServes) -> None:
    many = await site.raw("GET /v1/hello HTTP/1.1", site.host_line, *[f"X{number}: a" for number in range(200)])
    large = await site.raw("GET /v1/hello HTTP/1.1", site.host_line, f"X: {'a' * 8000}")
    line = await site.raw(f"GET /{'a' * 8000} HTTP/1.1", site.host_line)
    assert [reply.status for reply in (many, large, line)] == [400] * 3
    await still_serves(site)


@pytest.mark.parametrize("length", [8 * 1024 + 1, 10**6, 10**9])
async def test_oversized_body_is_refused_before_it_comes(site: Site, still_serves: StillServes, length: int) -> None:
    received = await answers(site, post(site, f"Content-Length: {length}", body=b"{"))
    refused(received)
    await still_serves(site)


class TestSlow:
    """Slowloris, with deadlines that a test can wait for."""

    @pytest.fixture(autouse=True)
    def soon(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Shortens the deadlines."""
        monkeypatch.setattr(connections, "REQUEST_SECONDS", 0.6)
        monkeypatch.setattr(greeting, "HANDSHAKE_SECONDS", 0.6)
        monkeypatch.setattr(guard, "BODY_SECONDS", 0.3)

    async def test_slow_headers(self, site: Site, still_serves: StillServes) -> None:
        reader, writer = await site.connect()
        request = f"GET /v1/hello HTTP/1.1\r\n{site.host_line}\r\nX: {'a' * 400}".encode()
        writer.write(request[:20])
        await still_serves(site)
        for byte in request[20:]:
            if reader.at_eof() or writer.transport.is_closing():
                break
            writer.write(bytes([byte]))
            await asyncio.sleep(0.02)  # a byte now and then, for eight seconds
        else:
            pytest.fail("the connection was left open")
        with contextlib.suppress(ConnectionResetError):  # the last byte met a closed connection
            assert await reader.read() == b""
        await still_serves(site)

    async def test_slow_body_is_told_so(self, site: Site, still_serves: StillServes) -> None:
        received = await answers(site, post(site, LENGTH, body=ORDER[:10]))
        refused(received)
        assert site.host.orders == []
        await still_serves(site)

    async def test_tls_that_never_begins(self, site: Site, still_serves: StillServes) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
        async with asyncio.timeout(LIMIT):
            assert await reader.read() == b""
        writer.close()
        await still_serves(site)

    async def test_reader_that_never_reads(self, site: Site, still_serves: StillServes) -> None:
        _, writer = await site.connect()
        request = f"GET /v1/popup HTTP/1.1\r\n{site.host_line}\r\n\r\n".encode()
        writer.write(request * 2000)
        await still_serves(site)
        writer.transport.abort()
        await until(lambda: len(site.admission.connections) <= 2)
