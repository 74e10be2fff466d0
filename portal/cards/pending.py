"""A card that was verified but has not led anywhere yet: kept for one destination, for ten minutes, for one use.

What is known of the card lies in the session, on the server; a row of the database (`VerifiedCard`) is the right to
use it. The row names session key and destination by a keyed hash: a copy in another session is worth nothing, nor one
that an old request writes back, and a session whose key changes (log-in, log-out) loses it. To reset, activate, unlock,
link or prove again a card signs in the very request (portal.cards.proof), so nothing waits for those.
"""

import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.contrib.sessions.backends.base import SessionBase
from django.db.models import QuerySet
from django.utils import timezone

from cardlogin_server import Identity
from cardlogin_server.certificates.families import Family
from portal.accounts.epoch import stamp
from portal.accounts.models import User
from portal.cards.models import VerifiedCard
from portal.failures import PAGE_OUTDATED, Refusal
from portal.sealing import index

_KEY = "pending_card"
_LIFE = timedelta(minutes=10)


class Destination(StrEnum):
    """The one thing that a verified card waits for."""

    CHOICES = "choices"  # a citizen's card of no account: go on with it alone, or register with it
    COMPANY = "company"  # a company's card of no account: make the company's account
    RENEWAL = "renewal"  # a new certificate of a linked card: the account's own factors must confirm it
    BIND = "bind"  # the holder logged in to link it: the page says which card it was, which must sign anew


@dataclass(frozen=True, slots=True)
class Pending:
    """What is kept of a verified `Identity` (the same names where both are used), and what it waits for.

    `until` is when its time is over (seconds since 1970), `next_url` where the person wanted to go, or empty. `account`
    and `epoch` say for whom it waits, where it does.
    """

    token: str
    destination: Destination
    binding_key: str
    family_name: str
    subject_serial: str
    holder_name: str
    last_four: str
    certificate_sha256: str
    ends: str
    until: float
    next_url: str
    account: int | None
    epoch: str

    @property
    def not_after(self) -> datetime:
        """End of the certificate's validity."""
        return datetime.fromisoformat(self.ends)

    @property
    def family(self) -> Family:
        """The card's family."""
        return Family(self.family_name)

    def is_for(self, user: User) -> bool:
        """Whether it waits for this account, whose password and sessions are what they were then."""
        return self.account == user.pk and secrets.compare_digest(self.epoch, stamp(user))


def keep(
    session: SessionBase,
    card: Identity | Pending,
    destination: Destination,
    next_url: str = "",
    user: User | None = None,
) -> None:
    """Keep a verified card for one destination of this session; another one that waited there is dropped."""
    drop(session)
    if session.session_key is None:
        session.create()
    expires = timezone.now() + _LIFE
    kept = Pending(
        secrets.token_urlsafe(16), destination, card.binding_key, card.family.value, card.subject_serial,
        card.holder_name, card.last_four or "", card.certificate_sha256, card.not_after.isoformat(),
        expires.timestamp(), next_url, user.pk if user else None, stamp(user) if user else "",
    )  # fmt: skip
    VerifiedCard.objects.create(ticket=_ticket(session, kept.token, destination), expires=expires)
    session[_KEY] = asdict(kept)


def look(session: SessionBase, *destinations: Destination) -> Pending | None:
    """The card that waits in this session for one of these destinations, without using it up."""
    card = _read(session, destinations)
    return card if card is not None and _right(session, card).exists() else None


def is_taken(session: SessionBase, *destinations: Destination) -> bool:
    """Whether another request of this session, one at the same moment, has just used the card that waited.

    The session is that request's, then: who leaves it alone lets the person see what it did.
    """
    card = _read(session, destinations)
    in_time = card is not None and timezone.now().timestamp() < card.until
    return card is not None and in_time and not _right(session, card).exists()


def use(session: SessionBase, pending: Pending) -> None:
    """Use up what `look` found; raises `Refusal` (page_outdated) when another request was faster.

    Belongs into the transaction of what is done with it: of several requests at once one goes on, the others wait.
    """
    if not _right(session, pending).delete()[0]:
        raise Refusal(PAGE_OUTDATED)


def take_along(session: SessionBase, user: User) -> Pending | None:
    """What a log-in of `user` leaves of the waiting card: the caller gives it to `keep` for BIND afterwards, or None.

    Only a card for the choices with the account's own name is left; nothing of what an earlier person verified here.
    """
    card = look(session, Destination.CHOICES)
    drop(session)
    return card if card is not None and card.holder_name == user.name else None


def drop(session: SessionBase) -> None:
    """Drop whatever waits in this session."""
    kept = session.pop(_KEY, None)
    if kept is not None and session.session_key is not None:
        VerifiedCard.objects.filter(ticket=_ticket(session, kept["token"], kept["destination"])).delete()


def forget_expired() -> None:
    """Delete what nobody can use any more."""
    VerifiedCard.objects.filter(expires__lte=timezone.now()).delete()


def _read(session: SessionBase, destinations: tuple[Destination, ...]) -> Pending | None:
    kept = session.get(_KEY)
    if kept is None or kept["destination"] not in destinations:
        return None
    return Pending(**{**kept, "destination": Destination(kept["destination"])})


def _right(session: SessionBase, pending: Pending) -> "QuerySet[VerifiedCard]":
    ticket = _ticket(session, pending.token, pending.destination)
    return VerifiedCard.objects.filter(ticket=ticket, expires__gt=timezone.now())


def _ticket(session: SessionBase, token: str, destination: str) -> str:
    return index(f"{session.session_key} {token} {destination}", "verified card")
