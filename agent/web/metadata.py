"""Which kind of request each path is for, as the browser's Sec-Fetch headers tell (W3C Fetch Metadata).

- hello and authenticate: a portal's fetch (dest empty, mode cors, any site but "none"). The headers may be missing,
  because `Origin` names the caller there, and Safari before 16.4 sends none.
- popup, go, status, selftest: a whole window, never a frame (dest document, mode navigate, any site). They may be
  missing: these answers cost nothing and tell nothing.
- what our own pages ask: their fetch (dest empty, mode cors or same-origin, site same-origin). They may not be missing:
  nothing else proves that our page asks.

A path without a row is refused, and so is everything that a browser fetches before anybody wants it (`Sec-Purpose`).
"""

from collections.abc import Callable
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
    "/selftest/old": WINDOW,
    "/selftest/run": OWN_PAGE,
}


RulesOf = Callable[[web.Request], tuple[Rule, ...]]
# What an application goes by: the rules of which a request has to keep one; none for a path without a rule.
RULES_OF: web.AppKey[RulesOf] = web.AppKey("rules of")


def path_of(request: web.Request) -> str:
    """The path of the route that a request takes, empty where there is none."""
    resource = request.match_info.route.resource
    return "" if resource is None else resource.canonical


def native_rules(request: web.Request) -> tuple[Rule, ...]:
    """The rule of each path of our own protocol."""
    rule = RULES.get(path_of(request))
    return () if rule is None else (rule,)


def rules_of(request: web.Request) -> tuple[Rule, ...]:
    """The rules of what is asked for."""
    return request.app[RULES_OF](request)


def check_metadata(request: web.Request) -> None:
    """Raises FailureError(origin_refused) for a request that is of another kind than its path is for."""
    if request.match_info.route.resource is None:  # no such path: nobody reads the request
        return
    if "Sec-Purpose" in request.headers or not any(_keeps(request, rule) for rule in rules_of(request)):
        raise FailureError(Code.ORIGIN_REFUSED)


def _keeps(request: web.Request, rule: Rule) -> bool:
    for name, allowed in (("Dest", rule.dest), ("Mode", rule.mode), ("Site", rule.site)):
        values = request.headers.getall(f"Sec-Fetch-{name}", [])
        if len(values) > 1 or (values and values[0] not in allowed):
            return False
    return not rule.required or "Sec-Fetch-Site" in request.headers
