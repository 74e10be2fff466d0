"""Which kind of request each path is for, as the browser's Sec-Fetch headers tell (W3C Fetch Metadata).

- hello and authenticate: a portal's fetch (dest empty, mode cors, any site but "none"). The headers may be missing,
  because `Origin` names the caller there, and Safari before 16.4 sends none.
- popup, go, status: a whole window, never a frame (dest document, mode navigate, any site). They may be missing: these
  answers cost nothing and tell nothing.
- what our own pages ask: their fetch (dest empty, mode cors or same-origin, site same-origin). They may not be missing:
  nothing else proves that our page asks.

A path without a row is refused, and so is everything that a browser fetches before anybody wants it (`Sec-Purpose`).
"""

from dataclasses import dataclass

from aiohttp import web

from agent.failures import Code, FailureError

_ANY_SITE = frozenset({"none", "same-origin", "same-site", "cross-site"})


@dataclass(frozen=True)
class Rule:
    """The values that the three headers may have, and whether they have to be there."""

    dest: frozenset[str]
    mode: frozenset[str]
    site: frozenset[str]
    required: bool = False


FETCH = Rule(frozenset({"empty"}), frozenset({"cors"}), _ANY_SITE - {"none"})
WINDOW = Rule(frozenset({"document"}), frozenset({"navigate"}), _ANY_SITE)
OWN_PAGE = Rule(frozenset({"empty"}), frozenset({"cors", "same-origin"}), frozenset({"same-origin"}), required=True)

RULES: dict[str, Rule] = {
    "/v1/hello": FETCH,
    "/v1/authenticate": FETCH,
    "/v1/popup": WINDOW,
    "/v1/popup/authenticate": OWN_PAGE,
    "/v1/go": WINDOW,
    "/v1/go/authenticate": OWN_PAGE,
    "/": WINDOW,
    "/status": WINDOW,
    "/selftest": WINDOW,
}


def rule_of(request: web.Request) -> Rule | None:
    """The rule of the path that is asked for, None for a path without one."""
    resource = request.match_info.route.resource
    return None if resource is None else RULES.get(resource.canonical)


def check_metadata(request: web.Request) -> None:
    """Raises FailureError(origin_refused) for a request that is of another kind than its path is for."""
    if request.match_info.route.resource is None:  # no such path: nobody reads the request
        return
    rule = rule_of(request)
    if rule is None or "Sec-Purpose" in request.headers:
        raise FailureError(Code.ORIGIN_REFUSED)
    for name, allowed in (("Dest", rule.dest), ("Mode", rule.mode), ("Site", rule.site)):
        values = request.headers.getall(f"Sec-Fetch-{name}", [])
        if len(values) > 1 or (values and values[0] not in allowed):
            raise FailureError(Code.ORIGIN_REFUSED)
    if rule.required and "Sec-Fetch-Site" not in request.headers:
        raise FailureError(Code.ORIGIN_REFUSED)
