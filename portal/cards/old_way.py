"""The log-in page of the manuals, with the PIN field in the page: the running example of docs/migration.md.

It speaks the protocol of the component that CardLogin replaces, beside the button that speaks ours. What comes back is
verified as strictly as can be (portal.cards.proof), but no answer of the old component tells for which site it was
signed: somebody else's page can have its visitor sign our challenge. So it only logs in (portal.cards.flows), is no
proof for anything else, makes no browser known, and the second factor is asked for where an account has one.
"""

from collections.abc import Callable
from functools import wraps

from allauth.account.utils import get_login_redirect_url
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from portal import once
from portal.accounts.destination import safe_next
from portal.cards.flows import log_in_old_way
from portal.cards.pages import card_context
from portal.failures import Refusal
from portal.policy import EGOV_COMPAT, policy

View = Callable[[HttpRequest], HttpResponse]
_NOTICE = "old_way_notice"


def _where_it_is_open(view: View) -> View:
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if not settings.CARDLOGIN_OLD_WAY or policy() is not EGOV_COMPAT:
            raise Http404
        return view(request)

    return guarded


@_where_it_is_open
@require_safe
@never_cache
def old_way(request: HttpRequest) -> HttpResponse:
    """Answer the old page with the new button beside it; 404 where the setting or the profile has no old way."""
    next_url = safe_next(request)
    if request.user.is_authenticated:
        return HttpResponseRedirect(get_login_redirect_url(request, next_url))
    (notice,) = once.take(request, _NOTICE)
    # The old answer's message has a panel of its own: `_card_action.html` shows that of the new button.
    context = {**card_context(), "old_notice": notice, "redirect_field_value": next_url}
    return render(request, "cards/old_way.html", context)


@_where_it_is_open
@require_POST
@never_cache
def old_way_login(request: HttpRequest) -> HttpResponse:
    """Log in with the form fields challenge, answer (field `signature` of the component) and next; a redirect."""
    next_url = safe_next(request)
    if request.user.is_authenticated:
        return HttpResponseRedirect(get_login_redirect_url(request, next_url))
    try:
        return log_in_old_way(request, next_url)
    except Refusal as refusal:
        request.session[_NOTICE] = refusal.failure.as_dict()
        query = f"?{urlencode({'next': next_url})}" if next_url else ""
        return HttpResponseRedirect(reverse("old_way") + query)
