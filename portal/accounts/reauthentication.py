"""The page that asks a logged-in person for every factor, or the card, once more."""

from allauth.account.adapter import get_adapter
from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from cardlogin_server import Purpose
from portal.accounts.destination import safe_next
from portal.accounts.fresh import Factor, has_second_factor, prove
from portal.accounts.models import User
from portal.audit.log import record
from portal.cards import renewal
from portal.cards.binding import bound_card
from portal.cards.pages import card_context
from portal.cards.proof import proof_of_card
from portal.failures import (
    ACCOUNT_LOCKED,
    CARD_NOT_YOURS,
    FACTORS_WRONG,
    PASSWORD_WRONG,
    WAIT_A_MOMENT,
    Failure,
    Refusal,
)  # fmt: skip
from portal.member.second_factor_pages import LogInForm
from portal.member.sessions import keep_this

_BY_CODE = {"account_locked": ACCOUNT_LOCKED, "wait_a_moment": WAIT_A_MOMENT}


class PasswordAgain(forms.Form):
    """The password of the person who is logged in."""

    password = forms.CharField(
        label=_("Password"), max_length=128, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def reauthenticate(request: HttpRequest) -> HttpResponse:
    """Ask for password and second factor (or the card) again; all right, they lead on to `next`."""
    user = _person(request)
    form = PasswordAgain(request.POST or None)
    notice: Failure | None = None
    if request.method == "POST" and form.is_valid():
        notice = _try(request, user, form.cleaned_data["password"])
        if notice is None:
            return _onward(request)
    return _page(request, form, notice, "password")


@require_POST
@never_cache
@login_required
def reauthenticate_with_card(request: HttpRequest) -> HttpResponse:
    """The same by card: it must be one of this account's own."""
    user = _person(request)
    try:
        identity = proof_of_card(request, Purpose.LOGIN)
        binding = bound_card(identity)
        if binding is None or binding.user_id != user.pk:
            raise Refusal(CARD_NOT_YOURS)
        renewal.use(binding, identity, request)
    except Refusal as refusal:
        record("reauthenticate", refusal.failure.code, account=user.pk, request=request, method="card")
        return _page(request, PasswordAgain(), refusal.failure, "card")
    prove(request, user, Factor.CARD)
    record("reauthenticate", account=user.pk, request=request, method="card")
    return _onward(request)


def _try(request: HttpRequest, user: User, password: str) -> Failure | None:
    """Why this proves nothing, None for a whole proof; which of two factors was wrong is not told."""
    code = LogInForm(request.POST, user=user) if has_second_factor(user) else None
    failure = code.may_not_try(request) if code is not None else None
    if failure is None:
        failure = _wrong_password(user, password)
        if code is not None and (failure is PASSWORD_WRONG or (failure is None and not code.is_right(request))):
            failure = FACTORS_WRONG
    if failure is None:
        prove(request, user, Factor.PASSWORD, *([Factor.CODE] if code else []))
    method = "password+second_factor" if code else "password"
    record("reauthenticate", failure.code if failure else "ok", account=user.pk, request=request, method=method)
    return failure


def _wrong_password(user: User, password: str) -> Failure | None:
    try:
        good = get_adapter().reauthenticate(user, password)
    except ValidationError as error:
        return _BY_CODE.get(error.code or "", PASSWORD_WRONG)
    return None if good else PASSWORD_WRONG


def _page(request: HttpRequest, form: PasswordAgain, failure: Failure | None, panel: str) -> HttpResponse:
    user = _person(request)
    notice = {"panel": panel, **failure.as_dict()} if failure else None
    context = {
        **card_context(), "form": form, "notice": notice, "next": safe_next(request) or "",
        "has_password": user.has_usable_password(), "has_card": user.cards.exists(), "here": _here(request),
        "code_form": LogInForm(user=user) if has_second_factor(user) else None,
    }  # fmt: skip
    return render(request, "account/reauthenticate.html", context)


def _here(request: HttpRequest) -> str:
    wanted = safe_next(request)
    return reverse("reauthenticate") + (f"?{urlencode({'next': wanted})}" if wanted else "")


def _onward(request: HttpRequest) -> HttpResponseRedirect:
    keep_this(request, _person(request))  # a new key, as after a log-in (ASVS 7.2.4)
    return HttpResponseRedirect(safe_next(request) or reverse("member"))


def _person(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise TypeError("login_required lets only accounts through")
    return request.user
