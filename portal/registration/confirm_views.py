"""Pages that need no log-in: confirming an address, 重寄確認信, 會員中心, the two texts."""

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from portal.accounts.codes import CodePurpose, find_link, owner
from portal.accounts.destination import safe_next
from portal.accounts.entry import account_number
from portal.accounts.models import User
from portal.accounts.notice import good_news_at_login
from portal.audit.log import record
from portal.captcha.forms import CaptchaForm, unchecked, wants_new_question
from portal.failures import CONFIRM_CODE_WRONG, PASSWORD_WRONG, Failure, Refusal
from portal.member.password import FirstPasswordForm
from portal.policy import policy
from portal.registration.confirmation import confirm_by_code, confirm_by_link, life_text, problem_with, resend
from portal.registration.limits import count
from portal.registration.registrant import is_known, wrong_password

_ACCOUNT = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}


class CodeForm(forms.Form):
    """Account and the six digits of the mail."""

    account = forms.CharField(label=_("Account"), max_length=15, widget=forms.TextInput(_ACCOUNT))
    code = forms.CharField(
        label=_("Confirmation code (6 digits)"), max_length=12,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )  # fmt: skip
    password = forms.CharField(
        label=_("Password of the registration"), max_length=128, strip=False, required=False,
        help_text=_("Only in another browser than the one you registered with."),
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )  # fmt: skip


class PasswordAgain(forms.Form):
    """The password of the registration."""

    password = forms.CharField(
        label=_("Password of the registration"), max_length=128, strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password", "id": "registered-password"}),
    )  # fmt: skip


class ResendForm(CaptchaForm):
    """Account and captcha (F066)."""

    account = forms.CharField(label=_("Account"), max_length=15, widget=forms.TextInput(_ACCOUNT))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def confirm(request: HttpRequest, link: str) -> HttpResponse:
    """Answer the link of a confirmation mail: a page with a button, which confirms (K8); nobody is logged in by it.

    In another browser than the one that registered, it asks for the password of the registration, or lets the mailbox's
    holder set one.
    """
    failure, user = problem_with(CodePurpose.CONFIRM_MAIL, link), None
    if failure is None and (found := find_link(CodePurpose.CONFIRM_MAIL, link)) is not None:
        user = found.user
    form = None if user is None or is_known(request, user) else FirstPasswordForm(_new_password(request), user=user)
    if request.method == "POST" and user is not None:
        try:
            if (answer := _activated(request, link, user, form)) is not None:
                return answer
        except Refusal as refusal:
            failure = _refused(request, refusal, user.pk)
    elif request.method == "POST" and failure is not None:
        record("confirm_mail", failure.code, account=owner(CodePurpose.CONFIRM_MAIL, link), request=request)
    context = {
        "notice": failure, "next": safe_next(request) or "", "form": form, "account": user.username if user else "",
        "registered": PasswordAgain(), "open": user is not None and user.is_active,
    }  # fmt: skip
    return render(request, "registration/confirm.html", context, status=200 if failure is None else 410)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def confirm_code(request: HttpRequest) -> HttpResponse:
    """Answer the page where the code of the mail is typed (K15)."""
    form, failure = CodeForm(request.POST or None), None

    def refusal_of(user: User) -> Failure | None:
        return None if is_known(request, user) else wrong_password(user, form.cleaned_data["password"])

    if request.method == "POST" and form.is_valid():
        try:
            count(request, "confirm_code")
            told = form.cleaned_data
            return _confirmed(request, confirm_by_code(told["account"], told["code"], refusal_of))
        except Refusal as refusal:
            failure = _refused(request, refusal, account_number(form.cleaned_data["account"]))
    return render(request, "registration/confirm_code.html", {"form": form, "notice": failure})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def resend_mail(request: HttpRequest) -> HttpResponse:
    """Answer 重寄確認信; whether there is such an account makes no difference to the page."""
    failure: Failure | None = None
    form = ResendForm(request.POST or None)
    if wants_new_question(request):
        form = ResendForm(initial=unchecked(request.POST, ("account",)))
    elif request.method == "POST" and form.is_valid():
        account = form.cleaned_data["account"]
        try:
            count(request, "resend", account.strip().lower())
            resend(account)
            return redirect(f"{request.path}?sent=1")
        except Refusal as refusal:
            failure = refusal.failure
            record("resend_confirmation", failure.code, account=account_number(account), typed=account, request=request)
    context = {"form": form, "notice": failure, "sent": request.GET.get("sent") == "1"}
    return render(request, "registration/resend.html", context)


@require_safe
def center(request: HttpRequest) -> HttpResponse:
    """Answer 會員中心, which needs no log-in (F100)."""
    return render(request, "registration/center.html", {"life": life_text(policy().confirm_within)})


@require_safe
def terms(request: HttpRequest) -> HttpResponse:
    """Answer 服務條款."""
    return render(request, "registration/terms.html")


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """Answer 隱私權保護政策."""
    return render(request, "registration/privacy.html")


def _new_password(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" and "registered" not in request.POST else None


def _activated(request: HttpRequest, link: str, user: User, form: FirstPasswordForm | None) -> HttpResponse | None:
    """The way on from an activated account; None for a new password that is none.

    Raises `Refusal`: those of `confirm_by_link`, and of a wrong password of the registration.
    """
    if form is None:
        return _confirmed(request, confirm_by_link(link))
    if "registered" not in request.POST:
        own = str(form.cleaned_data["password"]) if form.is_valid() else None
        return _confirmed(request, confirm_by_link(link, own)) if own is not None else None
    count(request, "confirm_code")
    again = PasswordAgain(request.POST)
    failure = wrong_password(user, again.cleaned_data["password"]) if again.is_valid() else PASSWORD_WRONG
    if failure is not None:
        raise Refusal(failure)
    return _confirmed(request, confirm_by_link(link))


def _confirmed(request: HttpRequest, user: User) -> HttpResponseRedirect:
    if request.user.is_authenticated:
        return redirect("member")
    return good_news_at_login(request, "confirmed", safe_next(request) or "")


def _refused(request: HttpRequest, refusal: Refusal, account: int | None) -> Failure:
    if refusal.failure is not CONFIRM_CODE_WRONG:  # which is recorded where its try is counted
        record("confirm_mail", refusal.failure.code, account=account, request=request)
    return refusal.failure
