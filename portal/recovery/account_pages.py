"""忘記帳號: the account name by mail, or at once for the holder of a bound card."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cardlogin_server import Purpose
from portal.accounts.kinds import must_be_person
from portal.accounts.models import User
from portal.audit.log import record
from portal.captcha.forms import unchecked, wants_new_question
from portal.cards import renewal
from portal.cards.binding import bound_card
from portal.cards.pages import card_context
from portal.cards.proof import proof_of_card
from portal.failures import CARD_NOT_BOUND, Failure, Refusal
from portal.messages.jobs import later
from portal.policy import policy
from portal.recovery.forms import MailForm
from portal.recovery.limits import limit_sending, limit_steps


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def forgot_account(request: HttpRequest) -> HttpResponse:
    """Ask for the mail address and a captcha, or for the card; every address gets the same page."""
    if request.method != "POST" or wants_new_question(request):
        return _page(request, _anew(request))
    form = MailForm(request.POST)
    try:
        limit_steps(request)
        if not form.is_valid():
            return _page(request, form)
        address = form.cleaned_data["email"]
        limit_sending(request, address)
        later("account_names", within=policy().recovery_step, address=address)
    except Refusal as refusal:
        return _page(request, _anew(request), refusal.failure, "mail")
    return HttpResponseRedirect(reverse("forgot_account_sent"))


@require_safe
@never_cache
def forgot_account_sent(request: HttpRequest) -> HttpResponse:
    """Say that a mail is under way, if there is an account; the page knows nothing of it."""
    return render(request, "recovery/forgot_account_sent.html")


@require_POST
@never_cache
def forgot_account_card(request: HttpRequest) -> HttpResponse:
    """Show the whole name to the holder of the card that is bound to it."""
    try:
        user = _of_card(request)
    except Refusal as refusal:
        record("forgot_account", refusal.failure.code, request=request, method="card")
        return _page(request, MailForm(), refusal.failure, "card")
    record("forgot_account", account=user.pk, request=request, method="card")
    context = {"account": user.username, "active": user.is_active, "here": reverse("forgot_account")}
    return render(request, "recovery/account_name.html", context)


def _of_card(request: HttpRequest) -> User:
    identity = proof_of_card(request, Purpose.LOGIN)
    binding = bound_card(identity)
    if binding is None:
        raise Refusal(CARD_NOT_BOUND)
    user: User = binding.user
    must_be_person(user)
    renewal.use(binding, identity, request)
    return user


def _anew(request: HttpRequest) -> MailForm:
    return MailForm(initial=unchecked(request.POST, ("email",)))


def _page(request: HttpRequest, form: MailForm, failure: Failure | None = None, panel: str = "") -> HttpResponse:
    notice = {"panel": panel, **failure.as_dict()} if failure else None
    context = {**card_context(), "form": form, "notice": notice, "here": reverse("forgot_account")}
    return render(request, "recovery/forgot_account.html", context)
