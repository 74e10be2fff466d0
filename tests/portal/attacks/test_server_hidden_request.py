"""A request hidden in the body of another one, which the portal does not read: it is never answered."""

import contextlib
import re
from collections.abc import Iterator

import pytest

from tests.portal.pki import Pki
from tests.portal.served import HEAD, Server, serving
from tests.stand.waiting import LIMIT

WHO = "a stranger behind a balancer"
SECRET = b"GET /hidden-one/ HTTP/1.1\r\nHost: portal.test\r\nX-Forwarded-Proto: https\r\n\r\n"
LAST = HEAD + b"Connection: close\r\n\r\n"
POST = HEAD.replace(b"GET", b"POST")
_STATUS = re.compile(rb"^HTTP/1\.1 (\d{3}) ", re.MULTILINE)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, pki: Pki) -> Iterator[Server]:
    """A portal that a balancer asks over plain HTTP."""
    with serving(tmp_path_factory.mktemp("server"), pki, "plain") as made:
        yield made


def answers(server: Server, sent: bytes) -> list[int]:
    """The status of every answer to these bytes, until the portal ends the connection."""
    with server.connect() as connection:
        connection.sendall(sent)
        connection.settimeout(LIMIT)
        came = b""
        with contextlib.suppress(ConnectionResetError):  # it may end the connection with a body half read
            while piece := connection.recv(65_536):
                came += piece
    return [int(one) for one in _STATUS.findall(came)]


def _chunked(body: bytes) -> bytes:
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


BODIES = {
    "chunks": b"Transfer-Encoding: chunked\r\n\r\n" + _chunked(SECRET),
    "length of a page": b"Content-Length: %d\r\n\r\n" % len(SECRET) + SECRET,
    "too long": b"Content-Length: 60000\r\n\r\n" + (SECRET * 1000)[:60_000],
}


@pytest.mark.parametrize("how", BODIES)
def test_body_is_no_request(server: Server, how: str) -> None:
    """A request hidden in a body that the portal has no use for is answered as if it had been sent."""
    found = answers(server, POST + b"Content-Type: text/plain\r\n" + BODIES[how] + LAST)
    assert 404 not in found
    assert found in ([], [403], [400], [403, 200], [400, 200])
