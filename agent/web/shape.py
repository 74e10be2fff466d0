"""The form that every request must have: nothing that two programs could understand in two ways."""

import re

from aiohttp import hdrs, web
from aiohttp.http import HttpVersion11

from agent.failures import Code, FailureError
from agent.web.problems import malformed

MAX_BODY = 8 * 1024
_METHODS = frozenset({"GET", "POST", "OPTIONS"})
# Plain words between single slashes: no query, no dot segment, no escape, no parameter, no other form of target.
_TARGET = re.compile(r"/(?:[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*(?:/[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)*)?")
# What must not be there twice, and what must not be there at all: other protocols, and lengths told in another way.
_SINGLE = (hdrs.HOST, hdrs.CONTENT_LENGTH, hdrs.CONTENT_TYPE)
_UNWANTED = (hdrs.TRANSFER_ENCODING, hdrs.UPGRADE, hdrs.EXPECT, hdrs.CONTENT_ENCODING, "HTTP2-Settings")
_LENGTH = re.compile(r"0|[1-9][0-9]{0,9}")


def check_shape(request: web.Request) -> None:
    """Raises FailureError for a request that is not in the one form that browsers write.

    request_malformed, or origin_refused where two origins are named.
    """
    if request.version != HttpVersion11 or request.method not in _METHODS:
        raise malformed()
    if _TARGET.fullmatch(request.raw_path) is None:
        raise malformed()
    if any(len(request.headers.getall(name, [])) > 1 for name in _SINGLE):
        raise malformed()
    if any(name in request.headers for name in _UNWANTED):
        raise malformed()
    if len(request.headers.getall(hdrs.ORIGIN, [])) > 1:
        raise FailureError(Code.ORIGIN_REFUSED)


def check_length(request: web.Request) -> None:
    """Raises FailureError(request_malformed) unless a POST says how much content it has, and others have none.

    RFC 9112, section 6.3; content that is too large is refused before any of it is read.
    """
    length = request.headers.get(hdrs.CONTENT_LENGTH)
    if length is None and request.method != hdrs.METH_POST:
        return
    if length is None or _LENGTH.fullmatch(length) is None:
        raise malformed()
    if int(length) > (MAX_BODY if request.method == hdrs.METH_POST else 0):
        raise malformed()
