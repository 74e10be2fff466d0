"""What every request has to pass before anything of it is read, and the headers of every answer."""

import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

from agent.failures import Code, FailureError
from agent.web.problems import malformed, problem

MAX_BODY = 8 * 1024
SERVER = "CardLogin"  # the framework would tell its version
_METHODS = frozenset({"GET", "POST", "OPTIONS"})
_LOG = logging.getLogger(__name__)
_HEADERS = {
    "Server": SERVER,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}

# Set by a handler once it knows that the browser's origin may ask.
CALLER: web.RequestKey[str] = web.RequestKey("caller", str)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Lets well-formed requests for this computer pass and turns every failure into a problem document."""
    try:
        _check(request)
        response = await handler(request)
    except web.HTTPRequestEntityTooLarge:
        response = problem(malformed())
    except web.HTTPException as error:
        # 404 and 405 of the framework: an answer without a body that could tell anything.
        response = web.Response(status=error.status)
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
    except FailureError as error:
        # The raw path: decoded, it could hold a line break and forge a line of the log.
        _LOG.info("%s %s: %s", request.method, request.rel_url.raw_path, error.code.value)
        response = problem(error)
    except Exception as error:
        _LOG.error("%s %s: %s", request.method, request.rel_url.raw_path, type(error).__name__)
        response = problem(FailureError(Code.INTERNAL))
    for name, value in {**_HEADERS, **_cors(request)}.items():
        response.headers.setdefault(name, value)
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
