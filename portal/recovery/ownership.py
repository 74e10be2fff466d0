"""Whether a card is the account holder's own (binding rules of the portal, 2.10 number 5)."""

import logging
from typing import NamedTuple

from cardlogin_server import Identity
from cardlogin_server.certificates.families import Family
from cardlogin_server.identity.confirm import Confirmation
from portal.accounts.models import Person, User
from portal.cards import confirmer, renewal
from portal.cards.binding import bound_card
from portal.cards.fit import number_fits, same_name
from portal.cards.models import CardBinding, WaitingCard
from portal.failures import CARD_RENEWED, COMPANY_CARDS_ONLY, Refusal
from portal.registration.confirmation import is_waiting
from portal.sealing import SealBroken

_log = logging.getLogger("portal.recovery")
_NOBODY = 0  # no row has this number


class Held(NamedTuple):
    """An account that a card is allowed to act for, and its binding where it is linked already."""

    user: User
    binding: CardBinding | None = None


def holds(identity: Identity, account: str) -> Held | None:
    """The account of that name, if the verified card is its holder's: bound to it, or confirmed for its full ID number.

    Name and last four characters alone never suffice: they fit many people. Only a number that the account holds
    counts, or one that was typed into a registration which is not activated yet. None for everything else, without
    saying what; a confirmer that cannot be asked confirms nothing. It is asked here, so never call this while rows are
    locked; the caller notes the use of a bound card (renewal.use). Raises `Refusal`: card_name_differs, card_id_differs
    for a card of the account whose certificate is another person's; card_renewed for one with a certificate that nobody
    has confirmed, the confirmer neither; and company_cards_only, which only the company's card gets to know.
    """
    # A name without an account is looked into as one with it: the answer takes as long.
    user = User.objects.filter(username=account).first() or User(pk=_NOBODY)
    if not has_card(user, identity):
        return Held(user) if _owns_number(identity, user) else None
    if user.is_company:
        raise Refusal(COMPANY_CARDS_ONLY)
    binding = bound_card(identity)
    if binding is None or binding.user_id != user.pk:
        return Held(user) if _of_registration(identity, user) else None
    if renewal.needs_confirmation(binding, identity) and not _owns_number(identity, user):
        raise Refusal(CARD_RENEWED)
    return Held(user, binding)


def has_card(user: User, identity: Identity) -> bool:
    """Whether a card is linked to an account, or will be when the account is activated."""
    kinds = (CardBinding, WaitingCard)
    return any([kind.objects.filter(user=user, binding_key=identity.binding_key).exists() for kind in kinds])


def _of_registration(identity: Identity, user: User) -> bool:
    """Whether a card that waits for the account shows the certificate it has signed the registration with."""
    waiting = WaitingCard.objects.filter(user=user, certificate_sha256=identity.certificate_sha256)
    return waiting.exists() or _owns_number(identity, user)


def _owns_number(identity: Identity, user: User) -> bool:
    person = Person.objects.filter(user=user, user__certificate_only=False).exclude(id_sealed=None).first()
    if person is None:
        return False
    try:
        return _plausible(identity, user, person) and _confirmed(identity, person)
    except SealBroken:
        _log.error("ID number of person %s cannot be opened", person.pk)
        return False


def _plausible(identity: Identity, user: User, person: Person) -> bool:
    # Only then is the ID number shown to the confirmer at all. One that an active account does not hold was typed by
    # somebody whose number it may not be: it is another account's.
    if identity.family is not Family.CITIZEN or not identity.last_four:
        return False
    if person.id_index is None and not is_waiting(user):
        return False
    same = same_name(identity.holder_name, user.name)
    return same and number_fits(person.id_kind, person.id_number, identity.last_four)


def _confirmed(identity: Identity, person: Person) -> bool:
    return confirmer.ask(identity.subject_serial, person.id_number) is Confirmation.CONFIRMED
