"""Keeps PINs that pages send from a card's last try, where the card itself does not tell of it before a log-in."""

from collections import Counter

from msgspec import structs

from agent.card.frames import HostAnswer, HostOrder
from agent.failures import Code

# Of three tries (hipki.md, 4.5): the last one is a person's.
MOST_WRONG = 2
_LAST_TRY = 1
_UNKNOWN = ""
# A card may have counted before its driver hung or crashed, or it was pulled.
_MAYBE_WRONG = frozenset({Code.PIN_WRONG, Code.READER_HUNG, Code.CARD_ERROR, Code.CARD_REMOVED, Code.HOST_FAILED})


class PagePins:
    """How often a PIN was wrong, or may have been, since one was right: by the card's number, and for cards not known.

    A card host lives for one order, and HiCOS tells the tries left in the answer to a wrong PIN only: the next host
    would not know that it has the last. From then on our own window asks, until a PIN was right there. A card that is
    locked has all its tries again once it can be used.
    """

    def __init__(self) -> None:
        self._wrong: Counter[str] = Counter()

    def allowed(self, order: HostOrder) -> HostOrder:
        """The order, which names the cards that a page's PIN might cost the last try; without the PIN if any may be."""
        if order.old is None or not order.old.pin or not self._wrong:
            return order
        pin = order.old.pin if self._wrong[_UNKNOWN] < MOST_WRONG else ""
        tried = tuple(card for card, times in self._wrong.items() if times >= MOST_WRONG)
        return structs.replace(order, old=structs.replace(order.old, pin=pin, tried=tried))

    def note(self, order: HostOrder, answer: HostAnswer | None) -> None:
        """Takes what came of an order; None where no answer came, whatever its card has done with a PIN."""
        sent = order.old is not None and bool(order.old.pin)
        card = _UNKNOWN if answer is None else answer.card
        if answer is None:
            self._wrong[card] += sent
        elif answer.code == Code.PIN_LOCKED or answer.token or answer.signed or answer.plain is not None:
            if card != _UNKNOWN:
                del self._wrong[card]
        elif answer.tries_left is not None and answer.tries_left <= _LAST_TRY:
            self._wrong[card] = MOST_WRONG
        elif answer.code == Code.PIN_WRONG or (sent and answer.code in _MAYBE_WRONG):
            self._wrong[card] += 1
