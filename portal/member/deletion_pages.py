"""The page that asks for the deletion of the account, and the link that keeps it after all."""

from typing import Any

from django import forms
from django.contrib.auth import logout
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from portal.accounts.codes import CodePurpose, owner
from portal.accounts.fresh import fresh_required
from portal.accounts.models import User
from portal.accounts.notice import good_news_at_login
from portal.audit.log import record
from portal.failures import Refusal
from portal.member.deletion import ask, keep_by_link
from portal.member.pages import holder
from portal.policy import policy
from portal.recovery.sessions import end_sessions
from portal.registration.confirmation import problem_with


class DeleteForm(forms.Form):
    """The account's name, typed by hand."""

    account = forms.CharField(
        label=_("Type your account name to confirm"), max_length=15,
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )  # fmt: skip

    def __init__(self, user: User, data: Any = None) -> None:
        self._user = user
        super().__init__(data)

    def clean_account(self) -> str:
        """Raise ValidationError for another name."""
        typed = str(self.cleaned_data["account"]).strip().lower()
        if typed != self._user.username:
            raise forms.ValidationError(_("This is not your account name."), code="account")
        return typed


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@fresh_required
def delete_account(request: HttpRequest) -> HttpResponse:
    """Answer the page that says what a deletion means; note it, and end every session."""
    user = holder(request)
    form = DeleteForm(user, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        with transaction.atomic():
            ask(request, user)
            record("sessions_ended", account=user.pk, request=request, count=end_sessions(user))
        logout(request)
        return good_news_at_login(request, "delete_asked")
    rules = policy()
    context = {
        "form": form, "hours": int(rules.delete_grace.total_seconds() // 3600), "days": rules.deleted_name_kept.days,
        "cards": user.cards.count(),
    }  # fmt: skip
    return render(request, "member/delete.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def keep_account(request: HttpRequest, link: str) -> HttpResponse:
    """Answer the link in the mail: a page with a button, which keeps the account; nobody is logged in by it."""
    failure = problem_with(CodePurpose.KEEP_ACCOUNT, link)
    if request.method == "POST":
        try:
            keep_by_link(link)
        except Refusal as refusal:
            failure = refusal.failure
            record("delete_cancelled", failure.code, account=owner(CodePurpose.KEEP_ACCOUNT, link), request=request)
        else:
            return good_news_at_login(request, "delete_cancelled")
    return render(request, "member/keep.html", {"notice": failure}, status=200 if failure is None else 410)
