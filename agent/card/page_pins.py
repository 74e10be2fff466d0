"""Keeps PINs that pages send from a card's last try, where the card itself does not tell of it before a log-in."""

from msgspec import structs

from agent.card.frames import HostAnswer, HostOrder
from agent.failures import Code

# Of three tries (hipki.md, 4.5): the last one is a person's.
MOST_WRONG = 2
_LAST_TRY = 1


class PagePins:
    """How often a PIN was wrong since one was right, whatever card it was.

    A card host lives for one order, and HiCOS tells the tries left in the answer to a wrong PIN only: the next host
    would not know that it has the last. From then on our own window asks, until a PIN was right there.
    """

    def __init__(self) -> None:
        self._wrong = 0

    def allowed(self, order: HostOrder) -> HostOrder:
        """The order; without the PIN of the page where that might get the last try."""
        if self._wrong < MOST_WRONG or order.old is None or not order.old.pin:
            return order
        return structs.replace(order, old=structs.replace(order.old, pin=""))

    def note(self, answer: HostAnswer) -> None:
        """Takes what came of an order."""
        if answer.token is not None or answer.signed is not None or answer.plain is not None:
            self._wrong = 0
        elif answer.code == Code.PIN_LOCKED or (answer.tries_left is not None and answer.tries_left <= _LAST_TRY):
            self._wrong = MOST_WRONG
        elif answer.code == Code.PIN_WRONG:
            self._wrong += 1
