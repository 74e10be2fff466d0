"""What an operation shows, whatever shows it: the Tk window, pinentry or the terminal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from agent.failures import Code

if TYPE_CHECKING:
    from agent.card.card import Card


@dataclass(frozen=True)
class Offer:
    """The certificates in all readers: those to choose from, and those that cannot be used (`Card.problem`: why)."""

    usable: tuple[Card, ...]
    unusable: tuple[Card, ...]

    def __len__(self) -> int:
        return len(self.usable) + len(self.unusable)

    @property
    def key(self) -> tuple[object, ...]:
        """Equal as long as nothing that is shown has changed; cards that were read anew are never equal themselves."""
        return tuple(map(_card_key, self.usable + self.unusable))


@dataclass(frozen=True)
class Trouble:
    """Why nothing can be typed now; `card` is the one it is about, `cards` all that were found."""

    code: Code
    tries_left: int | None = None
    card: Card | None = None
    cards: tuple[Card, ...] = ()

    @property
    def key(self) -> tuple[object, ...]:
        """Equal as long as nothing that is shown has changed."""
        return (self.code, self.tries_left, *map(_card_key, self.cards))


def _card_key(card: Card) -> tuple[object, ...]:
    return (card.token, card.facts.der, card.tries_left, card.problem, card.pinpad)


class View(Protocol):
    """What the operation calls, in its own thread; nothing here may block."""

    def show_choice(self, offer: Offer, chosen: bytes) -> None:
        """Several certificates; `chosen` is the DER of the one to be marked, if it is still there."""

    def show_card(self, card: Card, others: int) -> None:
        """A card is ready: holder, reader, tries left, and an empty PIN field; so many other certificates are there."""

    def show_problem(self, trouble: Trouble) -> None:
        """Nothing can be typed now; the catalogue says why and what to do."""

    def ask_driver(self, path: str) -> None:
        """May a driver be used that no administrator has installed? The path can be shown as it is."""

    def show_note(self, code: Code, tries_left: int | None) -> None:
        """The last PIN was not right; another can be typed."""

    def ask_last_try(self) -> None:
        """The typed PIN waits until the person has confirmed the last try."""

    def show_signing(self) -> None:
        """The card is at work."""

    def show_countdown(self, seconds: int) -> None:
        """The PIN is being typed on the reader; so many seconds are left for it."""

    def show_cancelling(self) -> None:
        """The person has cancelled while the card is at work; the end comes when it has finished."""
