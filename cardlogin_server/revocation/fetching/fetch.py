"""Fetches a small file over HTTP from an allowed host: no redirects, no proxy, a time and a size limit."""

import http.client
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import SplitResult, urlsplit

SECONDS = 10.0
LARGEST = 32 * 1024 * 1024
_CHUNK = 65_536
_URL = re.compile(r"[\x21-\x7e]{1,1024}")


class FetchFailed(Exception):
    """The file could not be had; the text says why, in English, for the log."""


class StatusRefused(FetchFailed):
    """The host is alive but does not give this file; no reason to leave the whole host alone."""


def allowed(url: str, hosts: frozenset[str]) -> bool:
    """Whether the URL is http or https on one of the hosts (``host`` or ``host:port``, lower case, whole)."""
    try:
        parts = _split(url)
    except FetchFailed:
        return False
    return parts.netloc.lower() in hosts


def fetch(url: str) -> bytes:
    """The body of a 200 answer to GET, at most 32 MiB, within 10 s from the connection on.

    Whatever else is answered, a redirect too, raises FetchFailed. Ask ``allowed`` first.
    """
    return _exchange(url, "GET", None, {"Accept": "*/*"}, LARGEST)


def post(url: str, body: bytes, kind: str, largest: int) -> bytes:
    """The body of a 200 answer, of at most ``largest`` bytes, to a POST of that media type; the rest is as ``fetch``.

    Raises FetchFailed.
    """
    return _exchange(url, "POST", body, {"Accept": "*/*", "Content-Type": kind}, largest)


def host_of(url: str) -> str:
    """The host of the address with its port, in lower case. Raises FetchFailed for no address."""
    return _split(url).netloc.lower()


def _exchange(url: str, method: str, body: bytes | None, headers: dict[str, str], largest: int) -> bytes:
    parts = _split(url)
    connection = _connection(parts)
    try:
        connection.connect()
        with _ended_in_time(connection.sock):
            connection.request(method, _target(parts), body, {**headers, "Accept-Encoding": "identity"})
            with connection.getresponse() as response:
                return _body(response, largest)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise FetchFailed(f"{type(error).__name__} from {parts.netloc}") from error
    finally:
        connection.close()


def _split(url: str) -> SplitResult:
    # The form is looked at first, because urlsplit drops line ends silently.
    if not _URL.fullmatch(url):
        raise FetchFailed("address is malformed")
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError as error:
        raise FetchFailed("address is malformed") from error
    if not good or parts.username is not None or parts.fragment:
        raise FetchFailed("address is not a plain http or https one")
    return parts


def _target(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _connection(parts: SplitResult) -> http.client.HTTPConnection:
    host = parts.hostname or ""
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context()
        connection = http.client.HTTPSConnection(host, parts.port, timeout=SECONDS, context=context)
    else:
        connection = http.client.HTTPConnection(host, parts.port, timeout=SECONDS)
    return connection


def _body(response: http.client.HTTPResponse, largest: int) -> bytes:
    if response.status != 200:
        refused = FetchFailed if response.status >= 500 else StatusRefused
        raise refused(f"status {response.status}")
    if response.length is not None and response.length > largest:
        raise FetchFailed("answer is too large")
    body = bytearray()
    while chunk := response.read(_CHUNK):
        body += chunk
        if len(body) > largest:
            raise FetchFailed("answer is too large")
    if response.length:
        raise FetchFailed("answer is cut off")
    return bytes(body)


@contextmanager
def _ended_in_time(sock: socket.socket) -> Iterator[None]:
    """One deadline for request and answer together: a socket's own limit starts anew with every byte that drips in."""
    timer = threading.Timer(SECONDS, _cut, [sock])
    timer.daemon = True
    end = time.monotonic() + SECONDS
    timer.start()
    try:
        yield
        # An answer without a length that was cut looks complete.
        if time.monotonic() >= end:
            raise FetchFailed("answer took too long")
    finally:
        timer.cancel()


def _cut(sock: socket.socket) -> None:
    # The plain method even for TLS: a reader that is waiting in another thread then sees the end of the stream.
    with suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
