"""The page that sets the new password, for who has a proof."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_noop as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from portal.accounts.passwords import warnings
from portal.failures import PROOF_ENDED, Refusal
from portal.recovery import proof
from portal.recovery.forms import NewPasswordForm
from portal.recovery.pages import back_to_panel, finished
from portal.recovery.resetting import reset

_DROPPED = _("Rescue mobile, question or recovery code had been changed in the last days and were removed for safety.")


@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def reset_password(request: HttpRequest) -> HttpResponse:
    """Set the new password under the active profile; nobody is logged in by it."""
    proved = proof.holder(request)
    if proved is None:
        return back_to_panel(request, PROOF_ENDED)
    user, way = proved
    form = NewPasswordForm(request.POST if request.method == "POST" else None, user=user)
    if request.method != "POST" or not form.is_valid():
        return render(request, "recovery/password.html", {"form": form, "account": user.username})
    password = form.cleaned_data["password"]
    try:
        dropped = reset(request, user, way, password, end_others=form.cleaned_data["end_others"])
    except Refusal as refusal:
        return back_to_panel(request, refusal.failure)
    return finished(request, "reset", warnings(password) + ([_DROPPED] if dropped else []))
