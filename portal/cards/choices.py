"""After a card log-in that led to no account, or with a new certificate: the choices, and the one question."""

import secrets

from allauth.account.adapter import get_adapter
from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cardlogin_server.certificates.families import Family
from portal.accounts.destination import safe_next
from portal.accounts.entry import audit
from portal.accounts.models import User
from portal.accounts.notice import back_to_login
from portal.audit.log import record
from portal.cards.flows import enter
from portal.cards.models import CardBinding
from portal.cards.pending import Pending, forget, recall
from portal.failures import (
    ACCOUNT_LOCKED,
    CARD_KIND_OTHER,
    PAGE_OUTDATED,
    PASSWORD_WRONG,
    WAIT_A_MOMENT,
    Failure,
)  # fmt: skip
from portal.languages import in_use

_BY_CODE = {"account_locked": ACCOUNT_LOCKED, "wait_a_moment": WAIT_A_MOMENT}


class RenewalForm(forms.Form):
    """The password that lets a renewed certificate in for the first time."""

    password = forms.CharField(
        label=_("Password"), max_length=128, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )  # fmt: skip


@require_safe
@never_cache
def card_choices(request: HttpRequest) -> HttpResponse:
    """Show the ways on for a card that belongs to no account: three for a citizen (rule 4), one for a company."""
    pending = recall(request.session)
    if pending is None:
        return back_to_login(request, "card", PAGE_OUTDATED)
    page = "cards/company_choice.html" if pending.family is Family.COMPANY else "cards/choices.html"
    return render(request, page, {"pending": pending})


@require_POST
@never_cache
def certificate_only(request: HttpRequest) -> HttpResponse:
    """Go on with the card alone: an account of its own, after the warning that it is another one (F134)."""
    pending = recall(request.session)
    if pending is None:
        return back_to_login(request, "card", PAGE_OUTDATED)
    if pending.family is not Family.CITIZEN and pending.family is not Family.COMPANY:
        return back_to_login(request, "card", CARD_KIND_OTHER)
    binding = _certificate_only_account(pending)
    forget(request.session)
    return enter(request, binding, pending, safe_next(request))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def card_renewal(request: HttpRequest) -> HttpResponse:
    """Ask for the password once before a renewed certificate of the same holder opens the account (rule 7)."""
    pending = recall(request.session)
    binding = _binding_of(pending)
    if pending is None or binding is None:
        return back_to_login(request, "card", PAGE_OUTDATED)
    form, failure = RenewalForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        failure = _try(request, binding.user, form.cleaned_data["password"])
        if failure is None:
            forget(request.session)
            return enter(request, binding, pending, safe_next(request))
    notice = {"panel": "password", **failure.as_dict()} if failure else None
    return render(request, "cards/renewal.html", {"form": form, "pending": pending, "notice": notice})


def _try(request: HttpRequest, user: User, password: str) -> Failure | None:
    failure: Failure | None
    try:
        good = get_adapter().authenticate(request, username=user.username, password=password)
    except ValidationError as error:
        failure = _BY_CODE.get(error.code or "", PASSWORD_WRONG)
    else:
        failure = None if good == user else PASSWORD_WRONG
    if failure is not None:
        audit("password", failure.code, user)
    return failure


def _binding_of(pending: Pending | None) -> CardBinding | None:
    if pending is None:
        return None
    found = CardBinding.objects.select_related("user").filter(binding_key=pending.binding_key).first()
    return found if found is not None and found.user.is_active else None


def _certificate_only_account(pending: Pending) -> CardBinding:
    """The account that only this card opens; the same one however often the button is pressed."""
    with transaction.atomic():
        found = CardBinding.objects.select_related("user").filter(binding_key=pending.binding_key).first()
        if found is not None:
            return found
        user = User(username=_free_name(), name=pending.holder_name[:64], certificate_only=True, language=in_use())
        user.set_unusable_password()
        user.save()
        record("register", account=user.pk, method="card", family=pending.family_name)
        return CardBinding.objects.create(
            user=user, binding_key=pending.binding_key, family=pending.family_name,
            subject_serial=pending.subject_serial, holder_name=pending.holder_name, last_four=pending.last_four,
            created=timezone.now(),
        )  # fmt: skip


def _free_name() -> str:
    # 52 bits: nobody types it, and two alike would be refused by the database.
    return "card" + "".join(secrets.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(11))
