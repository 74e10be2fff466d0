"""The page of the self-test: what a browser sees of the way to a card log-in, and the trial at its end."""

import time
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from portal.cards.pages import card_context
from portal.failures import PAGE_INSECURE
from portal.languages import in_words
from portal.selftest.trial import try_card
from portal.selftest.words import words
from portal.support.manual import Code, manual

OLDEST: Final = {"chromium": 109, "edge": 109, "firefox": 115, "safari": 16}
"""The oldest versions that the component's page and ours are written for; the same as in the component."""
# The component comes last: a page can look for it only where all before it is right.
CHECKS: Final = ("portal", "clock", "browser", "network_access", "popups", "opener", "daemon")
# What the script of the page may find; the client's own codes among them.
CODES: Final = (
    "clock_off", "clock_wrong", "browser_old", "browser_unknown", "network_access_denied", "popups_blocked",
    "opener_cuts", "agent_not_found", "tls_not_trusted", "permission_denied", "popup_blocked", "opener_cut",
    "page_closed", "timed_out", "answer_malformed", "portal_unreachable",
)  # fmt: skip
_FACTS: Final = ("browser", "offset", "port", "state", "tries")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the page."""

    check: str
    title: str


@require_safe
@never_cache
def page(request: HttpRequest) -> HttpResponse:
    """Answer the page; its script runs the checks."""
    rows = [Row(check, manual().check_name(check)) for check in CHECKS]
    context = {**card_context(), "rows": rows, "trial": Row("account", _("Trial log-in")), "data": _data()}
    return render(request, "selftest/page.html", context)


@require_safe
@never_cache
def clock(request: HttpRequest) -> JsonResponse:
    """Answer `{"now": seconds since 1970}`."""
    return JsonResponse({"now": time.time()})


@require_POST
@never_cache
def trial(request: HttpRequest) -> JsonResponse:
    """Answer what a log-in with the form fields challenge and token would come to; nobody is logged in by it."""
    outcome = try_card(request)
    return JsonResponse(outcome.as_answer(), status=outcome.status)


def _data() -> dict[str, Any]:
    """What the script needs to know: the oldest browsers, each code in the language in use, what the manual knows."""
    known = manual().codes
    codes = {code: _said(known[code].sign, known[code].said.meaning, _steps(known[code])) for code in CODES}
    codes[PAGE_INSECURE.code] = _said("fail", in_words(PAGE_INSECURE.meaning), (in_words(PAGE_INSECURE.remedy),))
    return {
        "oldest": OLDEST, "codes": codes, "facts": {fact: manual().fact_name(fact) for fact in _FACTS},
        "words": words(), "known": list(known), "pin": [code.code for code in known.values() if code.check == "pin"],
    }  # fmt: skip


def _steps(code: Code) -> tuple[str, ...]:
    """What to do; the last step for a component that is not found would be to open this page."""
    return code.said.steps[:-1] if code.code == "agent_not_found" else code.said.steps


def _said(sign: str, meaning: str, steps: tuple[str, ...]) -> dict[str, Any]:
    return {"sign": sign, "meaning": meaning, "steps": steps}
