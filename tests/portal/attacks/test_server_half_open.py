"""Hundreds of connections that are begun and not finished, while somebody else wants a page."""

import contextlib
import resource
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.portal.pki import Pki
from tests.portal.served import HEAD, Server, serving
from tests.stand.waiting import LIMIT, wait_until

WHO = "a stranger with many sockets"
MANY = 500
SCRIPT = HEAD.replace(b"/accounts/login/", b"/static/cardlogin/cardlogin.js") + b"\r\n"
FORM = (
    HEAD.replace(b"GET", b"POST") + b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\n"
)


@pytest.fixture(scope="module", params=["tls", "plain"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, pki: Pki) -> Iterator[Server]:
    """One portal for all kinds: directly over TLS, and over plain HTTP as a balancer asks it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
    with serving(tmp_path_factory.mktemp("server"), pki, request.param) as made:
        yield made
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def silent(server: Server) -> socket.socket:
    """Connects and says nothing: with TLS not even hello."""
    return server.plain()


def half_hello(server: Server) -> socket.socket:
    """The first bytes of a TLS record, or of a request line."""
    connection = server.plain()
    connection.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01" if server.context else b"GE")
    return connection


def half_header(server: Server) -> socket.socket:
    """Header lines without an end."""
    connection = server.connect()
    connection.sendall(HEAD)
    return connection


def half_body(server: Server) -> socket.socket:
    """A form that ends before its length."""
    connection = server.connect()
    connection.sendall(FORM + b"login=")
    return connection


def half_chunk(server: Server) -> socket.socket:
    """A chunked body that never ends."""
    connection = server.connect()
    lines = HEAD.replace(b"GET", b"POST") + b"Transfer-Encoding: chunked\r\n\r\n"
    connection.sendall(lines + b"5\r\nlog")
    return connection


def expecting(server: Server) -> socket.socket:
    """Waits for `100 Continue` and then sends nothing."""
    connection = server.connect()
    connection.sendall(FORM[:-2] + b"Expect: 100-continue\r\n\r\n")
    return connection


def kept_alive(server: Server) -> socket.socket:
    """Gets a page, keeps the connection."""
    connection = server.connect()
    assert server.page(connection) == b"HTTP/1.1 200 OK"
    return connection


def takes_nothing(server: Server) -> socket.socket:
    """Asks for many pages at once and takes no answer."""
    connection = server.plain()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    if server.context:
        connection = server.context.wrap_socket(connection, server_hostname="portal.test")
    connection.sendall(SCRIPT)
    return connection


KINDS = [silent, half_hello, half_header, half_body, half_chunk, expecting, kept_alive, takes_nothing]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_held_connections(server: Server, kind: Callable[[Server], socket.socket]) -> None:
    """500 connections are held half-way; a visitor still gets his page."""
    with contextlib.ExitStack() as held:
        for _ in range(MANY):
            held.enter_context(kind(server))
        assert server.visit() == b"HTTP/1.1 200 OK"
        assert server.visit() == b"HTTP/1.1 200 OK"


def test_bytes_one_by_one(server: Server) -> None:
    """500 connections send one byte at a time, for ever; a visitor still gets his page."""
    over = threading.Event()
    with contextlib.ExitStack() as held:
        connections = [held.enter_context(half_header(server)) for _ in range(MANY)]

        def trickle() -> None:
            while not over.wait(1):
                for connection in connections:
                    with contextlib.suppress(OSError):  # given up by the server
                        connection.send(b"X")

        thread = threading.Thread(target=trickle)
        thread.start()
        try:
            assert server.visit() == b"HTTP/1.1 200 OK"
        finally:
            over.set()
            thread.join()


@pytest.mark.slow
def test_nobody_is_waited_for_without_end(server: Server) -> None:
    """Half a request, or an answer that is not taken, ends with the connection."""
    over = threading.Event()
    slow = half_header(server)

    def trickle() -> None:
        with contextlib.suppress(OSError):
            while not over.wait(1):
                slow.send(b"X")

    thread = threading.Thread(target=trickle)
    thread.start()
    kinds = (silent, half_hello, half_header, half_body, expecting, kept_alive)
    with contextlib.ExitStack() as held:
        try:
            for connection in [slow, *(held.enter_context(kind(server)) for kind in kinds)]:
                assert_closed(connection)
        finally:
            over.set()
            thread.join()
            slow.close()


@pytest.mark.slow
def test_answers_that_are_not_taken(server: Server) -> None:
    """Many answers are asked for on one connection and none is taken: the server gives it up."""
    with takes_nothing(server) as connection:
        for _ in range(300):
            connection.sendall(SCRIPT)
        ours = connection.getsockname()[1]

        def given_up() -> bool:
            held = [one for child in psutil.Process(server.process.pid).children() for one in child.net_connections()]
            return not any(one.raddr[1:2] == (ours,) for one in held)

        wait_until(lambda: not given_up())
        wait_until(given_up, between=0.2)


def assert_closed(connection: socket.socket) -> None:
    """Reads until the server closes; TimeoutError after LIMIT where it does not."""
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        while connection.recv(65_536):
            pass


def test_more_than_there_is_room_for(tmp_path: Path, pki: Pki) -> None:
    """More connections than the server holds: who has waited longest goes, a visitor is let in."""
    with serving(tmp_path, pki, "tls", "--worker-connections", "50") as server, contextlib.ExitStack() as held:
        first = held.enter_context(half_header(server))
        for _ in range(99):
            held.enter_context(half_header(server))
        assert server.visit() == b"HTTP/1.1 200 OK"
        assert_closed(first)


def test_nothing_of_it_floods_the_log(server: Server) -> None:
    """Connections that end in the middle leave nothing in the log."""
    before = server.log.stat().st_size
    for kind in (silent, half_hello, half_header, half_body, expecting, kept_alive, takes_nothing):
        for _ in range(5):
            kind(server).close()
    assert server.visit() == b"HTTP/1.1 200 OK"
    assert server.log.stat().st_size == before, server.log.read_text()


def test_server_ends_while_it_is_held(tmp_path: Path, pki: Pki) -> None:
    """Half-open connections do not keep a server that is told to end."""
    with serving(tmp_path, pki, "tls") as server, contextlib.ExitStack() as held:
        for _ in range(20):
            held.enter_context(half_header(server))
        server.process.terminate()
        assert server.process.wait(LIMIT) == 0
        assert "Forcing close" not in server.log.read_text()
