"""Whether a card, an account's data and the account's other cards are one person's: the one place that compares.

Names are compared without blanks (NFKC), because forms and cards set them differently; of the ID number a card holds
the last four characters. A passport has nothing in common with a card: where one of them is there, the other does not
fit.
"""

import unicodedata
from datetime import datetime
from typing import Protocol

from cardlogin_server.certificates.families import Family
from cardlogin_server.identity.confirm import Confirmation
from portal.accounts.models import IdKind, Person, User
from portal.cards import confirmer
from portal.cards.models import CardBinding
from portal.failures import (
    CARD_ID_DIFFERS,
    CARD_NAME_DIFFERS,
    ID_CHECK_UNAVAILABLE,
    NUMBER_NOT_THE_CARDS,
    Failure,
    Refusal,
)  # fmt: skip


class Holder(Protocol):
    """What a verified card says of its holder."""

    @property
    def subject_serial(self) -> str: ...

    @property
    def holder_name(self) -> str: ...

    @property
    def last_four(self) -> str | None: ...


class Card(Holder, Protocol):
    """A card that was verified: in this request, for a choice (Pending), or at a registration (WaitingCard)."""

    @property
    def binding_key(self) -> str: ...

    @property
    def family(self) -> Family: ...

    @property
    def certificate_sha256(self) -> str: ...

    @property
    def not_after(self) -> datetime: ...


def facts_of(card: Card) -> dict[str, str]:
    """What the binding of a card keeps of it, beside its key."""
    return {
        "family": card.family.value, "subject_serial": card.subject_serial, "holder_name": card.holder_name,
        "last_four": card.last_four or "",
    }  # fmt: skip


def same_name(one: str, other: str) -> bool:
    """Whether two names are the same but for blanks and width of characters."""
    return _plain(one) == _plain(other)


def number_fits(kind: str, number: str, last_four: str | None) -> bool:
    """Whether an ID number can be that of a card with these last four characters; of a card without any, it can."""
    return not last_four or (kind != IdKind.PASSPORT and number[-4:] == last_four)


def card_misfit(user: User, card: Holder) -> Failure | None:
    """Why a citizen's card is not that of an account's holder: name, ID number, or another card bound to it.

    Raises SealBroken.
    """
    if not same_name(user.name, card.holder_name):
        return CARD_NAME_DIFFERS
    person = _numbered(user)
    if person is not None and not number_fits(person.id_kind, person.id_number, card.last_four):
        return CARD_ID_DIFFERS
    for bound in _citizen_cards(user):
        if bound.holder_name and not same_name(bound.holder_name, card.holder_name):
            return CARD_NAME_DIFFERS
        if bound.last_four and card.last_four and bound.last_four != card.last_four:
            return CARD_ID_DIFFERS
    return None


def renewal_misfit(binding: CardBinding, card: Holder) -> Failure | None:
    """Why a certificate of a bound citizen's card is not its holder's any more (2.10 rule 7: name and last four)."""
    if binding.family != Family.CITIZEN.value:
        return None
    # A card that was bound before names were kept had the account's name, which bind() asked for.
    if not same_name(binding.holder_name or binding.user.name, card.holder_name):
        return CARD_NAME_DIFFERS
    if binding.last_four and binding.last_four != (card.last_four or ""):
        return CARD_ID_DIFFERS
    return None


def number_misfit(user: User, kind: str, number: str) -> Failure | None:
    """Why a number that is typed cannot be that of the account's bound cards."""
    fits = all(number_fits(kind, number, bound.last_four) for bound in _citizen_cards(user))
    return None if fits else NUMBER_NOT_THE_CARDS


def number_proven_by(user: User, kind: str, number: str) -> bool:
    """Whether the account's bound cards prove a number that is typed (portal.accounts.id_numbers).

    Raises `Refusal`: number_not_the_cards; id_check_unavailable where the confirmer does not answer. Asks the
    confirmer, so never call it while rows are locked.
    """
    failure = number_misfit(user, kind, number)
    if failure is not None:
        raise Refusal(failure)
    cards = [bound for bound in _citizen_cards(user) if bound.last_four]
    if confirmer.is_configured():
        for bound in cards:
            _must_be_confirmed(bound.subject_serial, number)
    return bool(cards)


def number_proven_with(user: User, card: Holder) -> str:
    """The account's ID number, if this card, which is about to be bound, proves it; otherwise an empty text.

    Raises `Refusal` (card_id_differs) when the confirmer says that it is not the card's, and SealBroken. Asks the
    confirmer, so never call it while rows are locked.
    """
    person = _numbered(user)
    if person is None or not card.last_four or not number_fits(person.id_kind, person.id_number, card.last_four):
        return ""
    number = person.id_number
    if not confirmer.is_configured():
        return number
    outcome = confirmer.ask(card.subject_serial, number)
    if outcome is Confirmation.NO_SUCH_PAIR:
        raise Refusal(CARD_ID_DIFFERS)
    return number if outcome is Confirmation.CONFIRMED else ""


def _must_be_confirmed(subject_serial: str, number: str) -> None:
    outcome = confirmer.ask(subject_serial, number)
    if outcome is Confirmation.NO_SUCH_PAIR:
        raise Refusal(NUMBER_NOT_THE_CARDS)
    if outcome is not Confirmation.CONFIRMED:
        raise Refusal(ID_CHECK_UNAVAILABLE)


def _citizen_cards(user: User) -> list[CardBinding]:
    return list(CardBinding.objects.filter(user=user, family=Family.CITIZEN.value))


def _numbered(user: User) -> Person | None:
    return Person.objects.filter(user=user).exclude(id_sealed=None).first()


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split())
