"""Whether an address of a certificate answers from here, and what time its server has."""

import http.client
import time
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from agent.selftest.portal_look import offset_of

_SECONDS = 1.5
# A complete list of all citizens has 20 MiB: a portal fetches it, a self-test need not.
_MAX_LIST = 4 * 1024 * 1024


class Reached(NamedTuple):
    """`good`: it may be asked now. `offset`: seconds that this computer's clock is ahead of the server's."""

    good: bool
    offset: float | None = None


def reach(url: str, hosts: frozenset[str], *, responder: bool) -> Reached:
    """Asks for the head of what is there, on an allowed host, and waits for a moment only; never raises."""
    try:
        parts = urlsplit(url)
        if parts.netloc.lower() not in hosts or parts.scheme not in ("http", "https"):
            return Reached(False)
        return _head(parts, responder=responder)
    except (OSError, http.client.HTTPException, ValueError):
        return Reached(False)


def _head(parts: SplitResult, *, responder: bool) -> Reached:
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=_SECONDS)
    try:
        begun = time.time()
        connection.request("HEAD", parts.path or "/", headers={"Accept": "*/*"})
        with connection.getresponse() as response:
            offset = offset_of(response.getheader("Date", ""), (begun + time.time()) / 2)
            if responder:  # it may refuse this question, and would answer a real one
                return Reached(response.status < http.HTTPStatus.INTERNAL_SERVER_ERROR, offset)
            size = response.getheader("Content-Length", "")
            return Reached(response.status == http.HTTPStatus.OK and not _is_too_long(size), offset)
    finally:
        connection.close()


def _is_too_long(size: str) -> bool:
    return not (size.isascii() and size.isdigit() and len(size) <= len(str(_MAX_LIST)) and int(size) <= _MAX_LIST)
