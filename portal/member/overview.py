"""我的專區 (F093, F094, F101): who the member is for this portal, the last log-ins, and the way to everything."""

from datetime import timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth.decorators import login_required
from django.db.models import IntegerField, Max, Min, Q, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise as StrPromise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cardlogin_server.identity.identifiers.roc_calendar import to_roc
from portal.accounts.entry import current_entry
from portal.accounts.models import Person, User
from portal.audit.models import AuditEvent
from portal.cards.models import CardCertificate
from portal.member.lengthen import is_invited
from portal.member.pages import holder, said
from portal.policy import policy
from portal.registration.change import is_confirmed, waiting_address
from portal.registration.fields import masked_number
from portal.sealing import SealBroken

_LOG_INS = 10
_METHODS = {
    "password": _("Account and password"),
    "password+second_factor": _("Password and code"),
    "card": _("Certificate card"),
    "card_old": _("Certificate card, the old way"),
    "card_old+second_factor": _("Certificate card, the old way, and code"),
}
# What only the holder of card or password can bring about; the tries of strangers would push it out of the list.
_OUTCOMES = {
    "ok": _("Succeeded"),
    "card_renewal": _("New certificate to be confirmed"),
}
_UNKNOWN = _("Unknown")
_FAILED_DAYS = 30
# One row of the log may stand for several refusals (portal.audit.flood).
_TRIES = Coalesce(Cast(KT("facts__count"), IntegerField()), 1)
_PASSWORD_WAS_RIGHT = Q(facts__method="password+second_factor")


@require_safe
@never_cache
@login_required
def member(request: HttpRequest) -> HttpResponse:
    """Answer 我的專區."""
    user = holder(request)
    entry = current_entry(request, user)
    certificate = CardCertificate.of_entry(entry.certificate) if entry and entry.certificate else None
    context = {
        **said(request), "entry": entry, "certificate": certificate, "log_ins": log_ins(user),
        "failed": failed_log_ins(user), "person": shown_person(user), "confirmed": is_confirmed(user),
        "waiting": waiting_address(user), "cards": user.cards.order_by("created"), "company": user.is_company,
        "second_factor": is_mfa_enabled(user, [Authenticator.Type.TOTP]), "recovery": policy().recovery,
        "lengthen": policy().password.shortest if is_invited(user) else 0,
    }  # fmt: skip
    return render(request, "member.html", context)


def log_ins(user: User) -> list[dict[str, object]]:
    """The last ten log-ins of the account as the audit log has them, the newest first: time, way, outcome."""
    events = AuditEvent.objects.filter(account=user.pk, action="login", code__in=_OUTCOMES)
    newest = events.order_by("-at", "-pk")[:_LOG_INS]
    return [{"at": event.at, "method": _method(event), "outcome": _OUTCOMES[event.code]} for event in newest]


def failed_log_ins(user: User) -> dict[str, Any]:
    """The tries of the last 30 days that did not succeed: how many at least, the first and the last time.

    `code` of them came with the right password and a wrong code. None of it where there was no try.
    """
    since = timezone.now() - timedelta(days=_FAILED_DAYS)
    tries = AuditEvent.objects.filter(account=user.pk, action="login", at__gte=since).exclude(code__in=_OUTCOMES)
    with_password = Sum(_TRIES, filter=_PASSWORD_WAS_RIGHT)
    found = tries.aggregate(count=Sum(_TRIES), first=Min("at"), last=Max("at"), code=with_password)
    return found if found["count"] else {}


def shown_person(user: User) -> dict[str, object]:
    """The person's data as they are shown: the ID number and the rescue mobile masked, the birthday in 民國 years."""
    person = Person.objects.filter(user=user).first() or Person(user=user)
    return {
        "row": person, "id_number": _shown_number(person), "rescue_mobile": masked_mobile(person.rescue_mobile),
        "birthday": to_roc(person.birthday) if person.birthday else None,
    }  # fmt: skip


def masked_mobile(number: str) -> str:
    """A mobile number without its middle."""
    return f"{number[:4]}***{number[-3:]}" if number else ""


def _shown_number(person: Person) -> str:
    try:
        return masked_number(person.id_number)
    except SealBroken:
        return "******"  # a row that was tampered with must not close the whole page


def _method(event: AuditEvent) -> StrPromise:
    return _METHODS.get(str(event.facts.get("method")), _UNKNOWN)
