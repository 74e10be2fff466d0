"""The upper part of the window: who asks, and for what."""

from __future__ import annotations

import tkinter as tk

from agent.card.prompts import texts
from agent.card.prompts.origin_text import Remark, origin_text
from agent.card.prompts.window.theme import Theme
from agent.card.prompts.window.widgets import Line, Speaker
from agent.failures import Text
from agent.order import Purpose


class Band(tk.Frame):
    """The coloured band with the program's name."""

    def __init__(self, parent: tk.Misc, theme: Theme, speaker: Speaker) -> None:
        palette = theme.palette
        super().__init__(parent, bg=palette.band, padx=theme.margin, pady=theme.px(10))
        title = Line(self, theme, font=theme.large, color=palette.on_band)
        title.configure(text=f"{texts.TITLE.zh} {texts.TITLE.en}")
        title.pack(fill="x")
        lead = Line(self, theme, font=theme.small, color=palette.lead)
        speaker.say(lead, texts.LEAD, type(speaker.words).stacked)
        lead.pack(fill="x")


class Heading(tk.Frame):
    """The site in full and the purpose; what is odd about the site's address stands beneath it."""

    def __init__(self, parent: tk.Misc, theme: Theme, speaker: Speaker) -> None:
        palette = theme.palette
        super().__init__(parent, bg=palette.paper)
        self._palette, self._speaker = palette, speaker
        self._caption(theme, texts.SITE)
        # A long origin is broken into lines, never cut: the end of a host name is what tells a forgery.
        self._origin = Line(self, theme, font=theme.large)
        self._readable = Line(self, theme, font=theme.text)
        self._remark = Line(self, theme, font=theme.small, width=theme.content - theme.px(20))
        self._remark.configure(padx=theme.px(10), pady=theme.px(5))
        for line in (self._origin, self._readable, self._remark):
            line.pack(fill="x", pady=(0, theme.px(2)))
        row = tk.Frame(self, bg=palette.paper)
        row.pack(fill="x", pady=(theme.px(4), 0))
        caption = Line(row, theme, font=theme.small, color=palette.soft)
        speaker.say(caption, texts.PURPOSE)
        caption.pack(side="left", padx=(0, theme.px(12)))
        self._purpose = Line(row, theme, font=theme.large, width=theme.content - theme.px(120))
        self._purpose.pack(side="left", fill="x")
        self._text, self._small = theme.text, theme.small

    def tell(self, origin: str, purpose: Purpose) -> None:
        """Shows who asks for what."""
        shown = origin_text(origin)
        self._origin.configure(text=shown.origin)
        self._speaker.say(self._purpose, texts.PURPOSES[purpose])
        if shown.readable:
            caption = self._speaker.words.both(texts.READABLE)
            self._readable.configure(text=f"{caption}:  {shown.readable}")
        else:
            self._readable.pack_forget()
        if shown.remark is Remark.NONE:
            self._remark.pack_forget()
        else:
            self._mark(texts.REMARKS[shown.remark], alert=shown.remark is Remark.LOOK_ALIKE)

    def _mark(self, text: Text, *, alert: bool) -> None:
        palette = self._palette
        self._speaker.say(self._remark, text, type(self._speaker.words).stacked)
        ground, ink = (palette.alert, palette.paper) if alert else (palette.panel, palette.soft)
        self._remark.configure(bg=ground, fg=ink, font=self._text if alert else self._small)

    def _caption(self, theme: Theme, text: Text) -> None:
        caption = Line(self, theme, font=theme.small, color=theme.palette.soft)
        self._speaker.say(caption, text)
        caption.pack(fill="x", pady=(theme.px(4), 0))
