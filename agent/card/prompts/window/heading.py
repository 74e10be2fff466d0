"""The upper part of the window: the language, who asks, and for what."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from agent.card.frames import HostOrder
from agent.card.old_asks import OldAsk
from agent.card.prompts import old_texts, texts
from agent.card.prompts.content_text import content_of
from agent.card.prompts.origin_text import Remark, origin_text
from agent.card.prompts.window.content_field import ContentField
from agent.card.prompts.window.origin_field import OriginField
from agent.card.prompts.window.theme import Theme
from agent.card.prompts.window.widgets import Line, Speaker
from agent.card.prompts.words import Said
from agent.messages import languages, name_of


class Band(tk.Frame):
    """The coloured band with the program's name and the switch of the language; `on_language` gets the one chosen."""

    def __init__(self, parent: tk.Misc, theme: Theme, speaker: Speaker) -> None:
        palette = theme.palette
        super().__init__(parent, bg=palette.band, padx=theme.margin, pady=theme.px(8))
        self.on_language: Callable[[str], None] = lambda language: None
        self._theme = theme
        title = Line(self, theme, font=theme.large, color=palette.on_band, width=theme.content // 2)
        speaker.say(title, texts.TITLE)
        title.pack(side="left")
        switch = tk.Frame(self, bg=palette.band)
        switch.pack(side="right")
        self.choices = {language: self._choice(switch, language) for language in languages()}
        self.mark(speaker.language)

    def mark(self, language: str) -> None:
        """Shows which language is spoken."""
        palette = self._theme.palette
        for choice, button in self.choices.items():
            ground, ink = (palette.lead, palette.band) if choice == language else (palette.band, palette.lead)
            button.configure(bg=ground, fg=ink)

    def _choice(self, switch: tk.Frame, language: str) -> tk.Button:
        theme, palette = self._theme, self._theme.palette
        button = tk.Button(
            switch, text=name_of(language), font=theme.small, command=lambda: self.on_language(language), relief="flat",
            bd=0, padx=theme.px(7), pady=theme.px(1), highlightthickness=theme.px(2), highlightbackground=palette.band,
            highlightcolor=palette.on_band, activebackground=palette.lead, activeforeground=palette.band,
            cursor="hand2",
        )  # fmt: skip
        for key in ("<Return>", "<KP_Enter>"):
            button.bind(key, lambda _: button.invoke())
        button.pack(side="left")
        return button


class Heading(tk.Frame):
    """The site in full and the purpose, each beneath its name; what is odd about the site's address beneath it."""

    def __init__(self, parent: tk.Misc, theme: Theme, speaker: Speaker) -> None:
        palette = theme.palette
        super().__init__(parent, bg=palette.paper)
        self._palette, self._speaker = palette, speaker
        self._theme = theme
        self._site = self._caption(self, theme, texts.SITE)
        self._origin = OriginField(self, theme)
        self._readable = Line(self, theme, font=theme.text)
        self._remark = Line(self, theme, font=theme.small, width=theme.content - theme.px(20))
        self._remark.configure(padx=theme.px(10), pady=theme.px(3))
        for line in (self._origin, self._readable, self._remark):
            line.pack(fill="x")
        self._asked = tk.Frame(self, bg=palette.paper)
        self._about = self._caption(self._asked, theme, texts.PURPOSE)
        self._purpose = Line(self._asked, theme, font=theme.large)
        self._purpose.pack(fill="x")
        self._content: ContentField | None = None
        self._gap = theme.px(6)
        self.show_purpose(True)
        self._text, self._small = theme.text, theme.small

    def tell(self, order: HostOrder) -> None:
        """Shows who asks for what."""
        shown = origin_text(order.origin)
        self._origin.tell(shown)
        self._speaker.say(self._site, old_texts.caption(order))
        self._speaker.say(self._purpose, old_texts.purpose(order))
        if order.old is not None:
            self._tell_content(order.old)
        if shown.readable:
            self._speaker.say(self._readable, lambda t: f"{t.gettext(texts.READABLE)}: {shown.readable}")
        else:
            self._readable.pack_forget()
        if shown.remark is Remark.NONE:
            self._remark.pack_forget()
        else:
            self._mark(texts.REMARKS[shown.remark], alert=shown.remark is Remark.LOOK_ALIKE)

    def emphasise(self) -> None:
        """Makes the part of the site's name stand out that somebody has registered."""
        self._origin.emphasise()

    def show_purpose(self, yes: bool) -> None:
        """Whether the purpose is shown; it belongs to a PIN."""
        if yes:
            self._asked.pack(fill="x", pady=(self._gap, 0))
        else:
            self._asked.pack_forget()

    def shrink(self) -> bool:
        """Takes a line less for what is signed; whether that was possible."""
        return self._content is not None and self._content.shrink()

    def drop_caption(self) -> bool:
        """Takes the name of the purpose away, which says for itself what it is; whether it was there."""
        there = bool(self._about.winfo_manager())
        self._about.pack_forget()
        return there

    def _tell_content(self, old: OldAsk) -> None:
        """What is signed, beneath the purpose, and what to beware of."""
        theme, palette, gap = self._theme, self._palette, (self._theme.px(3), 0)
        content = content_of(old)
        if content is not None and (shown := old_texts.below_purpose(content)):
            self._content = ContentField(self._asked, theme)
            self._content.tell(shown)
            self._content.pack(fill="x", pady=gap)
        for caution in old_texts.cautions(old):
            line = Line(self._asked, theme, font=theme.small, color=palette.alert, width=theme.content - theme.px(20))
            line.configure(bg=palette.alert_paper, padx=theme.px(10), pady=theme.px(2))
            self._speaker.say(line, caution)
            line.pack(fill="x", pady=gap)

    def _mark(self, said: Said, *, alert: bool) -> None:
        palette = self._palette
        self._speaker.say(self._remark, said)
        ground, ink = (palette.alert, palette.paper) if alert else (palette.panel, palette.soft)
        self._remark.configure(bg=ground, fg=ink, font=self._text if alert else self._small)

    def _caption(self, parent: tk.Misc, theme: Theme, said: Said) -> Line:
        caption = Line(parent, theme, font=theme.small, color=theme.palette.soft)
        self._speaker.say(caption, said)
        caption.pack(fill="x")
        return caption
