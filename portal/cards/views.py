"""The addresses the log-in page's script uses, and the one that the component's page comes back to."""

import json

from allauth.account.adapter import get_adapter
from allauth.account.utils import get_login_redirect_url
from allauth.core import ratelimit
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from portal.accounts.entry import audit
from portal.accounts.notice import back_to_login
from portal.cards.flows import issue_challenge, log_in
from portal.failures import RATE_LIMITED, REQUEST_MALFORMED, Refusal
from portal.views import problem
from relying_party import Purpose

# Each purpose opens with the page that needs it.
_PURPOSES = {"login": Purpose.LOGIN}
_LONGEST_ORDER = 256
_LONGEST_CHALLENGE = 64
_LONGEST_TOKEN = 10_000
_LONGEST_NEXT = 2_000


@require_POST
@never_cache
def challenge(request: HttpRequest) -> JsonResponse:
    """Answer `{"challenge": text}` to `{"purpose": "login"}`; 400 or 429 as a problem document otherwise."""
    if not ratelimit.consume(request, action="card_challenge"):
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
    next_url = _safe_next(request)
    if request.user.is_authenticated:
        return HttpResponseRedirect(get_login_redirect_url(request, next_url))
    try:
        return _log_in(request, next_url)
    except Refusal as refusal:
        return back_to_login(request, "card", refusal.failure, next_url or "")


@csrf_exempt
@require_POST
@never_cache
def returned(request: HttpRequest) -> HttpResponse:
    """Answer a page that hands the posted token or failure to the log-in page, in the same tab.

    The post comes from the component's page, so no cookie comes with it and none is set. Nothing is looked at or
    kept here: the log-in page takes only what its own tab has asked for, and logs in by its own form.
    """
    fields = {name: request.POST.get(name, "")[:_LONGEST_TOKEN] for name in ("token", "failure", "state")}
    return render(request, "account/card_return.html", {"fields": fields})


def _log_in(request: HttpRequest, next_url: str | None) -> HttpResponse:
    challenge_text = request.POST.get("challenge", "")
    token = request.POST.get("token", "")
    if not ratelimit.consume(request, action="card_login"):
        audit("card", RATE_LIMITED.code)
        raise Refusal(RATE_LIMITED)
    if not 0 < len(challenge_text) <= _LONGEST_CHALLENGE or not 0 < len(token) <= _LONGEST_TOKEN:
        audit("card", REQUEST_MALFORMED.code)
        raise Refusal(REQUEST_MALFORMED)
    return log_in(request, challenge_text, token, next_url)


def _safe_next(request: HttpRequest) -> str | None:
    wanted = request.POST.get("next", "")
    if 0 < len(wanted) <= _LONGEST_NEXT and get_adapter().is_safe_url(wanted):
        return wanted
    return None
