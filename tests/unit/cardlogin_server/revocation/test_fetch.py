"""Fetching over real sockets on the loopback interface, from servers that misbehave."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from cardlogin_server.revocation.fetching import fetch as module
from cardlogin_server.revocation.fetching.fetch import FetchFailed, StatusRefused, allowed, fetch, host_of, post
from tests.stand.waiting import LIMIT

Behaviour = Callable[[socket.socket], None]
Serve = Callable[[Behaviour], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a server that treats one connection as it is told; gives its address."""
    with contextlib.ExitStack() as stack:
        yield lambda behaviour: stack.enter_context(_server(behaviour))


@contextlib.contextmanager
def _server(behaviour: Behaviour) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(LIMIT)
        thread = threading.Thread(target=_treat, args=(listener, behaviour))
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/list.crl?part=1"
        thread.join(LIMIT)


def _treat(listener: socket.socket, behaviour: Behaviour) -> None:
    connection, _ = listener.accept()
    # A client that gives up early is what several tests are about.
    with connection, contextlib.suppress(OSError):
        behaviour(connection)


def answer(*parts: bytes) -> Behaviour:
    def behave(connection: socket.socket) -> None:
        connection.recv(4_096)
        for part in parts:
            connection.sendall(part)

    return behave


OK = b"HTTP/1.1 200 OK\r\n"


def test_body_of_a_good_answer(serve: Serve) -> None:
    requests: list[bytes] = []

    def behave(connection: socket.socket) -> None:
        requests.append(connection.recv(4_096))
        connection.sendall(OK + b"Content-Length: 5\r\n\r\nhello")

    url = serve(behave)
    assert fetch(url) == b"hello"
    lines = requests[0].decode().split("\r\n")
    assert lines[0] == "GET /list.crl?part=1 HTTP/1.1"
    assert f"Host: {url[7:].split('/')[0]}" in lines
    assert not [line for line in lines if line.startswith(("Cookie", "Authorization", "Referer"))]


def test_answer_without_length(serve: Serve) -> None:
    assert fetch(serve(answer(OK + b"\r\n", b"hel", b"lo"))) == b"hello"


