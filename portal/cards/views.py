"""The addresses the log-in page's script uses, and the one that the component's page comes back to."""

import json

from allauth.account.utils import get_login_redirect_url
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from cardlogin_server import Purpose
from portal.accounts.destination import safe_next
from portal.accounts.notice import back_to_login
from portal.cards.flows import issue_challenge, log_in
from portal.cards.limits import may_use_card
from portal.cards.proof import LONGEST_TOKEN
from portal.failures import RATE_LIMITED, REQUEST_MALFORMED, Refusal
from portal.selftest.form import LARGEST
from portal.views import problem

_PURPOSES = {purpose.value: purpose for purpose in Purpose}
_LONGEST_ORDER = 256


@require_POST
@never_cache
def challenge(request: HttpRequest) -> JsonResponse:
    """Answer `{"challenge": text}` to `{"purpose": "login"}`, or another purpose; a problem document otherwise."""
    if not may_use_card(request, "challenge"):
        return problem(RATE_LIMITED, 429)
    purpose = _purpose(request.body)
    if purpose is None:
        return problem(REQUEST_MALFORMED, 400)
    return JsonResponse({"challenge": issue_challenge(request.session, purpose)})


def _purpose(body: bytes) -> Purpose | None:
    if len(body) > _LONGEST_ORDER:
        return None
    try:
        order = json.loads(body)
    except (ValueError, RecursionError):
        return None
    wanted = order.get("purpose") if isinstance(order, dict) and len(order) == 1 else None
    return _PURPOSES.get(wanted) if isinstance(wanted, str) else None


@require_POST
@never_cache
def login(request: HttpRequest) -> HttpResponse:
    """Log in with the form fields challenge, token and next; every answer is a redirect."""
    next_url = safe_next(request)
    if request.user.is_authenticated:
        return HttpResponseRedirect(get_login_redirect_url(request, next_url))
    try:
        return log_in(request, next_url)
    except Refusal as refusal:
        return back_to_login(request, "card", refusal.failure, next_url or "")


@csrf_exempt
@require_http_methods(["GET", "POST"])
@never_cache
def returned(request: HttpRequest) -> HttpResponse:
    """Answer a post with a page that hands the token or failure to the page that was left, in the same tab.

    The post comes from the component's page, so no cookie comes with it and none is set. Nothing is looked at or
    kept here: that page takes only what its own tab has asked for, and goes on by its own form. The component's page
    looks first whether this site takes answers here, by GET and by an empty POST (docs/protocol, section 2 C). The
    report of a self-test goes by the same way to the page that sends it (portal.selftest.report_pages).
    """
    if request.method == "GET":
        response: HttpResponse = JsonResponse(_about_this_site())
    elif report := request.POST.get("report", "")[: LARGEST + 1]:  # one more: its page says that it is too long
        handed = {"report": report, "state": request.POST.get("state", "")[:LONGEST_TOKEN]}
        response = render(request, "selftest/returned.html", {"handed": handed})
    else:
        fields = {name: request.POST.get(name, "")[:LONGEST_TOKEN] for name in ("token", "failure", "state")}
        response = render(request, "account/card_return.html", {"fields": fields})
    response["Access-Control-Allow-Origin"] = "*"
    return response


def _about_this_site() -> dict[str, object]:
    """What the component's page and its self-test want to know of a site."""
    agent = {"newest": settings.CARDLOGIN_AGENT_NEWEST, "minimum": settings.CARDLOGIN_AGENT_MINIMUM}
    return {"cardlogin_return": 1, "agent": agent, "login": reverse("account_login")}
