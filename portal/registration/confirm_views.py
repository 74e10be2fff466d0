"""Pages that need no log-in: confirming an address, 重寄確認信, 會員中心, the two texts."""

from collections.abc import Callable
from functools import partial

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from portal.accounts.codes import CodePurpose
from portal.accounts.destination import safe_next
from portal.accounts.models import User
from portal.accounts.notice import good_news_at_login
from portal.audit.log import record
from portal.captcha.forms import CaptchaForm, unchecked, wants_new_question
from portal.failures import Failure, Refusal
from portal.policy import policy
from portal.registration.confirmation import confirm_by_code, confirm_by_link, life_text, problem_with, resend
from portal.registration.limits import count, writer

_ACCOUNT = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}


class CodeForm(forms.Form):
    """Account and the six digits of the mail."""

    account = forms.CharField(label=_("Account"), max_length=15, widget=forms.TextInput(_ACCOUNT))
    code = forms.CharField(
        label=_("Confirmation code (6 digits)"), max_length=12,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )  # fmt: skip


class ResendForm(CaptchaForm):
    """Account and captcha (F066)."""

    account = forms.CharField(label=_("Account"), max_length=15, widget=forms.TextInput(_ACCOUNT))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def confirm(request: HttpRequest, link: str) -> HttpResponse:
    """Answer the link of a confirmation mail: a page with a button, which confirms (K8); nobody is logged in by it."""
    use = partial(confirm_by_link, may_write=writer(request))
    return _confirming(request, "registration/confirm.html", CodePurpose.CONFIRM_MAIL, link, use)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def confirm_code(request: HttpRequest) -> HttpResponse:
    """Answer the page where the code of the mail is typed (K15)."""
    form, failure = CodeForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        try:
            count(request, "confirm_code")
            told = form.cleaned_data
            return _confirmed(request, confirm_by_code(told["account"], told["code"], writer(request)))
        except Refusal as refusal:
            failure = _refused(request, refusal)
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
            resend(account, writer(request))
            return redirect(f"{request.path}?sent=1")
        except Refusal as refusal:
            failure = refusal.failure
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


def _confirming(
    request: HttpRequest, template: str, purpose: CodePurpose, link: str, use: Callable[[str], User]
) -> HttpResponse:
    failure = problem_with(purpose, link)
    if request.method == "POST":
        try:
            return _confirmed(request, use(link))
        except Refusal as refusal:
            failure = _refused(request, refusal)
    context = {"notice": failure, "next": safe_next(request) or ""}
    return render(request, template, context, status=200 if failure is None else 410)


def _confirmed(request: HttpRequest, user: User) -> HttpResponseRedirect:
    if request.user.is_authenticated:
        return redirect("member")
    return good_news_at_login(request, "confirmed", safe_next(request) or "")


def _refused(request: HttpRequest, refusal: Refusal) -> Failure:
    record("confirm_mail", refusal.failure.code, request=request)
    return refusal.failure
