"""How a person is asked: by a window, by GnuPG's pinentry or on the terminal; made ready before an order is known."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from agent.card.frames import HostOrder, HostSetup
from agent.card.operation import Operation
from agent.card.worker import Worker
from agent.failures import Code

if TYPE_CHECKING:
    from agent.card.card import Cards


class Prompt(Protocol):
    """A way of asking. Made in the main thread, and used there only."""

    def run(
        self,
        order: HostOrder,
        worker: Worker,
        cards: Callable[[], Cards],
        gone: threading.Event,
        left: threading.Event | None = None,
    ) -> Operation:
        """Asks until the operation has its answer; `cards` belongs to the driver thread.

        `gone` ends the order; `left` says that nobody waits at the page any more, which is shown.
        """


def make_prompt(setup: HostSetup) -> Prompt:
    """The prompt that the settings ask for; `auto` takes the window, else pinentry, else the terminal.

    Where there is none, the order is answered with no_prompt. One that the settings name is not replaced by another.
    """
    kinds = ("window", "pinentry", "terminal") if setup.prompt == "auto" else (setup.prompt,)
    for kind in kinds:
        prompt = _MAKERS[kind](setup)
        if prompt is not None:
            return prompt
    return NoPrompt()


class NoPrompt:
    """Nobody can be asked here."""

    def run(
        self,
        order: HostOrder,
        worker: Worker,
        cards: Callable[[], Cards],
        gone: threading.Event,
        left: threading.Event | None = None,
    ) -> Operation:
        """Answers no_prompt."""
        from agent.card.prompts.questions import Questions

        operation = Operation(order, cards, worker, Questions(order, "digits"), time.monotonic)
        operation.fail(Code.NO_PROMPT)
        return operation


# Each is imported when it is tried: the terminal needs no Tk, and Tk may not be installed.
def _window(setup: HostSetup) -> Prompt | None:
    try:
        from agent.card.prompts.prompt_window import open_window
    except ImportError:
        return None
    return open_window(setup)


def _pinentry(setup: HostSetup) -> Prompt | None:
    from agent.card.prompts.pinentry import find_pinentry

    return find_pinentry(setup)


def _terminal(setup: HostSetup) -> Prompt | None:
    from agent.card.prompts.terminal import open_terminal

    return open_terminal(setup)


_MAKERS: dict[str, Callable[[HostSetup], Prompt | None]] = {
    "window": _window,
    "pinentry": _pinentry,
    "terminal": _terminal,
}
