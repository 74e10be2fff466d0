"""Which requests the old component's protocol has: addresses with a query, larger bodies, and a rule for each path."""

import re

from aiohttp import hdrs, web

from agent.web.hipki.body import MAX_BODY
from agent.web.metadata import OWN_PAGE, WINDOW, Rule, path_of
from agent.web.shape import PATH, Form

# A query is read in two places only and never decoded further; pages put anything into it, and browsers leave all of
# ASCII there but blanks and what would end it or a text around it (URL standard, "query percent-encode set").
FORM = Form(re.compile(PATH + r"(?:\?[!$-;=?-~]{0,512})?"), MAX_BODY)
_SITES = frozenset({"none", "same-origin", "same-site", "cross-site"})
# What any page may load, and what it learns is the same for all; the picture also without CORS, and then unreadable.
_FETCH = Rule(frozenset({"empty"}), frozenset({"cors"}), _SITES)
_PICTURE = Rule(frozenset({"image"}), frozenset({"cors", "no-cors"}), _SITES)
# Of the sibling component (hipki.md, 1.1).
SIBLING = "/cht_api"
POPUPS = {
    "/popupForm": "getTbs",
    "/ChtPopupForm": "getTbs",
    "/CardManagement/CMCPopForm": "CMCAtn",
    "/PrintCard/ChtPopupFormPrintCard": "getTbs",
}
UNSUPPORTED = ("/umakeSig", "/writecert", "/makeCsr", "/getChallenge", "/CardManagement/sendCardCommand")
_LIST = "/pkcs11info"
_RULES: dict[str, tuple[Rule, ...]] = {
    **dict.fromkeys((*POPUPS, "/selfTest.htm", "/", "/status"), (WINDOW,)),
    **dict.fromkeys(("/sign", "/decrypt", *UNSUPPORTED), (OWN_PAGE,)),
    "/p11Image.bmp": (_PICTURE, _FETCH),
    "/waiting.gif": (_PICTURE, WINDOW),
}


def wants_certificates(request: web.Request) -> bool:
    """Whether readers and cards are asked for with their certificates."""
    return request.query.getall("withcert", []) == ["true"]


def rules_of(request: web.Request) -> tuple[Rule, ...]:
    """The rules of what is asked for; a form post is of no kind that is answered."""
    path = path_of(request).removeprefix(SIBLING)
    reads = request.method == hdrs.METH_GET
    if path == _LIST:
        if wants_certificates(request):
            return (OWN_PAGE,)
        return (_FETCH, OWN_PAGE, WINDOW) if reads else (_FETCH, OWN_PAGE)
    if path == "/addDomain":
        return (WINDOW,) if reads else (OWN_PAGE,)
    return _RULES.get(path, ())
