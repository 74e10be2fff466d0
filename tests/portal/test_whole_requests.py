"""What a WSGI application is told of a request that came over the event loop, and what becomes of its answer."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from portal import whole_requests
from portal.whole_requests import WholeRequests

Start = Callable[[str, list[tuple[str, str]]], None]


def scope(**more: Any) -> dict[str, Any]:
    """A plain request's scope."""
    return {
        "type": "http",
        "method": "GET",
        "raw_path": b"/",
        "query_string": b"",
        "http_version": "1.1",
        "scheme": "https",
        "client": ("192.0.2.7", 50_000),
        "server": ("127.0.0.1", 8001),
        "headers": [(b"host", b"portal.test")],
        **more,
    }


class Seen:
    """An application that keeps what it was told."""

    def __init__(self, parts: Iterable[bytes] = (b"a", b"b")) -> None:
        self.environ: dict[str, Any] = {}
        self.body = b""
        self._parts = parts

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        self.environ, self.body = environ, environ["wsgi.input"].read()
        start("200 OK", [("X-One", "1")])
        return self._parts


def ask(application: Any, told: dict[str, Any], body: Iterable[bytes] = ()) -> list[dict[str, Any]]:
    """All that is sent back; the body comes in parts, the last of which says that it is the last."""
    sent: list[dict[str, Any]] = []
    parts = list(body)

    async def receive() -> dict[str, Any]:
        if not parts:
            await asyncio.Event().wait()
        part = parts.pop(0)
        if part == b"gone":
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": part, "more_body": bool(parts)}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(WholeRequests(application, 1, lambda path: 100)(told, receive, send))
    return sent


@pytest.mark.parametrize("name", [b"x_forwarded_for", b"x-forwarded_for", b"x_forwarded_proto", b"content_length"])
def test_header_with_an_underscore_is_nobodys(name: bytes) -> None:
    seen = Seen()
    told = [(b"host", b"portal.test"), (b"x-forwarded-for", b"192.0.2.7"), (b"x-forwarded-proto", b"http")]
    ask(seen, scope(headers=[*told, (name, b"7")]))
    assert (seen.environ["HTTP_X_FORWARDED_FOR"], seen.environ["HTTP_X_FORWARDED_PROTO"]) == ("192.0.2.7", "http")
    assert "CONTENT_LENGTH" not in seen.environ


def test_request_as_wsgi_has_it() -> None:
    seen = Seen()
    headers = [(b"host", b"portal.test"), (b"x-two", b"a"), (b"x-two", b"b"), (b"content-type", b"text/plain"),
               (b"content-length", b"5")]  # fmt: skip
    more = {"method": "POST", "raw_path": b"/%E5%90%8D%ff/%2e", "query_string": b"q=%20", "headers": headers}
    sent = ask(seen, scope(**more), [b"he", b"llo"])
    assert seen.body == b"hello"
    wanted = {
        "PATH_INFO": "/å\x90\x8dÿ/.", "QUERY_STRING": "q=%20", "REQUEST_METHOD": "POST", "CONTENT_LENGTH": "5",
        "CONTENT_TYPE": "text/plain", "HTTP_X_TWO": "a,b", "HTTP_HOST": "portal.test", "REMOTE_ADDR": "192.0.2.7",
        "SERVER_PORT": "8001", "wsgi.url_scheme": "https", "SERVER_PROTOCOL": "HTTP/1.1",
    }  # fmt: skip
    assert {name: seen.environ[name] for name in wanted} == wanted
    assert [message.get("body") for message in sent] == [None, b"ab"]
    assert (sent[0]["status"], sent[0]["headers"]) == (200, [(b"X-One", b"1")])


@pytest.mark.parametrize("length", [b"101", b"0", b"-5", b"x", b"9" * 5000, "٥".encode()])
def test_body_that_is_too_long_or_has_no_length_is_not_read(length: bytes) -> None:
    seen = Seen()
    told = scope(method="POST", headers=[(b"content-length", length)])
    assert ask(seen, told, [b"hello"])[0]["status"] == 200
    assert seen.body == b""


def test_answer_to_head_has_no_content() -> None:
    assert ask(Seen(), scope(method="HEAD"))[1]["body"] == b""


def test_body_that_does_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole_requests, "BODY_SECONDS", 0)
    seen = Seen()
    assert ask(seen, scope(headers=[(b"content-length", b"5")]))[0]["status"] == 408
    assert ask(seen, scope(headers=[(b"content-length", b"5")]), [b"he", b"gone"])[0]["status"] == 408
    assert seen.environ == {}


class Parts(list[bytes]):
    """An answer that keeps whether it was closed; closing may fail."""

    closed = False
    fails = False

    def close(self) -> None:
        """Note it."""
        self.closed = True
        if self.fails:
            raise RuntimeError("secret-1")


@pytest.mark.parametrize("fails", [False, True])
def test_close_is_called_once_the_answer_is_there(fails: bool, caplog: pytest.LogCaptureFixture) -> None:
    parts = Parts([b"a"])
    parts.fails = fails
    assert ask(Seen(parts), scope())[1]["body"] == b"a"
    assert parts.closed
    assert ("after the answer: RuntimeError" in caplog.text) is fails
    assert "secret-1" not in caplog.text


def test_error_of_the_application_is_the_servers() -> None:
    def fails(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        raise RuntimeError("x")

    with pytest.raises(RuntimeError, match="x"):
        ask(fails, scope())


def test_only_http_is_spoken() -> None:
    seen = Seen()
    assert ask(seen, scope(type="websocket")) == [{"type": "websocket.close"}]
    assert seen.environ == {}
