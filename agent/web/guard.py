"""What every request has to pass before anything of it is read, and the headers of every answer."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from aiohttp import hdrs, web

from agent.failures import Code, FailureError
from agent.web.asking import ADMISSION, CALLER, name_by_header
from agent.web.metadata import FETCH, check_metadata, rules_of
from agent.web.places import allowed_hosts
from agent.web.problems import HEADERS, SERVER, malformed, problem
from agent.web.shape import MAX_BODY, check_length, check_shape
from agent.web.workers import asks_for_worker, removal

__all__ = ["CALLER", "MAX_BODY", "PORT", "SERVER", "finish", "guard"]

# Seconds until the body has to be there. Browsers send it along with the headers, but a busy computer may stop between.
BODY_SECONDS = 20.0
_LOG = logging.getLogger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


PORT: web.AppKey[int] = web.AppKey("port", int)


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Lets well-formed requests of our user for this computer pass and turns failures into problem documents."""
    connections, connection = request.app[ADMISSION].connections, request.transport
    try:
        if asks_for_worker(request):
            request.app[ADMISSION].peers.check(request.transport)
            _LOG.info("%s: a service worker is removed", request.rel_url.raw_path)
            return removal()
        await _check(request)
        connections.hold(connection)
        return await handler(request)
    except web.HTTPRequestEntityTooLarge:
        return _refusal(request, malformed())
    except web.HTTPException as error:
        # 404 and 405 of the framework: an answer without a body that could tell anything.
        response = web.Response(status=error.status)
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return response
    except FailureError as error:
        return _refusal(request, error)
    except Exception as error:
        _LOG.error("%s %s: %s", request.method, request.rel_url.raw_path, type(error).__name__)
        return problem(FailureError(Code.INTERNAL))
    finally:
        connections.rest(connection)


async def finish(request: web.Request, response: web.StreamResponse) -> None:
    """Puts the headers on an answer, whoever made it, just before it is sent."""
    for name, value in {**HEADERS, **_cors(request)}.items():
        response.headers.setdefault(name, value)


def _refusal(request: web.Request, error: FailureError) -> web.Response:
    # The raw path: decoded, it could hold a line break and forge a line of the log.
    _LOG.info("%s %s: %s", request.method, request.rel_url.raw_path, error.code.value)
    response = problem(error)
    if error.code is Code.REQUEST_MALFORMED:
        response.force_close()  # whoever wrote this may see the next request begin somewhere else than we do
    return response


def _cors(request: web.Request) -> dict[str, str]:
    """Lets a page that may ask read the answer, a refusal as well: otherwise it would take us for not installed."""
    if CALLER not in request:
        return {}
    return {
        "Access-Control-Allow-Origin": request[CALLER],
        "Vary": "Origin",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }


async def _check(request: web.Request) -> None:
    check_shape(request)
    if request.headers.getall("Host", []) not in allowed_hosts(request, request.app[PORT]):
        raise FailureError(Code.ORIGIN_REFUSED)
    if any(rule is FETCH for rule in rules_of(request)):
        with contextlib.suppress(FailureError):  # the handler refuses whoever may not ask
            name_by_header(request)  # from here on the page may read why it is refused
    request.app[ADMISSION].peers.check(request.transport)
    check_metadata(request)
    check_length(request)
    if request.method == hdrs.METH_POST:
        await _read(request)


async def _read(request: web.Request) -> None:
    """Has the whole body here before anything is done for it; `read()` gives it again at once."""
    reading = asyncio.ensure_future(request.read())
    try:
        await asyncio.wait((reading,), timeout=BODY_SECONDS)
        # What is here by now has come in time, however late we look: this computer slept, or had no time for us.
        if not reading.done() and not request.content.is_eof():
            _LOG.info("the body did not arrive in time")
            raise malformed()
        await reading
    finally:
        reading.cancel()
