"""Activate, unlock or reset by card: the account name first, then the card."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from portal.cards.pages import card_context
from portal.failures import PROOF_ENDED, Failure, Refusal
from portal.recovery import steps
from portal.recovery.flows import by_card
from portal.recovery.forms import AccountForm
from portal.recovery.pages import back_to_panel, finished
from portal.recovery.steps import Stage, Step, Way


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def card_page(request: HttpRequest, way: Way) -> HttpResponse:
    """Ask for the account name; then, without having looked it up, for the card. `again`: another name."""
    if "again" in request.POST:
        steps.end(request.session)
    elif request.method == "POST":
        form = AccountForm(request.POST)
        if form.is_valid():
            steps.begin(request.session, way, form.cleaned_data["account"], Stage.CARD)
            return HttpResponseRedirect(reverse(f"{way.value}_card"))
        return _page(request, way, form=form)
    return _page(request, way)


@require_POST
@never_cache
def card_proof(request: HttpRequest, way: Way) -> HttpResponse:
    """Do it, if the card that signed is the account holder's own."""
    step = steps.current(request.session, way, Stage.CARD)
    if step is None:
        return back_to_panel(request, PROOF_ENDED)
    try:
        by_card(request, way, step.account)
    except Refusal as refusal:
        return _page(request, way, failure=refusal.failure)
    if way is Way.RESET:
        return HttpResponseRedirect(reverse("reset_password"))
    steps.end(request.session)
    return finished(request, way.value)


def _page(
    request: HttpRequest, way: Way, form: AccountForm | None = None, failure: Failure | None = None
) -> HttpResponse:
    step: Step | None = None if form else steps.current(request.session, way, Stage.CARD)
    context = {
        **card_context(), "way": way.value, "form": form or AccountForm(), "step": step,
        "proof_url": reverse(f"{way.value}_card_proof"),
        "notice": {"panel": "card", **failure.as_dict()} if failure else None, "here": reverse(f"{way.value}_card"),
    }  # fmt: skip
    return render(request, f"recovery/{way.value}_card.html", context)
