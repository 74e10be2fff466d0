"""What every request has to pass before anything of it is read, and the headers of every answer."""

import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

from agent.failures import Code, FailureError
from agent.web.problems import malformed, problem

MAX_BODY = 8 * 1024
_METHODS = frozenset({"GET", "POST", "OPTIONS"})
_LOG = logging.getLogger(__name__)
_HEADERS = {
    "Server": "CardLogin",  # the framework would tell its version
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Lets well-formed requests for this computer pass and turns every failure into a problem document."""
    try:
        _check(request)
        response = await handler(request)
    except FailureError as error:
        _LOG.info("%s %s: %s", request.method, request.path, error.code.value)
        response = problem(error)
    except web.HTTPException as error:
        # 404, 405 and 413 of the framework: an answer without a body that could tell anything.
        response = web.Response(status=error.status)
    except Exception as error:
        _LOG.error("%s %s: %s", request.method, request.path, type(error).__name__)
        response = problem(FailureError(Code.INTERNAL))
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _check(request: web.Request) -> None:
    # A name of ours only: a stranger's name that resolves to this computer is DNS rebinding.
    if request.headers.getall("Host", []) not in allowed_hosts(request):
        raise FailureError(Code.ORIGIN_REFUSED)
    if request.method not in _METHODS or request.path_qs != request.path:
        raise malformed()


def allowed_hosts(request: web.Request) -> list[list[str]]:
    """The Host headers that name this listener."""
    port = request.app[PORT]
    return [[f"{name}:{port}"] for name in ("localhost", "127.0.0.1", "[::1]")]


PORT: web.AppKey[int] = web.AppKey("port", int)
