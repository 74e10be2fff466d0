"""What has failed with the cards in the readers: it stays said until the card leaves its reader."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from agent.failures import Code, FailureError

if TYPE_CHECKING:  # loaded by the driver thread, beside the window
    from agent.card.card import Card
    from pkcs11_shims.session import CardToken

# Of the whole card, not of one certificate: both have one PIN.
_OF_THE_CARD = frozenset({Code.PIN_LOCKED, Code.CARD_NOT_ACTIVATED})


class PastFailures:
    """Failures of signatures by card and certificate; a driver that shows a card as before does not undo them.

    A driver may answer the locking try and set no flag, as HiCOS does; and a card that is merely shown again would
    bring an empty PIN field in the place of what happened.
    """

    def __init__(self) -> None:
        self._reasons: dict[tuple[CardToken, bytes], FailureError] = {}

    def __bool__(self) -> bool:
        """Whether anything has failed with a card that was there when last looked."""
        return bool(self._reasons)

    def add(self, card: Card, reason: FailureError) -> None:
        """Keeps why a card did not sign; that it was pulled is not kept, because its coming back is the remedy."""
        if reason.code is not Code.CARD_REMOVED:
            self._reasons[card.token, b"" if reason.code in _OF_THE_CARD else card.facts.der] = reason

    def forget(self) -> None:
        """No card is in any reader."""
        self._reasons.clear()

    def mark(self, cards: tuple[Card, ...]) -> tuple[Card, ...]:
        """The cards that were found, those that failed with their problem; forgets the cards that have left."""
        here = {card.token for card in cards}
        self._reasons = {key: reason for key, reason in self._reasons.items() if key[0] in here}
        return tuple(self._marked(card) for card in cards)

    def _marked(self, card: Card) -> Card:
        reason = self._reasons.get((card.token, b"")) or self._reasons.get((card.token, card.facts.der))
        if reason is None or card.problem is not None:
            return card
        tries = card.tries_left if reason.tries_left is None else reason.tries_left
        return replace(card, problem=reason.code, tries_left=tries)
