"""The book of connections, and what the listener does with it."""

import asyncio
import logging

import pytest
from typing_extensions import override

from agent.web import connections as module
from agent.web.connections import MAX_CONNECTIONS, Connections
from tests.unit.agent.fakes import Site, until


class Line(asyncio.Transport):
    """A connection that only knows whether it was ended."""

    def __init__(self) -> None:
        super().__init__()
        self.ended = False

    @override
    def abort(self) -> None:
        """Ends it."""
        self.ended = True


def lines(book: Connections, count: int) -> list[Line]:
    """Connections, oldest first."""
    made = [Line() for _ in range(count)]
    for line in made:
        assert book.make_room()
        book.add(line)
    return made


async def test_oldest_idle_connection_gives_way() -> None:
    book = Connections(4096, most=3)
    first, second, third = lines(book, 3)
    book.hold(first)
    book.rest(first)
    assert book.make_room()
    assert [line.ended for line in (first, second, third)] == [False, True, False]
    assert len(book) == 2


async def test_connection_with_an_order_never_gives_way() -> None:
    book = Connections(4096, most=2)
    held, idle = lines(book, 2)
    book.hold(held)
    assert book.make_room()
    assert (held.ended, idle.ended) == (False, True)
    (other,) = lines(book, 1)
    book.hold(other)
    assert not book.make_room()
    book.rest(held)
    assert book.make_room()
    assert held.ended


async def test_number_follows_the_files_that_the_system_gives() -> None:
    for files, most in ((4096, MAX_CONNECTIONS), (256, 128), (10, 1)):
        book = Connections(files)
        made = lines(book, most)
        assert not any(line.ended for line in made)
        book.make_room()
        assert made[0].ended


async def test_connection_that_has_ended_is_forgotten() -> None:
    book = Connections(4096, most=3)
    made = lines(book, 3)
    for line in made:
        book.hear(line)
        book.remove(line)
        for late in (book.hold, book.rest, book.hear, book.remove):
            late(line)
    assert len(book) == 0
    book.hold(None)
    book.rest(None)
    assert len(book) == 0


async def test_request_that_does_not_arrive_in_time_ends_its_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REQUEST_SECONDS", 0.05)
    book = Connections(4096)
    slow, silent, quick, busy = lines(book, 4)
    for line in (slow, quick, busy):
        book.hear(line)
    book.hold(quick)
    book.rest(quick)
    book.hold(busy)
    book.hear(slow)  # more bytes give no more time
    later, *_ = lines(book, 1)
    book.hear(later)
    await until(lambda: slow.ended and later.ended)  # the deadlines of all that were heard before are over
    assert [line.ended for line in (silent, quick, busy)] == [False] * 3


async def test_second_request_on_a_connection_has_its_time_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REQUEST_SECONDS", 0.05)
    book = Connections(4096)
    (line,) = lines(book, 1)
    for _ in range(2):
        book.hear(line)
        book.hold(line)
        book.rest(line)
    book.hear(line)
    await until(lambda: line.ended)


async def test_after_a_rush_memory_is_given_back_once(monkeypatch: pytest.MonkeyPatch) -> None:
    tidied: list[str] = []
    monkeypatch.setattr(module, "tidy", lambda: tidied.append("tidied"))
    monkeypatch.setattr(module, "_CALM_SECONDS", 0.0)
    book = Connections(4096)
    for line in lines(book, 300):
        book.remove(line)
    for line in lines(book, 20):
        book.remove(line)
    await until(lambda: bool(tidied))
    # Whatever had been put off for no time has come before what is put off now.
    ended = asyncio.Event()
    asyncio.get_running_loop().call_later(0.0, ended.set)
    await ended.wait()
    assert len(tidied) == 1


async def test_connections_of_the_listener_are_counted_from_begin_to_end(site: Site) -> None:
    book = site.admission.connections
    assert (await site.ask("GET", "/v1/hello")).status == 200
    kept = len(book)
    _, writer = await site.connect()
    assert len(book) == kept + 1
    writer.transport.abort()
    await until(lambda: len(book) <= kept)


async def test_system_without_a_free_file_costs_a_pause_and_not_the_listener(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    loop = asyncio.get_running_loop()
    accept, failures = loop.sock_accept, [OSError(24, "Too many open files")] * 2

    async def sometimes(sock: object) -> object:
        if failures:
            raise failures.pop()
        return await accept(sock)  # type: ignore[arg-type]

    monkeypatch.setattr(loop, "sock_accept", sometimes)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert (await site.raw("GET /v1/hello HTTP/1.1", site.host_line)).status == 200
    assert failures == []
    assert "Too many open files" in caplog.text
