"""A card host without a window: the product's own, with a prompt that types the test PIN itself. For tests only."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from agent.card.frames import HostOrder, HostSetup
from agent.card.host import serve
from agent.card.operation import Operation
from agent.card.worker import Worker
from agent.failures import Code

if TYPE_CHECKING:  # as in the product, the driver's side is loaded by the driver thread
    from collections.abc import Callable

    from agent.card.card import Card, Cards
    from agent.card.view import Offer, Trouble, YesNo

PIN = "123456"
_TICK = 0.001


class ScriptedPrompt:
    """Types the PIN as soon as a card is shown; whatever else is shown ends the operation."""

    def __init__(self, setup: HostSetup) -> None:
        pass

    def run(self, order: HostOrder, worker: Worker, cards: Callable[[], Cards], gone: threading.Event) -> Operation:
        """Goes through the operation."""
        view = _View()
        operation = view.operation = Operation(order, cards, worker, view, time.monotonic)
        operation.start()
        while operation.answer is None:
            operation.tick()
            time.sleep(_TICK)
        return operation


class _View:
    """A person who does the expected thing."""

    operation: Operation

    def show_choice(self, offer: Offer, chosen: bytes) -> None:
        """Gives up: the test card has one certificate."""
        self.operation.cancel()

    def show_card(self, card: Card, others: int) -> None:
        """Types the PIN."""
        self.operation.submit(PIN, last_try_confirmed=False)

    def show_problem(self, trouble: Trouble) -> None:
        """Gives up."""
        self.operation.cancel()

    def show_note(self, code: Code, tries_left: int | None) -> None:
        """Gives up."""
        self.operation.cancel()

    def ask_last_try(self) -> None:
        """Gives up."""
        self.operation.cancel()

    def show_signing(self) -> None:
        """Waits."""

    def show_countdown(self, seconds: int) -> None:
        """Waits."""

    def ask(self, question: YesNo) -> None:
        """Yes to all; no driver is asked about here, they are the system's."""
        self.operation.permit(True)

    def show_left(self) -> None:
        """Waits."""

    def show_cancelling(self) -> None:
        """Waits."""


def main() -> None:
    """Runs the host."""
    serve(ScriptedPrompt)
