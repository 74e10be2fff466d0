"""Whether a driver may be used that no administrator has installed: which file it is, and what that means."""

from __future__ import annotations

import tkinter as tk

from agent.card.prompts import texts
from agent.card.prompts.window.theme import Theme
from agent.card.prompts.window.widgets import Line, Notice, Speaker


class DriverView(tk.Frame):
    """The question and the file; the answers are buttons of the window."""

    def __init__(self, parent: tk.Misc, theme: Theme, speaker: Speaker) -> None:
        super().__init__(parent, bg=theme.palette.paper)
        notice = Notice(self, theme, speaker)
        notice.tell(texts.DRIVER, texts.DRIVER_HOW, alert=True)
        notice.pack(fill="x", pady=(theme.px(10), 0))
        self._path = Line(self, theme, font=theme.text)
        self._path.pack(fill="x", pady=theme.px(10))

    def show(self, path: str) -> None:
        """Asks about a file."""
        self._path.configure(text=path)
