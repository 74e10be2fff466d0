"""A question that is answered with yes or no: what is asked, what that means, and what it is about."""

from __future__ import annotations

import tkinter as tk

from agent.card.prompts.window.theme import Theme
from agent.card.prompts.window.widgets import Line, Notice, Speaker


class QuestionView(tk.Frame):
    """The question and the file or digest that it is about; the answers are buttons of the window."""

    def __init__(self, parent: tk.Misc, theme: Theme, speaker: Speaker) -> None:
        super().__init__(parent, bg=theme.palette.paper)
        self._gap = theme.px(10)
        self._notice = Notice(self, theme, speaker)
        self._notice.pack(fill="x", pady=(self._gap, 0))
        self._detail = Line(self, theme, font=theme.text)

    def show(self, what: str, how: str, detail: str) -> None:
        """Asks."""
        self._notice.tell(what, how, alert=True)
        self._detail.configure(text=detail)
        if detail:
            self._detail.pack(fill="x", pady=self._gap)
        else:
            self._detail.pack_forget()
