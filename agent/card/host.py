"""The card host: a child process that carries out one order, from one frame on stdin to one frame on stdout."""

from __future__ import annotations

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
    try:
        order = _read_order(sys.stdin.buffer)
    except FrameError:
        os._exit(2)
    threading.Thread(target=_end_with_daemon, args=(sys.stdin.buffer,), daemon=True).start()
    operation = _converse(order)
    answer = operation.answer or HostAnswer(code=Code.INTERNAL.value)
    sys.stdout.buffer.write(encode(answer))
    sys.stdout.buffer.flush()
    # The page has its answer; what remains is to leave no card verified. A hanging driver must not hold the process.
    operation.reset_cards().wait(_RESET_LIMIT)
    os._exit(0)


def _read_order(stream: BinaryIO) -> HostOrder:
    body = stream.read(body_length(stream.read(HEADER.size)))
    return decode(body, HostOrder)


def _end_with_daemon(stream: BinaryIO) -> None:
    """Ends this process when the daemon closes our stdin or dies: the page is gone, so nothing may be signed."""
    stream.read(1)
    os._exit(3)


def _converse(order: HostOrder) -> Operation:
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
    _loop(root, operation)
    root.destroy()
    return operation


def _open_cards(order: HostOrder) -> Cards:
    # Imported here, in the driver thread, so that the window need not wait for it.
    from agent.card.card import Cards

    return Cards(order.drivers)


def _loop(root: tk.Tk, operation: Operation) -> None:
    def tick() -> None:
        operation.tick()
        if operation.answer is None:
            root.after(_TICK_MS, tick)
        else:
            root.quit()

    # Not called directly: a quit before the main loop runs would be forgotten.
    root.after(0, tick)
    root.mainloop()


if __name__ == "__main__":
    main()