def test_answer_in_chunks(serve: Serve) -> None:
    assert fetch(serve(answer(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"))) == b"hello"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_not_followed(serve: Serve, status: int) -> None:
    url = serve(answer(f"HTTP/1.1 {status} Go\r\nLocation: http://127.0.0.1:9/\r\n\r\n".encode()))
    with pytest.raises(FetchFailed, match=f"status {status}"):
        fetch(url)


@pytest.mark.parametrize("status", [204, 206, 304, 401, 404, 500])
def test_other_status(serve: Serve, status: int) -> None:
    with pytest.raises(FetchFailed, match="status"):
        fetch(serve(answer(f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n".encode())))


def test_announced_size_too_large(serve: Serve) -> None:
    with pytest.raises(FetchFailed, match="too large"):
        fetch(serve(answer(OK + f"Content-Length: {module.LARGEST + 1}\r\n\r\n".encode())))


def test_unannounced_size_too_large(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST", 100_000)
    with pytest.raises(FetchFailed, match="too large"):
        fetch(serve(answer(OK + b"\r\n", bytes(200_000))))


def test_answer_cut_off(serve: Serve) -> None:
    with pytest.raises(FetchFailed):
        fetch(serve(answer(OK + b"Content-Length: 10\r\n\r\nhello")))


@pytest.mark.parametrize("garbage", [b"", b"\0" * 100, b"SSH-2.0-x\r\n", OK + b"X: " + b"y" * 70_000 + b"\r\n\r\n"])
def test_server_that_speaks_no_http(serve: Serve, garbage: bytes) -> None:
    with pytest.raises(FetchFailed):
        fetch(serve(answer(garbage)))


def drip(first: bytes) -> Behaviour:
    def behave(connection: socket.socket) -> None:
        connection.recv(4_096)
        connection.sendall(first)
        while True:  # until the client hangs up
            connection.sendall(b"x")
            time.sleep(0.05)  # a byte now and then is what this server is about

    return behave


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(OK + b"\r\n", id="body"),
        pytest.param(OK + b"Content-Length: 9999\r\n\r\n", id="body_with_length"),
        pytest.param(OK + b"X: ", id="header"),
    ],
)
def test_server_that_drips(serve: Serve, monkeypatch: pytest.MonkeyPatch, first: bytes) -> None:
    monkeypatch.setattr(module, "SECONDS", 0.4)
    with pytest.raises(FetchFailed):
        fetch(serve(drip(first)))


def listen(connection: socket.socket) -> None:
    while connection.recv(4_096):
        pass


def test_server_that_says_nothing(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SECONDS", 0.3)
    with pytest.raises(FetchFailed):
        fetch(serve(listen))


def test_post(serve: Serve) -> None:
    requests: list[bytes] = []

    def behave(connection: socket.socket) -> None:
        requests.append(connection.recv(4_096))
        while b"question" not in requests[0]:
            requests[0] += connection.recv(4_096)
        connection.sendall(OK + b"Content-Length: 6\r\n\r\nanswer")

    assert post(serve(behave), b"question", "application/ocsp-request", 6) == b"answer"
    lines = requests[0].decode().split("\r\n")
    assert lines[0] == "POST /list.crl?part=1 HTTP/1.1"
    assert "Content-Type: application/ocsp-request" in lines
    assert "Content-Length: 8" in lines


@pytest.mark.parametrize("length", [b"", b"Content-Length: 7\r\n"])
def test_answer_to_post_too_large(serve: Serve, length: bytes) -> None:
    with pytest.raises(FetchFailed, match="too large"):
        post(serve(answer(OK + length + b"\r\n", b"answers")), b"", "application/ocsp-request", 6)


@pytest.mark.parametrize(("status", "alive"), [(302, True), (404, True), (500, False), (503, False)])
def test_status_of_a_host_that_is_alive(serve: Serve, status: int, alive: bool) -> None:
    with pytest.raises(FetchFailed) as caught:
        fetch(serve(answer(f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n".encode())))
    assert isinstance(caught.value, StatusRefused) is alive


def test_host_of_an_address() -> None:
    assert host_of("http://CRL.test:8080/a") == "crl.test:8080"


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(FetchFailed, match="ConnectionRefusedError"):
        fetch(f"http://127.0.0.1:{port}/")


def test_proxies_of_the_environment_are_ignored(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert fetch(serve(answer(OK + b"Content-Length: 2\r\n\r\nok"))) == b"ok"


def test_server_without_tls_behind_https(serve: Serve) -> None:
    url = serve(answer(OK + b"\r\n")).replace("http:", "https:")
    with pytest.raises(FetchFailed, match="SSLError"):
        fetch(url)


HOSTS = frozenset({"crl.test", "crl.test:8080"})


@pytest.mark.parametrize(
    "url", ["http://crl.test/a", "https://crl.test/a", "http://CRL.test:8080/a?b", "http://crl.test"]
)
def test_allowed(url: str) -> None:
    assert allowed(url, HOSTS)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "crl.test/a",
        "//crl.test/a",
        "ftp://crl.test/a",
        "file:///crl.test",
        "http://crl.test:80/a",
        "http://crl.test:8081/a",
        "http://crl.test.evil.example/a",
        "http://evil.example/crl.test",
        "http://evil.example#crl.test",
        "http://crl.test#a",
        "http://user@crl.test/a",
        "http://user:pass@crl.test/a",
        "http://crl.test\\@evil.example/",
        "http://crl.test\n/a",
        "http://crl.test/a b",
        "http://crl.test:x/a",
        "http://crl.test:99999/a",
        "http://[crl.test/a",
        "http://crl.test/" + "a" * 1_024,
        "http://ｃrl.test/a",
    ],
)
def test_not_allowed(url: str) -> None:
    assert not allowed(url, HOSTS)


@pytest.mark.parametrize("url", ["", "file:///etc/passwd", "http://a b/", "http://crl.test/\r\nX: y"])
def test_fetch_refuses_what_is_no_address(url: str) -> None:
    with pytest.raises(FetchFailed, match="address"):
        fetch(url)
