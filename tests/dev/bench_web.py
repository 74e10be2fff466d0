"""Benchmark of the HTTPS side: one request, one handshake, many connections, many requests; beside bare aiohttp."""

import asyncio
import contextlib
import http.client
import ssl
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from certs.life import choose, read_life
from tests.dev.processes import resident
from tests.dev.rows import Row
from tests.stand.parts import ROOT, Agent, free_port, python
from tests.stand.processes import Program

KEEP_ALIVE, FRESH, CONNECTIONS, REQUESTS, WARM = 500, 300, 1000, 100_000, 20_000


class _Server:
    """A server that is measured: where it listens, and the root it is trusted by."""

    def __init__(self, port: int, root: Path) -> None:
        self.port = port
        self.context = ssl.create_default_context(cafile=str(root))

    def connect(self) -> http.client.HTTPSConnection:
        """A connection of its own, with a full handshake."""
        return http.client.HTTPSConnection("localhost", self.port, timeout=30, context=self.context)

    @property
    def request(self) -> bytes:
        """A request as it goes over the wire."""
        return f"GET /v1/hello HTTP/1.1\r\nHost: localhost:{self.port}\r\n\r\n".encode()


def web_rows(agent: Agent, logs: Path) -> list[Row]:
    """The figures of the listener."""
    port = free_port()
    command = python("tests.dev.bare_server", str(port), *_leaf(agent))
    program = Program.start("bare-server", command, logs=logs, cwd=ROOT)
    try:
        ours, bare = _Server(agent.port, agent.root), _Server(port, agent.root)
        rows = _pair("GET hello on a kept connection", _keep_alive, ours, bare, 0.3)
        rows += _pair("GET hello with a full TLS handshake", _fresh, ours, bare, 1.5)
    finally:
        program.stop()
    return rows + _many_requests(agent, ours) + _many_connections(agent, ours)


def _leaf(agent: Agent) -> tuple[str, str]:
    """The files of the daemon's certificate and of its key."""
    folder = agent.root.parent
    leaf = choose(read_life(folder), datetime.now(UTC)).leaf
    return str(folder / leaf.certificate), str(folder / leaf.key)


def _pair(name: str, measure: Callable[[_Server], list[float]], ours: _Server, bare: _Server, aim: float) -> list[Row]:
    print(f"bench: {name} …", flush=True)
    floor = Row(f"  bare aiohttp, {name.removeprefix('GET hello ')}", "ms", measure(bare))
    row = Row(name, "ms", measure(ours), aim)
    return [replace(row, beside="bare aiohttp", ratio=row.median / floor.median), floor]


def _keep_alive(server: _Server) -> list[float]:
    connection = server.connect()
    times = [_ask(connection) for _ in range(KEEP_ALIVE + 50)]
    connection.close()
    return times[50:]


def _fresh(server: _Server) -> list[float]:
    times: list[float] = []
    for _ in range(FRESH + 10):
        begun = time.perf_counter()
        connection = server.connect()
        _ask(connection)
        times.append((time.perf_counter() - begun) * 1000)
        connection.close()
    return times[10:]


def _ask(connection: http.client.HTTPSConnection) -> float:
    begun = time.perf_counter()
    connection.request("GET", "/v1/hello")
    response = connection.getresponse()
    response.read()
    if response.status != 200:
        raise SystemExit(f"bench: hello answered {response.status}")
    return (time.perf_counter() - begun) * 1000


def _many_connections(agent: Agent, server: _Server) -> list[Row]:
    print(f"bench: {CONNECTIONS} connections at once …", flush=True)
    begun = time.perf_counter()
    errors = asyncio.run(_at_once(server, CONNECTIONS))
    elapsed = time.perf_counter() - begun
    return [
        Row(f"hello under {CONNECTIONS} connections at once, errors", "", [float(errors)], 0),
        Row("  all of them answered after", "s", [elapsed]),
        Row("  daemon afterwards, resident memory", "MiB", [resident(agent.program.pid).rss]),
    ]


async def _at_once(server: _Server, number: int) -> int:
    """How many of some connections, all open at the same time, got no answer."""
    everybody = asyncio.Barrier(number)

    async def one() -> bool:
        streams = await _open(server)
        await everybody.wait()
        if streams is None:
            return False
        try:
            return await _answered(server, *streams)
        finally:
            streams[1].transport.abort()

    async with asyncio.timeout(120):
        return (await asyncio.gather(*(one() for _ in range(number)))).count(False)


async def _open(server: _Server) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
    try:
        return await asyncio.open_connection(
            "127.0.0.1", server.port, ssl=server.context, server_hostname="localhost", ssl_handshake_timeout=60
        )
    except OSError:
        return None


async def _answered(server: _Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    with contextlib.suppress(OSError, asyncio.IncompleteReadError):
        writer.write(server.request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.partition(b":")[2]))
        return head.startswith(b"HTTP/1.1 200 ")
    return False


def _many_requests(agent: Agent, server: _Server) -> list[Row]:
    print(f"bench: {REQUESTS} requests …", flush=True)
    asyncio.run(_requests(server, WARM))
    warm = resident(agent.program.pid).rss
    asyncio.run(_requests(server, REQUESTS - WARM))
    after = resident(agent.program.pid).rss
    return [
        Row(f"daemon after {REQUESTS} requests, resident memory", "MiB", [after], 40),
        Row(f"  grown since request {WARM}", "MiB", [after - warm], 0.5),
    ]


async def _requests(server: _Server, number: int, connections: int = 8) -> None:
    async def some() -> None:
        streams = await _open(server)
        if streams is None:
            raise SystemExit("bench: no connection")
        for _ in range(number // connections):
            if not await _answered(server, *streams):
                raise SystemExit("bench: a request was not answered")
        streams[1].transport.abort()

    await asyncio.gather(*(some() for _ in range(connections)))
