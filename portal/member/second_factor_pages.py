"""The pages of the second factor: on, off, recovery codes; and the code that is asked for at the log-in."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.stagekit import clear_login
from allauth.account.stages import LoginStageController
from allauth.core import ratelimit
from allauth.mfa.base.forms import AuthenticateForm
from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from typing_extensions import override

from portal.accounts.entry import audit
from portal.accounts.fresh import fresh_required, has_second_factor
from portal.accounts.holding import hold_rows
from portal.accounts.kinds import persons_only
from portal.accounts.lockout import Kind, begin, right
from portal.accounts.models import User
from portal.accounts.notice import back_to_login
from portal.accounts.passwords import normal_password
from portal.accounts.sources import source_of
from portal.audit.log import record
from portal.failures import (
    ACCOUNT_LOCKED,
    PAGE_OUTDATED,
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

    @override
    def clean_code(self) -> str:
        """Use the code up; raises ValidationError for a wrong one."""
        code: str = self.cleaned_data["code"]
        self.authenticator = factor.take_code(self.user, code)
        if self.authenticator is None:
            raise ValidationError("code", code="incorrect_code")
        return code

    def may_not_try(self, request: HttpRequest) -> Failure | None:
        """Count a try before the code is looked at; why none is left, or None."""
        if not ratelimit.consume(request, action=_LIMIT, key=self._limited(request)):
            return RATE_LIMITED
        account = self.user.username
        may_try = begin(account, source_of(request, account, Kind.SECOND_FACTOR), Kind.SECOND_FACTOR).may_try
        return None if may_try else SECOND_FACTOR_OUT_OF_USE

    def is_right(self, request: HttpRequest) -> bool:
        """Whether the code is right; it is used up then, and the tries before are forgotten."""
        good, account = bool(self.is_valid()), self.user.username
        if good:
            ratelimit.clear(request, action=_LIMIT, key=self._limited(request))
            right(account, source_of(request, account, Kind.SECOND_FACTOR), Kind.SECOND_FACTOR)
        return good

    def _limited(self, request: HttpRequest) -> str:
        return f"{self.user.pk} {source_of(request, self.user.username, Kind.SECOND_FACTOR).key}"

    def limited_code(self, request: HttpRequest) -> Failure | None:
        """Check the code, after counting the try; returns why it does not count, or None."""
        wrong = self.may_not_try(request)
        if wrong is not None:
            return wrong
        return None if self.is_right(request) else SECOND_FACTOR_WRONG


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
    if not stage.still_waits:
        clear_login(request)
        return back_to_login(request, "password", PAGE_OUTDATED)
    user = stage.login.user
    form = LogInForm(request.POST if request.method == "POST" else None, user=user)
    failure = form.limited_code(request) if form.is_bound else None
    if form.is_bound and failure is None:
        with transaction.atomic():  # a recovery code is used up by the log-in that it opens, not without it
            hold_rows(user.pk)
            form.save()
            answer: HttpResponse = stage.exit()
        return answer
    if failure is not None:
        audit("password+second_factor", failure.code, user)
    return render(request, "mfa/authenticate.html", {"form": form, "notice": failure})


@require_safe
@never_cache
@persons_only
@fresh_required
def second_factor(request: HttpRequest) -> HttpResponse:
    """Answer how the second factor stands: the way to switch it on, or its recovery codes and the way to end it."""
    user = holder(request)
    context = {**said(request), "on": has_second_factor(user), "has_password": user.has_usable_password()}
    if context["on"]:
        context |= {"codes": factor.unused_codes(user), "form": PasswordForm()}
    elif context["has_password"]:
        secret = factor.offered_secret(request, user)
        groups = [secret[at : at + 4] for at in range(0, len(secret), 4)]
        context |= {"picture": factor.picture(user, secret), "secret": " ".join(groups), "form": CodeForm()}
    return render(request, "member/second_factor.html", context)


@require_POST
@never_cache
@persons_only
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
@persons_only
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
@persons_only
@fresh_required
def second_factor_codes(request: HttpRequest) -> HttpResponse:
    """Make ten other recovery codes."""
    user = holder(request)
    if has_second_factor(user):
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
