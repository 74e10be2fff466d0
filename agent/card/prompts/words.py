"""What is said of a card and of a PIN, in the language of a translator; shared by all prompts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from agent.card.harmless import harmless
from agent.card.prompts import texts
from agent.failures import Code, failure
from agent.messages import Translator
from agent.settings import PinForm

if TYPE_CHECKING:
    from agent.card.card import Card

# A message, or what makes a text in the language of a translator: so a text can be said again in another language.
Said = str | Callable[[Translator], str]
# Dates are shown as in Taiwan, where the certificates are valid until the end of a day.
_TAIPEI = timezone(timedelta(hours=8))


def say(translator: Translator, said: Said) -> str:
    """The text in the translator's language; empty for an empty one."""
    if callable(said):
        return said(translator)
    return translator.gettext(said) if said else ""  # gettext answers "" with the head of the catalogue


def day(moment: datetime) -> str:
    """The day of a moment, in Taiwan."""
    try:
        return f"{moment.astimezone(_TAIPEI):%Y-%m-%d}"
    except OverflowError:  # RFC 5280, 4.1.2.5: the last second of the year 9999 means that there is no end
        return f"{moment:%Y-%m-%d}"


def kind_of(translator: Translator, card: Card) -> str:
    """The kind of card that a certificate is on."""
    return translator.gettext(texts.FAMILIES[card.family.key])


def validity_of(translator: Translator, card: Card) -> str:
    """Until when a certificate is valid, with these words."""
    return translator.gettext("valid until {day}").format(day=day(card.facts.not_after))


def reader_of(card: Card) -> str:
    """The name of a card's reader, fit to be shown."""
    return harmless(card.token.reader)


def failure_texts(code: Code, tries_left: int | None, form: PinForm) -> tuple[str, Said]:
    """What a note about a PIN says: the catalogue's meaning, and its remedy with the tries left before it."""
    row = failure(code)
    meaning = texts.MALFORMED_PRINTABLE if code is Code.PIN_MALFORMED and form == "printable" else row.meaning
    if not tries_left:
        return meaning, row.remedy

    def remedy(translator: Translator) -> str:
        said = translator.gettext("Tries left: {tries}. {remedy}")
        return said.format(tries=tries_left, remedy=translator.gettext(row.remedy))

    return meaning, remedy
