"""The pages of the second factor: on, off, recovery codes; and the code that is asked for at the log-in."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.stages import LoginStageController
from allauth.core import ratelimit
from allauth.mfa.base.forms import AuthenticateForm
from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.accounts.entry import audit
from portal.accounts.fresh import fresh_required
from portal.accounts.lockout import Kind, begin, right
from portal.accounts.models import User
from portal.accounts.passwords import normal_password
from portal.accounts.sources import source_of
from portal.audit.log import record
from portal.failures import (
    ACCOUNT_LOCKED,
    PASSWORD_TOO_SHORT_ALONE,
    PASSWORD_WRONG,
    RATE_LIMITED,
    SECOND_FACTOR_OUT_OF_USE,
    SECOND_FACTOR_WRONG,
    WAIT_A_MOMENT,
    Failure,
    Refusal,
)  # fmt: skip
from portal.member import second_factor as factor
from portal.member.pages import done, holder, refused, said
from portal.policy import policy
from portal.recovery.forms import CodeForm

_BY_CODE = {"account_locked": ACCOUNT_LOCKED, "wait_a_moment": WAIT_A_MOMENT}
_LIMIT = "second_factor"


class LogInForm(AuthenticateForm):  # type: ignore[misc]
    """The code of the authenticator app, or one of the recovery codes."""

    code = forms.CharField(
        label=_("Code of your app, or a backup code"), max_length=16,
        widget=forms.TextInput({"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}),
    )  # fmt: skip

    def limited_code(self, request: HttpRequest) -> Failure | None:
        """Check the code, after counting the try; returns why it does not count, or None."""
        account = self.user.username
        source = source_of(request, account, Kind.SECOND_FACTOR)
        key = f"{self.user.pk} {source.key}"
        if not ratelimit.consume(request, action=_LIMIT, key=key):
            return RATE_LIMITED
        if not begin(account, source, Kind.SECOND_FACTOR).may_try:
            return SECOND_FACTOR_OUT_OF_USE
        if not self.is_valid():
            return SECOND_FACTOR_WRONG
        ratelimit.clear(request, action=_LIMIT, key=key)
        right(account, source, Kind.SECOND_FACTOR)
        return None


class PasswordForm(forms.Form):
    """The password, which alone must be good enough from now on."""

    password = forms.CharField(
        label=_("Present password"), max_length=128, strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def log_in_code(request: HttpRequest) -> HttpResponse:
    """Ask whoever has given the right password for the code; the log-in then goes on to where it was going."""
    stage = LoginStageController.enter(request, factor.SecondFactorStage.key)
    if stage is None:
        return redirect("account_login")
    user = stage.login.user
    form = LogInForm(request.POST if request.method == "POST" else None, user=user)
    failure = form.limited_code(request) if form.is_bound else None
    if form.is_bound and failure is None:
        form.save()
        answer: HttpResponse = stage.exit()
        return answer
    if failure is not None:
        audit("password+second_factor", failure.code, user)
    return render(request, "mfa/authenticate.html", {"form": form, "notice": failure})


@require_safe
@never_cache
@fresh_required
def second_factor(request: HttpRequest) -> HttpResponse:
    """Answer how the second factor stands: the way to switch it on, or its recovery codes and the way to end it."""
    user = holder(request)
    context = {**said(request), "on": factor.is_on(user), "has_password": user.has_usable_password()}
    if context["on"]:
        context |= {"codes": factor.unused_codes(user), "form": PasswordForm()}
    elif context["has_password"]:
        secret = factor.offered_secret(request)
        groups = [secret[at : at + 4] for at in range(0, len(secret), 4)]
        context |= {"picture": factor.picture(user, secret), "secret": " ".join(groups), "form": CodeForm()}
    return render(request, "member/second_factor.html", context)


@require_POST
@never_cache
@fresh_required
def second_factor_on(request: HttpRequest) -> HttpResponse:
    """Switch it on with the first code of the app."""
    user = holder(request)
    form = CodeForm(request.POST)
    try:
        if not user.has_usable_password() or not form.is_valid():
            raise Refusal(SECOND_FACTOR_WRONG)
        factor.activate(request, user, form.cleaned_data["code"])
    except Refusal as refusal:
        record("second_factor_on", refusal.failure.code, account=user.pk, request=request)
        return refused(request, "second_factor", refusal.failure)
    return done(request, "second_factor", "second_factor_on")


@sensitive_post_parameters("password")
@require_POST
@never_cache
@fresh_required
def second_factor_off(request: HttpRequest) -> HttpResponse:
    """Switch it off, with a password that is good enough alone (K1)."""
    user = holder(request)
    failure = _not_good_alone(user, PasswordForm(request.POST)) if user.has_usable_password() else None
    if failure is not None:
        record("second_factor_off", failure.code, account=user.pk, request=request)
        return refused(request, "second_factor", failure)
    factor.deactivate(request, user)
    return done(request, "second_factor", "second_factor_off")


@require_POST
@never_cache
@fresh_required
def second_factor_codes(request: HttpRequest) -> HttpResponse:
    """Make ten other recovery codes."""
    user = holder(request)
    if factor.is_on(user):
        factor.new_codes(request, user)
        return done(request, "second_factor", "second_factor_codes")
    return redirect("second_factor")


def _not_good_alone(user: User, form: PasswordForm) -> Failure | None:
    if not form.is_valid():
        return PASSWORD_WRONG
    password: Any = form.cleaned_data["password"]
    try:
        good = get_adapter().reauthenticate(user, password)
    except ValidationError as error:
        return _BY_CODE.get(error.code or "", PASSWORD_WRONG)
    if not good:
        return PASSWORD_WRONG
    return None if len(normal_password(password)) >= policy().password.shortest else PASSWORD_TOO_SHORT_ALONE
