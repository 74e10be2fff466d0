"""How a person is asked: the toolkit is made ready before an order is known, then shows it until there is an answer."""

from __future__ import annotations

import threading
import time
import tkinter as tk
from collections.abc import Callable
from typing import TYPE_CHECKING

from agent.card.frames import HostOrder, HostSetup
from agent.card.operation import Operation
from agent.card.window import Window
from agent.card.worker import Worker

if TYPE_CHECKING:
    from agent.card.card import Cards

_TICK_MS = 5


class WindowPrompt:
    """The Tk window. Made in the main thread, and used there only."""

    def __init__(self, setup: HostSetup) -> None:
        self._root = tk.Tk(className="CardLogin")
        self._root.withdraw()

    def run(self, order: HostOrder, worker: Worker, cards: Callable[[], Cards], gone: threading.Event) -> Operation:
        """Asks until the operation has its answer; `cards` belongs to the driver thread, `gone`: the page has left."""
        root = self._root
        window = Window(root, order)
        # First the window, because who asks and why can be read while driver and card, which take longer, get ready.
        window.show()
        root.update()
        operation = Operation(order, cards, worker, window, time.monotonic)
        window.on_submit = lambda pin, confirmed: operation.submit(pin, last_try_confirmed=confirmed)
        window.on_cancel = operation.cancel
        operation.start()
        _loop(root, operation, gone)
        root.destroy()
        return operation


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
