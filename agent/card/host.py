"""The card host: a child process that carries out one order, from one frame on stdin to one frame on stdout."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
import tkinter as tk
from typing import TYPE_CHECKING, BinaryIO

from agent import platform
from agent.card.frames import HEADER, FrameError, HostAnswer, HostOrder, body_length, decode, encode
from agent.card.operation import Operation
from agent.card.window import Window
from agent.card.worker import Worker
from agent.failures import Code

if TYPE_CHECKING:
    from agent.card.card import Cards

_TICK_MS = 5
_RESET_LIMIT = 3.0


def main() -> None:
    """Carries out the order on stdin, writes the answer to stdout and ends the process."""
    platform.harden()
    answers = _take_stdout()
    try:
        order = _read_order(sys.stdin.buffer)
    except FrameError:
        os._exit(2)
    operation = _converse(order, _page_gone(sys.stdin.buffer))
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


def _read_order(stream: BinaryIO) -> HostOrder:
    body = stream.read(body_length(stream.read(HEADER.size)))
    return decode(body, HostOrder)


def _page_gone(stream: BinaryIO) -> threading.Event:
    """Tells when the daemon closes our stdin or dies: then the page is gone and nothing may be signed any more."""
    gone = threading.Event()

    def wait() -> None:
        stream.read(1)
        gone.set()

    threading.Thread(target=wait, name="page", daemon=True).start()
    return gone


def _converse(order: HostOrder, gone: threading.Event) -> Operation:
    root = tk.Tk(className="CardLogin")
    root.withdraw()
    window = Window(root, order)
    # First the window, because who asks and why can be read while driver and card, which take longer, get ready.
    window.show()
    root.update()
    worker = Worker()
    worker.start()
    cards = worker.submit(lambda: _open_cards(order))
    operation = Operation(order, cards.result, worker, window, time.monotonic)
    window.on_submit = lambda pin, confirmed: operation.submit(pin, last_try_confirmed=confirmed)
    window.on_cancel = operation.cancel
    operation.start()
    _loop(root, operation, gone)
    root.destroy()
    return operation


def _open_cards(order: HostOrder) -> Cards:
    # Imported here, in the driver thread, so that the window need not wait for it.
    from agent.card.card import Cards

    return Cards(order.drivers)


def _loop(root: tk.Tk, operation: Operation, gone: threading.Event) -> None:
    def tick() -> None:
        if gone.is_set():
            operation.cancel()
        operation.tick()
        if operation.answer is None:
            root.after(_TICK_MS, tick)
        else:
            root.quit()

    # Tk would go on after a bug in a callback, without the next tick: a window that nobody can use or close.
    root.report_callback_exception = lambda *_: root.quit()
    # Not called directly: a quit before the main loop runs would be forgotten.
    root.after(0, tick)
    root.mainloop()


if __name__ == "__main__":
    main()
