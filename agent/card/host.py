"""The card host: a child process that gets ready, takes one order from stdin, answers it on stdout and ends."""

from __future__ import annotations

import contextlib
import importlib
import os
import queue
import sys
import threading
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, BinaryIO

from msgspec import structs

from agent import platform
from agent.card.frames import (
    HEADER,
    LEFT,
    TAKEN,
    FrameError,
    HostAnswer,
    HostOrder,
    HostSetup,
    Message,
    body_length,
    decode,
    encode,
)
from agent.card.worker import Job, Worker
from agent.failures import Code

if TYPE_CHECKING:
    from agent.card.card import Cards
    from agent.card.prompts.prompt import Prompt

# Seconds that a host waits for an order, and that it waits for a driver to reset the card before it answers: less than
# the next order waits for that (agent/signing.py). A card whose program ends is reset by the PC/SC service in any case.
SPARE_LIMIT, RESET_LIMIT = 120.0, 1.5
# Seconds in which an order that was sent together with the set-up is read.
AT_ONCE = 0.005
_BAD_FRAME = 2
# What reads certificates and makes answers, with cryptography: half of all that is loaded.
_CERTIFICATES = "agent.card.answers.answer"


def main() -> None:
    """Carries out the order on stdin with the prompt of the settings, and ends the process."""
    from agent.card.prompts.prompt import make_prompt

    serve(make_prompt)


def serve(make_prompt: Callable[[HostSetup], Prompt]) -> None:
    """Gets everything ready that needs no order, waits for one, answers it and ends the process.

    Until the order is there no driver is loaded and PC/SC is not spoken to: a module lists the readers when it is
    loaded, and what it saw then would be old. A host that nobody needs ends after SPARE_LIMIT, or with its stdin.
    """
    platform.harden()
    answers = take_stdout()
    setup = _read(sys.stdin.buffer, HostSetup)
    if setup is None:
        os._exit(0)
    worker = Worker(lambda answer: _say(answers, structs.replace(answer, final=False)))
    worker.start()
    cards = Job(lambda: _open_cards(setup))
    page = _Page(sys.stdin.buffer, answers)
    made = cache(lambda: _try(make_prompt, setup))
    order = page.order(AT_ONCE)
    if order is None:
        made()
        order = _wait_ready(page, worker, cards)
    answer = _unattended(order, worker, cards, page)
    if answer is not None:
        reset = worker.submit(lambda: _done(cards).reset())
    else:
        prompt = made()
        if prompt is None:
            _say(answers, HostAnswer(code=Code.NO_PROMPT.value))
            os._exit(0)
        operation = prompt.run(_for_person(order), worker, lambda: _done(cards), page.gone, page.left)
        answer, reset = operation.answer or HostAnswer(code=Code.INTERNAL.value), operation.reset_cards()
    # Nothing leaves while a card is verified. A hanging driver must not hold the answer: the card is then reset by the
    # end of the process, for which the daemon waits.
    _say(answers, structs.replace(answer, final=reset.wait(RESET_LIMIT)))
    os._exit(0)


def _unattended(order: HostOrder, worker: Worker, cards: Job[Cards], page: _Page) -> HostAnswer | None:
    """The answer to an order that needs no person; None for any other, and where a person has to decide."""
    if order.old is None:
        return None
    from agent.card.unattended import Unattended, needs_nobody

    return Unattended(order, worker, lambda: _done(cards), page.gone).answer() if needs_nobody(order) else None


def _for_person(order: HostOrder) -> HostOrder:
    """The order without a PIN that the page has sent: it was used before, or it is not to be used."""
    return order if order.old is None else structs.replace(order, old=structs.replace(order.old, pin=""))


def _wait_ready(page: _Page, worker: Worker, cards: Job[Cards]) -> HostOrder:
    """The order of a spare, which has everything loaded by then, and its driver beside the opening of the window.

    Without a spare that would only hold the window up: the interpreter runs one thread at a time, so there the window
    comes first and the driver's side is loaded by the first look after a card.
    """
    worker.submit(_load)
    order = page.order(SPARE_LIMIT)
    if order is None:
        os._exit(0)
    worker.submit(cards.run)
    return order


class _Page:
    """The other end of stdin: one order, then word that its page has left, until the daemon closes it or dies."""

    def __init__(self, stream: BinaryIO, answers: BinaryIO) -> None:
        self._answers = answers
        self._orders: queue.SimpleQueue[HostOrder] = queue.SimpleQueue()
        self.gone, self.left = threading.Event(), threading.Event()
        threading.Thread(target=self._listen, args=(stream,), name="page", daemon=True).start()

    def order(self, seconds: float) -> HostOrder | None:
        """The order; None when none came within some seconds. A page that goes without one ends the process."""
        try:
            return self._orders.get(timeout=seconds)
        except queue.Empty:
            return None

    def _listen(self, stream: BinaryIO) -> None:
        order = _read(stream, HostOrder)
        if order is None:
            os._exit(0)
        # Before anybody has it: a host that dies without saying so has touched no card, and another may take the order.
        _write(self._answers, TAKEN)
        self._orders.put(order)
        while stream.read(1) == LEFT:
            self.left.set()
        self.gone.set()


def take_stdout() -> BinaryIO:
    """The stream for the answer; whatever a driver prints goes to the log instead."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _say(answers: BinaryIO, answer: HostAnswer) -> None:
    _write(answers, encode(answer))


def _write(answers: BinaryIO, content: bytes) -> None:
    with contextlib.suppress(OSError):  # nobody listens any more; the card is still to be reset
        answers.write(content)
        answers.flush()


def _read(stream: BinaryIO, kind: type[Message]) -> Message | None:
    """The next message; None at the end of the stream. Anything that is no frame ends the process."""
    header = stream.read(HEADER.size)
    if not header:
        return None
    try:
        return decode(stream.read(body_length(header)), kind)
    except FrameError:
        os._exit(_BAD_FRAME)


def _try(make_prompt: Callable[[HostSetup], Prompt], setup: HostSetup) -> Prompt | None:
    """The prompt, or None when there is no way to ask: that is an answer to an order, not a reason to have no host."""
    try:
        return make_prompt(setup)
    except Exception as error:  # a toolkit without a display raises its own kind, another without its files any kind
        print(f"card host: no prompt: {type(error).__name__}", file=sys.stderr)
        return None


def _done(cards: Job[Cards]) -> Cards:
    """The cards, opened now unless they were before; for the driver thread."""
    if not cards.done:
        cards.run()
    return cards.result()


def _load() -> None:
    """Imports what the driver thread needs, in that thread, so that neither the window nor the order waits for it."""
    for name in ("agent.card.card", _CERTIFICATES):
        importlib.import_module(name)


def _open_cards(setup: HostSetup) -> Cards:
    # Beside this thread, which will wait for driver and readers; there already where this host was a spare.
    threading.Thread(target=importlib.import_module, args=(_CERTIFICATES,), name="certificates", daemon=True).start()
    from agent.card.card import Cards

    return Cards(setup)


if __name__ == "__main__":
    main()
