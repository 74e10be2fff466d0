"""Every way into an account in one list, since when it is one, and taking one away."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.http import HttpRequest
from django.utils.functional import Promise as StrPromise
from django.utils.translation import gettext_lazy as _

from portal.accounts import epoch
from portal.accounts.fresh import has_second_factor
from portal.accounts.models import Person, User
from portal.accounts.recovery_codes import drop_code
from portal.audit.log import record
from portal.audit.models import AuditEvent
from portal.cards.binding import unbind
from portal.failures import NEEDS_CARD, PASSWORD_TOO_SHORT_ALONE, Refusal
from portal.member import second_factor
from portal.member.mobile import set_mobile
from portal.member.overview import masked_mobile
from portal.member.rescue import set_question
from portal.member.sessions import open_places
from portal.recovery.rescue_data import is_young, wait_hours
from portal.registration import change

# What a proof of one factor, a code in a text message, must not take away: it is worth more than that proof.
_STRONG = frozenset({"card", "second_factor", "mail"})


@dataclass(frozen=True, slots=True)
class WayIn:
    """One way: its kind, its row's number (0 where an account has one at most), what it is called, since when.

    `waits` tells that it serves no reset yet (portal.recovery.rescue_data), `kept` that it cannot be taken away here.
    """

    kind: str
    pk: int
    name: str | StrPromise
    detail: str
    since: datetime
    waits: bool = False
    kept: bool = False


def ways_in(request: HttpRequest, user: User, *, strong: bool) -> list[WayIn]:
    """All ways into an account, by itself or through a reset. `strong`: both factors were proven, or the card."""
    found = [*_primary(user, strong), *_mail(user, strong), *_rescue(user)]
    places = [place for place in open_places(request, user) if not place.here]
    found += [
        WayIn("session", place.pk, _("Device logged in"), f"{place.browser} {place.address}".strip(), place.since)
        for place in places
    ]
    return found


def list_context(request: HttpRequest, user: User, *, strong: bool) -> dict[str, object]:
    """What the template member/_ways_in.html needs."""
    return {"ways": ways_in(request, user, strong=strong), "strong": strong, "hours": wait_hours()}


def remove(request: HttpRequest, user: User, kind: str, pk: int, *, strong: bool, long_enough: bool) -> None:
    """Take a way away; one that is gone already stays gone. The holder is told by mail.

    Whatever is half done for the account ends with it, and so do its other sessions; the caller keeps its own. Raises
    `Refusal`: needs_card, last_way_in, password_too_short_alone (`long_enough`: the password may be used alone).
    """
    if kind in _STRONG and not strong:
        raise Refusal(NEEDS_CARD)
    if kind == "second_factor" and not long_enough:
        raise Refusal(PASSWORD_TOO_SHORT_ALONE)
    if kind == "session":
        for session in UserSession.objects.filter(user=user, pk=pk):
            session.end()
        record("sessions_ended", account=user.pk, request=request, count=1)
        return
    with transaction.atomic():
        epoch.hold(user)
        _REMOVE[kind](request, user, pk)
        epoch.advance(user)
        record("way_removed", account=user.pk, request=request, method=kind)


def _primary(user: User, strong: bool) -> list[WayIn]:
    found = []
    if user.has_usable_password():
        since = _since(user, "reset_password", "change_password")
        found.append(WayIn("password", 0, _("Password"), "", since, kept=True))
    for card in user.cards.order_by("created"):
        detail = f"{card.nickname} •••• {card.last_digits}".strip()
        found.append(WayIn("card", card.pk, _("Certificate card"), detail, card.created, kept=not strong))
    if has_second_factor(user):
        app = Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP)
        found.append(WayIn("second_factor", 0, _("Two-step log-in"), "", app.created_at, kept=not strong))
    return found


def _mail(user: User, strong: bool) -> list[WayIn]:
    found = []
    if user.email:
        since = _since(user, "change_mail", "confirm_mail")
        found.append(WayIn("mail", 0, _("Email address"), user.email, since, kept=not strong))
    for waiting in EmailAddress.objects.filter(user=user, primary=False, verified=False):
        since = _since(user, "change_mail_asked")
        found.append(WayIn("waiting_mail", 0, _("Email address, waiting to be confirmed"), waiting.email, since))
    return found


def _rescue(user: User) -> list[WayIn]:
    person = Person.objects.filter(user=user).first() or Person(user=user)
    kept = (
        ("mobile", _("Rescue mobile"), masked_mobile(person.rescue_mobile), person.rescue_mobile, person.mobile_since),
        ("question", _("Password question"), "", person.answer_hash, person.question_since),
        ("code", _("Recovery code"), "", person.recovery_code_hash, person.code_since),
    )
    return [
        WayIn(kind, 0, name, detail, since or user.date_joined, waits=kind != "code" and is_young(since))
        for kind, name, detail, has, since in kept if has
    ]  # fmt: skip


def _since(user: User, *actions: str) -> datetime:
    events = AuditEvent.objects.filter(account=user.pk, action__in=actions, code="ok")
    return events.order_by("-at").values_list("at", flat=True).first() or user.date_joined


def _remove_card(request: HttpRequest, user: User, pk: int) -> None:
    for card in user.cards.filter(pk=pk):
        unbind(user, card)


_REMOVE: dict[str, Callable[[HttpRequest, User, int], None]] = {
    "card": _remove_card,
    "second_factor": lambda request, user, _: second_factor.deactivate(request, user),
    "mail": lambda _request, user, _: change.remove(user),
    "waiting_mail": lambda _request, user, _: change.forget(user),
    "mobile": lambda request, user, _: set_mobile(request, user, ""),
    "question": lambda request, user, _: set_question(request, user, "", ""),
    "code": lambda request, user, _: drop_code(user),
}
KINDS = ("session", *_REMOVE)
