"""變更電子信箱 for logged-in members, and the link in the mail to the new address."""

from typing import Any

from allauth.core import ratelimit
from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from portal import once
from portal.accounts.codes import CodePurpose, owner
from portal.accounts.fresh import fresh_required
from portal.accounts.models import User
from portal.accounts.notice import good_news_at_login
from portal.audit.log import record
from portal.failures import RATE_LIMITED, Failure, Refusal
from portal.registration import fields
from portal.registration.change import (
    ask,
    change_by_code,
    change_by_link,
    give_up,
    is_confirmed,
    waiting_address,
    write_again,
)  # fmt: skip
from portal.registration.confirmation import problem_with
from portal.registration.limits import writer

_NOTICE, _DONE = "mail_change_notice", "mail_change_done"


class MailForm(forms.Form):
    """The new address, twice."""

    email = forms.CharField(
        label=_("New email address"), max_length=254,
        help_text=_("It must be a working email address."),
        widget=forms.EmailInput({"autocomplete": "email", "spellcheck": "false"}),
    )  # fmt: skip
    email_again = forms.CharField(
        label=_("Confirm the email address"), max_length=254,
        widget=forms.EmailInput({"autocomplete": "email", "spellcheck": "false"}),
    )  # fmt: skip

    def __init__(self, user: User, data: Any = None) -> None:
        self.user = user
        super().__init__(data)

    def clean_email(self) -> str:
        """Return the address as it is stored; it must be another one than the confirmed one."""
        address = fields.mail(self.cleaned_data["email"])
        if address == self.user.email and is_confirmed(self.user):
            raise forms.ValidationError(_("This is your email address already."), code="same")
        return address

    def clean_email_again(self) -> str:
        """Return the address; it must be the same one."""
        again = fields.mail(self.cleaned_data["email_again"])
        if again != self.cleaned_data.get("email", again):
            raise forms.ValidationError(_("The two email addresses differ."), code="different")
        return again


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@fresh_required
def mail_change(request: HttpRequest) -> HttpResponse:
    """Answer the page of the address: the present one, the waiting one, and the form for another."""
    user = _person(request)
    form = MailForm(user, request.POST or None)
    failure, done = once.take(request, _NOTICE, _DONE)
    if request.method == "POST" and form.is_valid():
        if ratelimit.consume(request, action="mail_change"):
            if ask(user, form.cleaned_data["email"], writer(request)):
                return _back(request, "asked")
            record("change_mail_asked", RATE_LIMITED.code, account=user.pk, request=request)
            return _back(request, failure=RATE_LIMITED)
        record("change_mail_asked", RATE_LIMITED.code, account=user.pk, request=request)
        failure = RATE_LIMITED.as_dict()
    context = {
        "form": form, "notice": failure, "waiting": waiting_address(user), "confirmed": is_confirmed(user),
        "done": done,
    }  # fmt: skip
    return render(request, "registration/mail_change.html", context)


@require_POST
@never_cache
@fresh_required
def mail_change_code(request: HttpRequest) -> HttpResponse:
    """Take the code of the mail, or send that mail again (`again`)."""
    user = _person(request)
    try:
        if not ratelimit.consume(request, action="confirm_code"):
            raise Refusal(RATE_LIMITED)
        if "again" in request.POST:
            if not write_again(user, writer(request)):
                raise Refusal(RATE_LIMITED)
            return _back(request, "again")
        change_by_code(user, request.POST.get("code", "")[:12])
    except Refusal as refusal:
        record("change_mail", refusal.failure.code, account=user.pk, request=request)
        return _back(request, failure=refusal.failure)
    return _back(request, "changed")


@require_POST
@never_cache
@login_required
def mail_change_cancel(request: HttpRequest) -> HttpResponse:
    """Give the waiting change up."""
    give_up(_person(request))
    return _back(request, "cancelled")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def mail_change_confirm(request: HttpRequest, link: str) -> HttpResponse:
    """Answer the link in the mail to the new address: a page with a button, which makes the change."""
    failure = problem_with(CodePurpose.CHANGE_MAIL, link)
    if request.method == "POST":
        try:
            user = change_by_link(link)
        except Refusal as refusal:
            failure = refusal.failure
            record("change_mail", failure.code, account=owner(CodePurpose.CHANGE_MAIL, link), request=request)
        else:
            return _back(request, "changed") if request.user == user else good_news_at_login(request, "mail_changed")
    status = 200 if failure is None else 410
    return render(request, "registration/confirm_change.html", {"notice": failure}, status=status)


def _back(request: HttpRequest, done: str = "", failure: Failure | None = None) -> HttpResponseRedirect:
    if failure is not None:
        request.session[_NOTICE] = failure.as_dict()
    else:
        request.session[_DONE] = done
    return redirect("mail_change")


def _person(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise TypeError("login_required lets only accounts through")
    return request.user
