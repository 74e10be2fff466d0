"""Keeps keys that were meant for another window out of this one.

The window comes up by itself, in front and with the keyboard, perhaps while a person types a PIN or a password into
another program. So keys are taken only once it has been there for a moment and no key has come for a moment.
"""

from __future__ import annotations

import time
import tkinter as tk
from collections.abc import Callable

# Seconds: since the window came up, and since the last key that was not taken (fast typists leave 0.1 to 0.2).
SHOWN_FOR, WITHOUT_KEYS = 0.4, 0.3
# Seconds until a button that tells or allows a site something can be clicked: a page may have had the person click
# twice where it comes up (browsers wait as long before their own questions can be answered).
BEFORE_TELLING = 1.0
_TAG = "CardLoginQuiet"


class Quiet:
    """Swallows keys until the person has paused; `on_settled` tells when that is, `on_swallowed` that one was lost.

    Escape always passes: it can only end the order.
    """

    def __init__(self, window: tk.Toplevel) -> None:
        self.settled = False
        self.on_settled: Callable[[], None] = lambda: None
        self.on_unsettled: Callable[[], None] = lambda: None
        self.on_swallowed: Callable[[], None] = lambda: None
        self._window = window
        self._until = float("inf")
        self._last_key = float("-inf")
        self._timer = ""
        self._had_focus = False
        window.bind_class(_TAG, "<KeyPress>", self._key)
        window.bind_class(_TAG, "<Escape>", lambda _: None)
        window.bind("<FocusIn>", self._focus_in, add=True)
        window.bind("<FocusOut>", self._focus_out, add=True)

    def guard(self, widget: tk.Misc) -> None:
        """Comes before all other bindings of a widget and of those inside it."""
        tags = widget.bindtags()
        if _TAG not in tags:
            widget.bindtags((_TAG, *tags))
        for child in widget.winfo_children():
            self.guard(child)

    def shown(self) -> None:
        """The window has come up."""
        self._wait(SHOWN_FOR)

    def again(self) -> None:
        """What keys would do has changed: what is being typed now was meant for something else."""
        self._wait(WITHOUT_KEYS)

    def asking(self) -> None:
        """A question has come up whose "yes" may lie where a page has had the person click."""
        self._wait(max(WITHOUT_KEYS, BEFORE_TELLING))

    def opening(self) -> None:
        """Keys are about to be taken that did nothing so far: not in the middle of a word."""
        if time.monotonic() - self._last_key < WITHOUT_KEYS:
            self.again()

    def stop(self) -> None:
        """The window is gone."""
        if self._timer:
            self._window.after_cancel(self._timer)

    def _wait(self, seconds: float) -> None:
        now = time.monotonic()
        waiting = self._until if not self.settled and self._timer else now
        self.settled = False
        self.on_unsettled()
        self._until = max(waiting, now + seconds)
        self._plan()

    def _plan(self) -> None:
        if self._timer:
            self._window.after_cancel(self._timer)
        left = max(self._until - time.monotonic(), 0)
        self._timer = self._window.after(int(left * 1000) + 1, self._settle)

    def _settle(self) -> None:
        self._timer = ""
        self.settled = True
        self.on_settled()

    def _key(self, event: tk.Event[tk.Misc]) -> str | None:
        self._last_key = time.monotonic()
        if self.settled:
            return None
        self._until = max(self._until, self._last_key + WITHOUT_KEYS)
        self._plan()
        if event.char and event.char.isprintable():
            self.on_swallowed()
        return "break"

    def _focus_in(self, event: tk.Event[tk.Misc]) -> None:
        if event.widget is self._window and not self._had_focus:
            self._had_focus = True
            self.again()

    def _focus_out(self, event: tk.Event[tk.Misc]) -> None:
        # Keys came to another window in between; whoever gives the keyboard back may do so in the middle of a word.
        if event.widget is self._window:
            self._had_focus = False
