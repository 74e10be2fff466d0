"""The card host: a child process that carries out one order, from one frame on stdin to one frame on stdout."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from typing import TYPE_CHECKING, BinaryIO

from agent import platform
from agent.card.frames import HEADER, FrameError, HostAnswer, HostOrder, HostSetup, Message, body_length, decode, encode
from agent.card.prompt import WindowPrompt
from agent.card.worker import Worker
from agent.failures import Code

if TYPE_CHECKING:
    from agent.card.card import Cards

_RESET_LIMIT = 3.0


def main() -> None:
    """Carries out the order on stdin, writes the answer to stdout and ends the process."""
    platform.harden()
    answers = _take_stdout()
    try:
        setup = _read(sys.stdin.buffer, HostSetup)
        prompt = WindowPrompt(setup)
        order = _read(sys.stdin.buffer, HostOrder)
    except FrameError:
        os._exit(2)
    worker = Worker()
    worker.start()
    cards = worker.submit(lambda: _open_cards(setup))
    operation = prompt.run(order, worker, cards.result, _page_gone(sys.stdin.buffer))
    answer = operation.answer or HostAnswer(code=Code.INTERNAL.value)
    with contextlib.suppress(OSError):  # nobody listens any more; the card is still to be reset
        answers.write(encode(answer))
        answers.flush()
    # The page has its answer; what remains is to leave no card verified. A hanging driver must not hold the process.
    operation.reset_cards().wait(_RESET_LIMIT)
    os._exit(0)


def _take_stdout() -> BinaryIO:
    """The stream for the answer; whatever a driver prints goes to the log instead."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _read(stream: BinaryIO, kind: type[Message]) -> Message:
    body = stream.read(body_length(stream.read(HEADER.size)))
    return decode(body, kind)


def _page_gone(stream: BinaryIO) -> threading.Event:
    """Tells when the daemon closes our stdin or dies: then the page is gone and nothing may be signed any more."""
    gone = threading.Event()

    def wait() -> None:
        stream.read(1)
        gone.set()

    threading.Thread(target=wait, name="page", daemon=True).start()
    return gone


def _open_cards(setup: HostSetup) -> Cards:
    # Imported here, in the driver thread, so that the window need not wait for it.
    from agent.card.card import Cards

    return Cards(setup)


if __name__ == "__main__":
    main()
