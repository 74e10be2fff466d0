"""The prompt that is a Tk window."""

from __future__ import annotations

import threading
import time
import tkinter as tk
from collections.abc import Callable
from typing import TYPE_CHECKING

from agent.card.frames import HostOrder, HostSetup
from agent.card.operation import Operation, follow, pause
from agent.card.prompts.window.theme import DARK, LIGHT, scale_of
from agent.card.prompts.window.window import Window
from agent.card.worker import Worker
from agent.failures import Code
from agent.platform.appearance import prefers_dark, sharpen, text_scale

if TYPE_CHECKING:
    from agent.card.card import Cards


class WindowPrompt:
    """The Tk window, built and hidden until an order comes."""

    def __init__(self, root: tk.Tk, setup: HostSetup) -> None:
        self._root = root
        palette = DARK if prefers_dark() else LIGHT
        self._window = Window(root, setup.pin, palette, scale_of(root, text_scale()))

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
        window = self._window
        # First the window, because who asks and why can be read while driver and card, which take longer, get ready.
        window.begin(order)
        self._root.update()
        operation = Operation(order, cards, worker, window, time.monotonic)
        window.on_submit = lambda pin, confirmed, form: operation.submit(pin, last_try_confirmed=confirmed, form=form)
        window.on_choose, window.on_other = operation.choose, operation.choose_another
        window.on_cancel, window.on_tell, window.on_language = operation.cancel, operation.tell, operation.speak
        window.on_permit = operation.permit
        window.on_destroyed = lambda: operation.fail(Code.HOST_FAILED)
        operation.start()
        window.emphasise()
        run_loop(self._root, operation, gone, left)
        window.hide()
        return operation


def open_window(setup: HostSetup) -> WindowPrompt | None:
    """The window, or None where there is no display."""
    sharpen()
    try:
        # A main window of this class finds the desktop's Xft.dpi; the window itself is another, with our own class.
        root = tk.Tk(className="Xft")
    except tk.TclError:
        return None
    root.withdraw()
    # No input method sees the PIN, and none learns it. (Only X11 has such a switch; elsewhere this does nothing.)
    root.tk.call("tk", "useinputmethods", False)
    return WindowPrompt(root, setup)


def run_loop(root: tk.Tk, operation: Operation, gone: threading.Event, left: threading.Event | None = None) -> None:
    """Runs Tk until the operation has its answer, or a callback fails."""

    def tick() -> None:
        follow(operation, gone, left)
        operation.tick()
        if operation.answer is None:
            root.after(int(pause(operation) * 1000), tick)
        else:
            root.quit()

    # Tk would go on after a bug in a callback, without the next tick: a window that nobody can use or close.
    root.report_callback_exception = lambda *_: root.quit()
    # Not called directly: a quit before the main loop runs would be forgotten.
    root.after(0, tick)
    root.mainloop()
