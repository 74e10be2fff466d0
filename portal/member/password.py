"""密碼維護 (F096): a new password by whoever knows the old one; the first one by whoever has just shown the card."""

from typing import Any

from allauth.account.adapter import get_adapter
from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from portal.accounts import lockout
from portal.accounts.epoch import stamp
from portal.accounts.fresh import has_second_factor, is_fresh, prove_again
from portal.accounts.kinds import persons_only
from portal.accounts.models import Kind, User
from portal.accounts.passwords import set_password, warnings
from portal.audit.log import record
from portal.failures import ACCOUNT_LOCKED, PASSWORD_WRONG, PROOF_ENDED, WAIT_A_MOMENT, Failure, Refusal
from portal.member.pages import done, holder, refused
from portal.member.sessions import end_others, keep_this
from portal.messages.sending import send_mail
from portal.recovery.forms import NewPasswordForm

_BY_CODE = {"account_locked": ACCOUNT_LOCKED, "wait_a_moment": WAIT_A_MOMENT}


class FirstPasswordForm(NewPasswordForm):
    """A new password, twice; other sessions always end."""

    end_others = None  # type: ignore[assignment]


class ChangePasswordForm(FirstPasswordForm):
    """The same with the present password, where there is one (ASVS 6.2.3)."""

    current = forms.CharField(
        label=_("Present password"), max_length=128, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )  # fmt: skip


@sensitive_post_parameters("current", "password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@persons_only
@login_required
def change_password(request: HttpRequest) -> HttpResponse:
    """Answer the form, and set the new password."""
    user = holder(request)
    has_password = user.has_usable_password()
    # The present password, which the form asks for, proves only one of two factors.
    if (not has_password or has_second_factor(user)) and not is_fresh(request):
        return prove_again(request)
    form = (ChangePasswordForm if has_password else FirstPasswordForm)(_data(request), user=user)
    failure: Failure | None = None
    if form.is_bound and form.is_valid():
        failure = _wrong(request, user, form.cleaned_data["current"]) if has_password else None
        if failure is None:
            return _changed(request, user, form.cleaned_data["password"])
    context = {"form": form, "notice": failure.as_dict() if failure else None, "has_password": has_password}
    return render(request, "member/password.html", context)


def change(request: HttpRequest, user: User, password: str) -> None:
    """Set a password that `NewPasswordForm` has accepted, end all other sessions and every code that was sent.

    The holder is told by mail. Raises `Refusal` (proof_ended) when the password was changed meanwhile.
    """
    former, former_stamp = user.password, stamp(user)
    set_password(user, password)  # slow on purpose, so before the transaction
    with transaction.atomic():
        same = User.objects.filter(pk=user.pk, is_active=True, kind=Kind.PERSON, password=former)
        if not same.update(password=user.password, password_policy=user.password_policy):
            raise Refusal(PROOF_ENDED)
        lockout.lift(user.username)
        record("change_password", account=user.pk, request=request)
        end_others(request, user)
        send_mail(user.email, user.language, "member_password", name=user.name)
    keep_this(request, user, former_stamp)


def _changed(request: HttpRequest, user: User, password: str) -> HttpResponse:
    try:
        change(request, user, password)
    except Refusal as refusal:
        return refused(request, "change_password", refusal.failure)
    return done(request, "member", "password_common" if warnings(password) else "password")


def _wrong(request: HttpRequest, user: User, password: str) -> Failure | None:
    """Why the present password does not count; a wrong one is a wrong try like one at the log-in."""
    try:
        good = get_adapter().reauthenticate(user, password)
    except ValidationError as error:
        failure = _BY_CODE.get(error.code or "", PASSWORD_WRONG)
    else:
        if good:
            return None
        failure = PASSWORD_WRONG
    record("change_password", failure.code, account=user.pk, request=request)
    return failure


def _data(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None
