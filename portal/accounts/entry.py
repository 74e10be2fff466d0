"""How the person came in: what the session keeps about a log-in, and the audit line of every outcome."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY, get_authentication_records
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from portal.accounts.fresh import Factor, prove
from portal.accounts.models import User, account_name
from portal.audit.log import record

_PREVIOUS = "previous_login"
# A card by the old component's answer, which is not bound to this site, as the audit log names it.
OLD_WAY = "card_old"
# allauth's names of what a log-in asked for.
_FACTORS = {"password": Factor.PASSWORD, "card": Factor.CARD, "mfa": Factor.CODE}
# What a log-in takes over from the session it happens in: how the person has just proved who they are. Language and
# the page to go on to are not in it (a cookie, a form field).
_SURVIVES = frozenset({AUTHENTICATION_METHODS_SESSION_KEY, "account_authentication_methods_user"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One log-in: method ("card" or "password"), time, the log-in before it, the certificate's SHA-256 (hex).

    `second_factor` tells whether a code was asked for after the password, `old_way` whether the card was proven by the
    old component's answer.
    """

    method: str
    at: datetime
    previous: datetime | None
    certificate: str | None
    second_factor: bool
    old_way: bool = False

    @property
    def audited(self) -> str:
        """The way in as the audit log names it."""
        method = OLD_WAY if self.old_way else self.method
        return f"{method}+second_factor" if self.second_factor else method


def leave_earlier_behind(request: HttpRequest, user: User) -> None:
    """Drop whatever an earlier person, or an earlier try, has left in this browser; what proved this log-in stays."""
    proofs = _proofs(request, user)
    for key in set(request.session.keys()) - _SURVIVES:
        del request.session[key]
    request.session[AUTHENTICATION_METHODS_SESSION_KEY] = proofs


def prove_log_in(request: HttpRequest, user: User) -> None:
    """Count what the log-in asked for as proven, at the time it was given: for a while nothing is asked again.

    A card by the old component's answer is not: a site elsewhere may have had it signed.
    """
    for one in _proofs(request, user):
        if not one.get("old_way") and (factor := _FACTORS.get(one["method"])) is not None:
            prove(request, user, factor, at=one["at"])


def remember_previous(request: HttpRequest, previous: datetime | None) -> None:
    """Keep the time of the log-in before this one; Django overwrites it in the account."""
    request.session[_PREVIOUS] = previous.isoformat() if previous else None


def is_first(request: HttpRequest) -> bool:
    """Whether nobody had logged in to the account before this session did."""
    return _PREVIOUS in request.session and request.session[_PREVIOUS] is None


def current_entry(request: HttpRequest, user: User) -> Entry | None:
    """Return how `user` entered in this session; None if allauth has no record of it."""
    records = _proofs(request, user)
    if not records:
        return None
    record = records[0]
    previous = request.session.get(_PREVIOUS)
    return Entry(
        method=record["method"],
        at=datetime.fromtimestamp(record["at"], UTC),
        previous=datetime.fromisoformat(previous) if previous else None,
        certificate=record.get("certificate"),
        second_factor=len(records) > 1,
        old_way=bool(record.get("old_way")),
    )


def _proofs(request: HttpRequest, user: User) -> list[dict[str, Any]]:
    """allauth's records of the last log-in: the password or the card, and the code if one was asked for after it."""
    records: list[dict[str, Any]] = get_authentication_records(request, user)
    ways = [at for at, one in enumerate(records) if one["method"] != "mfa"]
    return records[ways[-1] :] if ways else []


def audit(method: str, code: str, user: User | None = None) -> None:
    """Record one log-in outcome: method, code ("ok" or a failure's) and the account's number.

    Names, certificates and anything a person typed stay out of it.
    """
    record("login", code, account=user.pk if user else None, method=method)


def audit_typed(method: str, code: str, typed: str) -> None:
    """The same for whoever typed an account name, in any case: the number where there is such an account.

    One and the same statement looks for it, whether there is or not.
    """
    record("login", code, account=account_number(typed), typed=typed, method=method)


def account_number(typed: str) -> int | None:
    """The number of the account of that name as it was typed, or None; for the audit log and nothing else."""
    name = typed.strip().lower()
    try:
        account_name(name)
    except ValidationError:
        return None
    return User.objects.filter(username=name).values_list("pk", flat=True).first()
