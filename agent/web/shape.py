"""The form that every request must have: nothing that two programs could understand in two ways."""

import re
from dataclasses import dataclass

from aiohttp import hdrs, web
from aiohttp.http import HttpVersion11

from agent.failures import Code, FailureError
from agent.web.problems import malformed

MAX_BODY = 8 * 1024
_METHODS = frozenset({"GET", "POST", "OPTIONS"})
# Plain words between single slashes: no query, no dot segment, no escape, no parameter, no other form of target.
PATH = r"/(?:[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*(?:/[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)*)?"
# What must not be there twice, and what must not be there at all: other protocols, and lengths told in another way.
_SINGLE = (hdrs.HOST, hdrs.CONTENT_LENGTH, hdrs.CONTENT_TYPE)
_UNWANTED = (hdrs.TRANSFER_ENCODING, hdrs.UPGRADE, hdrs.EXPECT, hdrs.CONTENT_ENCODING, "HTTP2-Settings")
_LENGTH = re.compile(r"0|[1-9][0-9]{0,9}")


@dataclass(frozen=True)
class Form:
    """What differs from one application to the next: the form of the target, and how long a body may be in bytes."""

    target: re.Pattern[str] = re.compile(PATH)
    max_body: int = MAX_BODY


FORM: web.AppKey[Form] = web.AppKey("form", Form)


def check_shape(request: web.Request) -> None:
    """Raises FailureError for a request that is not in the one form that browsers write.

    request_malformed, or origin_refused where two origins are named.
    """
    if request.version != HttpVersion11 or request.method not in _METHODS:
        raise malformed()
    if request.app[FORM].target.fullmatch(request.raw_path) is None:
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
    if int(length) > (request.app[FORM].max_body if request.method == hdrs.METH_POST else 0):
        raise malformed()
