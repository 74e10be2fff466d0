"""The one question before a renewed certificate opens its account: every factor that the account itself has."""

from typing import Any

from allauth.account.adapter import get_adapter
from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from portal.accounts.destination import safe_next
from portal.accounts.fresh import has_second_factor
from portal.accounts.models import User
from portal.accounts.notice import back_to_login
from portal.audit.log import record
from portal.cards import pending, renewal
from portal.cards.models import CardBinding
from portal.cards.pending import Destination, Pending
from portal.cards.session import enter_with_card
from portal.failures import ACCOUNT_LOCKED, PAGE_OUTDATED, PASSWORD_WRONG, WAIT_A_MOMENT, Failure, Refusal
from portal.member.second_factor_pages import LogInForm

_BY_CODE = {"account_locked": ACCOUNT_LOCKED, "wait_a_moment": WAIT_A_MOMENT}


class RenewalForm(forms.Form):
    """The password that lets a renewed certificate in for the first time."""

    password = forms.CharField(
        label=_("Password"), max_length=128, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )  # fmt: skip


@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def card_renewal(request: HttpRequest) -> HttpResponse:
    """Ask for the password, and the code where the account asks for one, before a renewed certificate opens it."""
    card = pending.look(request.session, Destination.RENEWAL)
    binding = _binding_of(card)
    if card is None and pending.is_taken(request.session, Destination.RENEWAL):
        return HttpResponseRedirect(reverse("member"))
    if card is None or binding is None:
        return back_to_login(request, "card", PAGE_OUTDATED)
    user: User = binding.user
    data = request.POST if request.method == "POST" else None
    form, code_form = RenewalForm(data), LogInForm(data, user=user) if has_second_factor(user) else None
    failure: Failure | None = None
    if request.method == "POST" and form.is_valid():
        failure = _wrong(request, user, form.cleaned_data["password"], code_form)
        if failure is None:
            return _confirmed(request, binding, card)
    notice = {"panel": "password", **failure.as_dict()} if failure else None
    shown = LogInForm(user=user) if code_form is not None else None
    return render(request, "cards/renewal.html", {"form": form, "code_form": shown, "pending": card, "notice": notice})


def _confirmed(request: HttpRequest, binding: CardBinding, card: Pending) -> HttpResponse:
    try:
        with transaction.atomic():
            pending.use(request.session, card)
            renewal.use(binding, card, request, confirmed=True)
    except Refusal:
        return HttpResponseRedirect(reverse("member"))  # pressed twice at once, or unlinked meanwhile
    wanted = safe_next(request) or card.next_url or None
    return enter_with_card(request, binding.user, card.certificate_sha256, wanted)


def _wrong(request: HttpRequest, user: User, password: str, code_form: Any) -> Failure | None:
    """Why this does not confirm it, on record; a wrong try counts like one at the log-in."""
    failure = _wrong_password(request, user, password)
    if failure is None and code_form is not None:
        failure = code_form.limited_code(request)
    if failure is not None:
        record("login", failure.code, account=user.pk, request=request, method="password")
    elif code_form is not None:
        code_form.save()
    return failure


def _wrong_password(request: HttpRequest, user: User, password: str) -> Failure | None:
    try:
        good = get_adapter().authenticate(request, username=user.username, password=password)
    except ValidationError as error:
        return _BY_CODE.get(error.code or "", PASSWORD_WRONG)
    return None if good == user else PASSWORD_WRONG


def _binding_of(card: Pending | None) -> CardBinding | None:
    """The binding that the card waits for, while its account is open and as it was then."""
    if card is None:
        return None
    found = CardBinding.objects.select_related("user").filter(binding_key=card.binding_key, user=card.account).first()
    return found if found is not None and found.user.is_active and card.is_for(found.user) else None
