"""Both languages of a text on one screen: the order's language first, the other beside it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from agent.card.prompts import texts
from agent.failures import Code, Text, failure
from agent.order import Language
from agent.settings import PinForm

if TYPE_CHECKING:
    from agent.card.card import Card

# Dates are shown as in Taiwan, where the certificates are valid until the end of a day.
_TAIPEI = timezone(timedelta(hours=8))


class Words:
    """Puts two languages in order; `main` is the person's own."""

    def __init__(self, language: str = Language.CHINESE) -> None:
        self.english = language == Language.ENGLISH

    def main(self, text: Text) -> str:
        """The text in the order's language."""
        return text.en if self.english else text.zh

    def beside(self, text: Text) -> str:
        """The text in the other language."""
        return text.zh if self.english else text.en

    def both(self, text: Text) -> str:
        """Both on one line."""
        return f"{self.main(text)}  {self.beside(text)}"

    def stacked(self, text: Text) -> str:
        """One under the other."""
        return f"{self.main(text)}\n{self.beside(text)}"


def day(moment: datetime) -> str:
    """The day of a moment, in Taiwan."""
    try:
        return f"{moment.astimezone(_TAIPEI):%Y-%m-%d}"
    except OverflowError:  # RFC 5280, 4.1.2.5: the last second of the year 9999 means that there is no end
        return f"{moment:%Y-%m-%d}"


def reader_of(card: Card) -> str:
    """The name of a card's reader, fit to be shown."""
    # Here, because it brings cryptography with it, which the driver thread has loaded by the time there is a card.
    from agent.card.answers.certificate import harmless

    return harmless(card.token.reader)


def failure_texts(code: Code, tries_left: int | None, form: PinForm) -> tuple[Text, Text]:
    """What a note about a PIN says: the catalogue's meaning, and its remedy with the tries left before it."""
    row = failure(code)
    meaning = texts.MALFORMED_PRINTABLE if code is Code.PIN_MALFORMED and form == "printable" else row.meaning
    if not tries_left:
        return meaning, row.remedy
    left = texts.tries(tries_left)
    zh, en = f"{texts.TRIES.zh} {left.zh}。", f"{texts.TRIES.en}: {tries_left}. "
    return meaning, Text(zh + row.remedy.zh, en + row.remedy.en)
