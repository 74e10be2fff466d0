"""What an operation shows, whatever shows it: the Tk window, pinentry or the terminal."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from agent.card.frames import HostOrder
from agent.card.old_asks import RawAsk
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


class Topic(Enum):
    """What a person is asked to say yes or no to."""

    DRIVER = "driver"  # may a driver be used that no administrator has installed?
    SITE = "site"  # may the site use the card?
    RAW = "raw"  # may something be signed that cannot be shown?


@dataclass(frozen=True)
class YesNo:
    """A question; `path` is the driver's file, which can be shown as it is."""

    topic: Topic
    path: str = ""


def first_questions(order: HostOrder) -> tuple[YesNo, ...]:
    """What is asked before any card is looked for."""
    old = order.old
    if old is None or order.failed:
        return ()
    site = () if old.permitted else (YesNo(Topic.SITE),)
    return (*site, YesNo(Topic.RAW)) if isinstance(old.work, RawAsk) else site


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

    def ask(self, question: YesNo) -> None:
        """A question that is answered with yes or no."""

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

    def show_left(self) -> None:
        """Nobody waits at the page any more, whatever is shown; the order goes on."""
