"""工商憑證: companies enter by a page of their own, into accounts of their own.

A company's card never opens a citizen's account, and a citizen's card never a company's: whoever holds the card of a
company acts for it and is not one of its people. Every card of one 統一編號, further cards (附卡) too, opens the same
account.
"""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from cardlogin_server.certificates.families import Family
from portal import once
from portal.accounts.destination import safe_next
from portal.cards.flows import log_in
from portal.cards.pages import card_context
from portal.failures import Refusal

_NOTICE = "company_notice"


@require_safe
@never_cache
def company(request: HttpRequest) -> HttpResponse:
    """Answer the page by which a company enters."""
    if request.user.is_authenticated:
        return redirect("member")
    (notice,) = once.take(request, _NOTICE)
    context = {**card_context(), "notice": notice, "redirect_field_value": safe_next(request)}
    return render(request, "cards/company.html", context)


@require_POST
@never_cache
def company_login(request: HttpRequest) -> HttpResponse:
    """Log in with a company's card; the form's fields are those of the log-in page, every answer is a redirect."""
    if request.user.is_authenticated:
        return redirect("member")
    try:
        return log_in(request, safe_next(request), Family.COMPANY)
    except Refusal as refusal:
        request.session[_NOTICE] = {"panel": "card", **refusal.failure.as_dict()}
        wanted = safe_next(request)
        return HttpResponseRedirect(reverse("company") + (f"?{urlencode({'next': wanted})}" if wanted else ""))
