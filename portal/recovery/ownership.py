"""Whether a card is the account holder's own (binding rules of the portal, 2.10 number 5)."""

import logging

from cardlogin_server import Identity
from cardlogin_server.certificates.families import Family
from cardlogin_server.identity.confirm import Confirmation
from portal.accounts.models import Person, User
from portal.cards import confirmer
from portal.cards.binding import bound_card
from portal.cards.fit import number_fits, same_name
from portal.cards.models import CardBinding, WaitingCard
from portal.registration.confirmation import is_waiting
from portal.sealing import SealBroken

_log = logging.getLogger("portal.recovery")


def holds(identity: Identity, account: str) -> User | None:
    """The account of that name, if the verified card is its holder's: bound to it, or confirmed for its full ID number.

    Name and last four characters alone never suffice: they fit many people. Only a number that the account holds
    counts, or one that was typed into a registration which is not activated yet. None for everything else, without
    saying what; a confirmer that cannot be asked confirms nothing. Raises `Refusal` for a card of the account whose
    certificate is another person's (bound_card).
    """
    user = User.objects.filter(username=account).first()
    if user is None:
        return None
    if has_card(user, identity):
        bound_card(identity)
        return user
    person = Person.objects.filter(user=user, user__certificate_only=False).exclude(id_sealed=None).first()
    return user if person is not None and _owns_number(identity, person) else None


def has_card(user: User, identity: Identity) -> bool:
    """Whether a card is linked to an account, or will be when the account is activated."""
    kinds = (CardBinding, WaitingCard)
    return any(kind.objects.filter(user=user, binding_key=identity.binding_key).exists() for kind in kinds)


def _owns_number(identity: Identity, person: Person) -> bool:
    try:
        return _plausible(identity, person) and _confirmed(identity, person)
    except SealBroken:
        _log.error("ID number of person %s cannot be opened", person.pk)
        return False


def _plausible(identity: Identity, person: Person) -> bool:
    # Only then is the ID number shown to the confirmer at all. One that an active account does not hold was typed by
    # somebody whose number it may not be: it is another account's.
    if identity.family is not Family.CITIZEN or not identity.last_four:
        return False
    if person.id_index is None and not is_waiting(person.user):
        return False
    same = same_name(identity.holder_name, person.user.name)
    return same and number_fits(person.id_kind, person.id_number, identity.last_four)


def _confirmed(identity: Identity, person: Person) -> bool:
    return confirmer.ask(identity.subject_serial, person.id_number) is Confirmation.CONFIRMED
