"""The panel with all ways to recover access, and the page at the end of each."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portal import once
from portal.failures import Failure
from portal.member.ways_in import list_context
from portal.policy import policy
from portal.recovery import proof

_NOTICE, _DONE = "recovery_notice", "recovery_done"


@require_safe
@never_cache
def recover(request: HttpRequest) -> HttpResponse:
    """Show 會員帳號管理功能強化 忘記密碼不煩惱: the three cards, what each asks for, and the other ways."""
    (notice,) = once.take(request, _NOTICE)
    context = {"recovery": policy().recovery, "notice": notice}
    return render(request, "recovery/recover.html", context)


@require_safe
@never_cache
def recover_done(request: HttpRequest) -> HttpResponse:
    """Show once what was done, and lead on to the log-in."""
    (done,) = once.take(request, _DONE)
    if done is None:
        return HttpResponseRedirect(reverse("account_login"))
    seen = proof.review(request) if done["what"] == "reset" else None
    ways = list_context(request, seen.user, strong=seen.strong) if seen else {}
    return render(request, "recovery/done.html", {"done": done, **ways})


def back_to_panel(request: HttpRequest, failure: Failure) -> HttpResponseRedirect:
    """The way back to the panel, which will show `failure`."""
    request.session[_NOTICE] = failure.as_dict()
    return HttpResponseRedirect(reverse("recover"))


def finished(request: HttpRequest, what: str, warnings: list[str] | None = None) -> HttpResponseRedirect:
    """The way to the last page, which will tell `what` was done, with a warning or two."""
    request.session[_DONE] = {"what": what, "warnings": warnings or []}
    return HttpResponseRedirect(reverse("recover_done"))
