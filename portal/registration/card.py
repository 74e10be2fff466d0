"""Registration with a card: the name is the card's, its four last characters of the ID are fixed, the rest is typed."""

from typing import Any

from django import forms
from django.contrib.sessions.backends.base import SessionBase
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from cardlogin_server.certificates.families import Family
from cardlogin_server.identity.confirm import Confirmation
from cardlogin_server.identity.identifiers.normal_form import normal_form
from portal.cards import confirmer, pending
from portal.cards.binding import may_come_over
from portal.cards.models import CardBinding
from portal.cards.pending import Destination, Pending
from portal.registration import fields
from portal.registration.draft import CardFacts

_WHOLE = 10
_OUTCOMES = {
    Confirmation.NO_SUCH_PAIR: (
        "id_not_the_cards",
        _("This number is not the card holder's; check it."),
    ),
    Confirmation.NOT_ACTIVATED: (
        "card_not_activated",
        _("This card has not been activated yet; activate it first."),
    ),
    Confirmation.ASK_AGAIN: (
        "confirmer_unavailable",
        _("The ID number cannot be checked at the moment; try again later."),
    ),
}


def verified_card(session: SessionBase) -> Pending | None:
    """The citizen card that waits here for a choice, which no account has, or one that the card alone opens."""
    card = pending.look(session, Destination.CHOICES)
    if card is None or card.family is not Family.CITIZEN:
        return None
    held = CardBinding.objects.select_related("user").filter(binding_key=card.binding_key).first()
    if held is not None and not may_come_over(held):
        return None
    return card


def take_card(session: SessionBase, card: Pending) -> CardFacts:
    """Use the waiting card up for a registration; raises `Refusal` (page_outdated) when another request was faster."""
    pending.use(session, card)
    return CardFacts(card.binding_key, card.subject_serial, card.holder_name, card.last_four, card.certificate_sha256)


class RestOfNumber(forms.CharField):
    """The characters of the ID number that the card does not hold; cleaned to kind and whole number.

    Somebody who types all ten is understood, too. Where an outside service confirms numbers (CARDLOGIN_CONFIRMER), it
    has the last word, and its silence refuses.
    """

    def __init__(self, card: CardFacts) -> None:
        self.card = card
        missing = _WHOLE - len(card.last_four)
        label = format_lazy(_("National ID or resident number (first {missing} characters)"), missing=missing)
        attrs = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        super().__init__(label=label, max_length=20, widget=forms.TextInput(attrs))

    @override
    def clean(self, value: Any) -> Any:
        """Return (kind, number); raise ValidationError."""
        typed = normal_form(super().clean(value))
        number = typed if len(typed) == _WHOLE else typed + self.card.last_four
        if not number.endswith(self.card.last_four):
            raise ValidationError(_("The last four characters are not those on the card."), code="last_four")
        kind, number = fields.id_number(number)
        confirm(self.card, number)
        return kind, number


def confirm(card: CardFacts, number: str) -> None:
    """Ask the service, where there is one, whether the number is the card holder's; raises ValidationError."""
    if not confirmer.is_configured():
        return
    outcome = confirmer.ask(card.subject_serial, number)
    if outcome is not Confirmation.CONFIRMED:
        code, text = _OUTCOMES[outcome]
        raise ValidationError(text, code=code)
