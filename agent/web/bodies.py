"""Request bodies: JSON of an exact shape, or a failure."""

from typing import TypeVar

import msgspec
from aiohttp import web

from agent.web.problems import malformed

Shape = TypeVar("Shape", bound=msgspec.Struct)


async def read_body(request: web.Request, shape: type[Shape]) -> Shape:
    """The body of a request; raises FailureError(request_malformed) for another type, shape or encoding.

    The size limit is the application's (`guard.MAX_BODY`); a page cannot send this content type without a preflight.
    """
    if request.content_type != "application/json":
        raise malformed()
    try:
        return msgspec.json.decode(await request.read(), type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise malformed() from None
