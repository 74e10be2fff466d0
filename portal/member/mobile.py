"""救援手機門號: another one counts when the code that was sent to it has been typed here."""

from typing import Any

from allauth.core import ratelimit
from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from portal.accounts import epoch
from portal.accounts.codes import CodePurpose, asker_of, issue, take_code
from portal.accounts.fresh import fresh_required
from portal.accounts.kinds import persons_only
from portal.accounts.models import IssuedCode, Person, User
from portal.audit.log import record
from portal.failures import CODE_WRONG, NUMBER_HAD_ENOUGH, RATE_LIMITED, Refusal
from portal.member.overview import masked_mobile
from portal.member.pages import done, holder, refused, said
from portal.messages.sending import send_mail, send_text
from portal.policy import policy
from portal.recovery.forms import CodeForm
from portal.recovery.rescue_data import wait_hours
from portal.recovery.sending import end_codes
from portal.registration.fields import rescue_mobile as read_mobile

_WAITING = "member_mobile"


class MobileForm(forms.Form):
    """The new number."""

    mobile = forms.CharField(
        label=_("Rescue mobile"), max_length=40,
        help_text=_("Example: 0911123456, digits only"),
        widget=forms.TextInput({"inputmode": "tel", "autocomplete": "tel-national"}),
    )  # fmt: skip

    def clean_mobile(self) -> str:
        """Return ten digits."""
        return read_mobile(self.cleaned_data["mobile"])


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@persons_only
@fresh_required
def rescue_mobile(request: HttpRequest) -> HttpResponse:
    """Answer the page of the number; send a code to another one."""
    user = holder(request)
    kept = _kept(user)
    # The number given at the registration is confirmed by the same code; it need not be typed again.
    form = MobileForm({"mobile": kept.rescue_mobile} if "present" in request.POST else _data(request))
    if form.is_bound and form.is_valid():
        if not ratelimit.consume(request, action="recovery_send", key=f"mobile {user.pk}"):
            record("change_mobile_asked", RATE_LIMITED.code, account=user.pk, request=request)
            return refused(request, "rescue_mobile", RATE_LIMITED)
        try:
            ask(request, user, form.cleaned_data["mobile"])
        except Refusal as refusal:
            record("change_mobile_asked", refusal.failure.code, account=user.pk, request=request)
            return refused(request, "rescue_mobile", refusal.failure)
        return done(request, "rescue_mobile", "mobile_code")
    return _page(request, user, form, CodeForm())


@require_POST
@never_cache
@persons_only
@fresh_required
def rescue_mobile_code(request: HttpRequest) -> HttpResponse:
    """Take the code of the text message."""
    user = holder(request)
    form = CodeForm(request.POST)
    if not form.is_valid():
        return _page(request, user, MobileForm(), form)
    try:
        confirm(request, user, form.cleaned_data["code"])
    except Refusal as refusal:
        record("change_mobile", refusal.failure.code, account=user.pk, request=request)
        return refused(request, "rescue_mobile", refusal.failure)
    return done(request, "member", "mobile")


@require_POST
@never_cache
@persons_only
@fresh_required
def rescue_mobile_remove(request: HttpRequest) -> HttpResponse:
    """Take the number away."""
    user = holder(request)
    request.session.pop(_WAITING, None)
    set_mobile(request, user, "")
    return done(request, "member", "mobile_removed")


def ask(request: HttpRequest, user: User, number: str) -> None:
    """Send a code to a number; the number the account has stays until the code is typed.

    Raises `Refusal` (number_had_enough), and nothing is changed, when the number got too many messages, whoever asked
    for them.
    """
    with transaction.atomic():
        epoch.hold(user)
        issued = issue(
            user, CodePurpose.CONFIRM_MOBILE, IssuedCode.Channel.TEXT, number, policy().text_code_life,
            asker_of(request.session),
        )  # fmt: skip
        record("change_mobile_asked", account=user.pk, request=request)
        minutes = int(issued.life.total_seconds() // 60)
        sent = send_text(
            number, user.language, "member_mobile_code", until=issued.expires, code=issued.code, minutes=minutes
        )
        if not sent:
            raise Refusal(NUMBER_HAD_ENOUGH)
    epoch.keep(request, user, _WAITING, masked_mobile(number))


def confirm(request: HttpRequest, user: User, typed: str) -> None:
    """Take the number to which the typed code was sent; raises `Refusal` (code_wrong), and counts the try."""
    with transaction.atomic():
        taken = take_code(user, CodePurpose.CONFIRM_MOBILE, typed, asker_of(request.session))
        if taken is not None:
            set_mobile(request, user, taken.recipient)
    if taken is None:  # raised out here, so that the try stays counted
        raise Refusal(CODE_WRONG)
    request.session.pop(_WAITING, None)


def set_mobile(request: HttpRequest, user: User, number: str) -> None:
    """Keep a confirmed number, or none; mail and former mobile are told. Another number must wait (rescue_data)."""
    with transaction.atomic():
        epoch.hold(user)
        person, _ = Person.objects.select_for_update().get_or_create(user=user)
        former, proved = person.rescue_mobile, person.mobile_confirmed
        person.rescue_mobile, person.mobile_confirmed = number, bool(number)
        if former != number:
            person.mobile_since = timezone.now()
            end_codes(user)  # one that was sent to the former number opens nothing any more
        person.save(update_fields=["rescue_mobile", "mobile_confirmed", "mobile_since"])
        record("change_mobile", account=user.pk, request=request)
        send_mail(user.email, user.language, "member_mobile", name=user.name)
        if former and former != number:
            send_text(former, user.language, "member_mobile", proved=proved)


def _page(request: HttpRequest, user: User, form: MobileForm, code_form: CodeForm) -> HttpResponse:
    kept = _kept(user)
    context = {
        **said(request), "form": form, "code_form": code_form, "kept": masked_mobile(kept.rescue_mobile),
        "confirmed": kept.mobile_confirmed, "waiting": epoch.kept(request, user, _WAITING),
        "used_unconfirmed": policy().recovery.unconfirmed_mobile, "here": reverse("rescue_mobile"),
        "hours": wait_hours(),
    }  # fmt: skip
    return render(request, "member/mobile.html", context)


def _kept(user: User) -> Person:
    return Person.objects.filter(user=user).first() or Person(user=user)


def _data(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None
