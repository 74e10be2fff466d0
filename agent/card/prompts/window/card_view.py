"""The card and the PIN: holder, kind, validity, reader, tries left; the field, or the reader's own keys."""

from __future__ import annotations

import tkinter as tk
from typing import TYPE_CHECKING

from agent.card.operation import LAST_TRY
from agent.card.prompts import texts
from agent.card.prompts.window.pin_field import PinField
from agent.card.prompts.window.theme import Theme
from agent.card.prompts.window.widgets import Check, Line, Notice, Speaker
from agent.card.prompts.words import Words, day, reader_of
from agent.failures import Text
from agent.settings import PinForm

if TYPE_CHECKING:
    from agent.card.card import Card

_CAPTIONS = (texts.HOLDER, texts.KIND, texts.VALID, texts.READER, texts.TRIES)


class CardFacts(tk.Frame):
    """The panel with what is known of the card."""

    def __init__(self, parent: tk.Misc, theme: Theme, speaker: Speaker) -> None:
        palette, px = theme.palette, theme.px
        super().__init__(parent, bg=palette.panel, padx=px(14), pady=px(8))
        self._theme, self._speaker = theme, speaker
        captions = px(165)
        self.columnconfigure(0, minsize=captions)
        self._values: list[Line] = []
        for row, name in enumerate(_CAPTIONS):
            caption = Line(self, theme, font=theme.small, color=palette.soft)
            speaker.say(caption, name)
            caption.grid(row=row, column=0, sticky="w", pady=px(1))
            font = theme.large if name is texts.HOLDER else theme.text
            value = Line(self, theme, font=font, width=theme.content - captions - px(28))
            value.grid(row=row, column=1, sticky="w", pady=px(1))
            self._values.append(value)
        self.empty()

    def empty(self) -> None:
        """No card yet: the panel keeps its place."""
        for value in self._values:
            value.configure(text="…", fg=self._theme.palette.soft)

    def tell(self, card: Card) -> None:
        """Shows a card; all text that comes from it or its reader is made harmless."""
        words, palette = self._speaker.words, self._theme.palette
        kind = words.both(Text(card.family.zh, card.family.en))
        tries = words.both(texts.tries(card.tries_left))
        said = (card.facts.holder, kind, day(card.facts.not_after), reader_of(card), tries)
        for value, text in zip(self._values, said, strict=True):
            value.configure(text=text, fg=palette.ink)
        if card.tries_left == LAST_TRY:
            self._values[-1].configure(fg=palette.alert, font=self._theme.large)
        else:
            self._values[-1].configure(font=self._theme.text)


class CardView(tk.Frame):
    """The panel, the PIN field with its hint and switch, and the message about the last PIN."""

    def __init__(self, parent: tk.Misc, theme: Theme, speaker: Speaker, form: PinForm) -> None:
        super().__init__(parent, bg=theme.palette.paper)
        self._theme, self._speaker = theme, speaker
        px = theme.px
        self.facts = CardFacts(self, theme, speaker)
        self.facts.pack(fill="x", pady=(px(10), 0))
        self._entry = tk.Frame(self, bg=theme.palette.paper)
        self._entry.pack(fill="x", pady=(px(10), 0))
        caption = Line(self._entry, theme)
        speaker.say(caption, texts.PIN)
        caption.pack(fill="x")
        self.field = PinField(self._entry, theme, form)
        self.field.pack(fill="x", pady=(px(2), 0))
        # Two lines always, so that nothing moves while the person types.
        self._hint = Line(self._entry, theme, font=theme.small, color=theme.palette.soft)
        self._hint.configure(height=2)
        self._hint.pack(fill="x", pady=(px(3), 0))
        self.switch = Check(self._entry, theme, mnemonic="l")
        self.switch.set(form == "printable")
        speaker.say(self.switch.label, texts.FORM_SWITCH)
        self.switch.pack(fill="x")
        self._pinpad = Notice(self, theme, speaker)
        self.last_try = Check(self, theme, color=theme.palette.alert, mnemonic="k")
        speaker.say(self.last_try.label, texts.LAST_TRY, Words.stacked)
        self.message = Notice(self, theme, speaker)
        self.field.on_note = self.note
        self.switch.on_change = self._switched
        self.note(None)

    def wait(self) -> None:
        """No card yet: everything has its place, nothing can be typed."""
        self.facts.empty()
        self._rest()
        self._hinting(texts.READING)

    def show(self, card: Card) -> None:
        """A card, an empty field (or the reader's keys) that takes nothing yet, no message."""
        self.facts.tell(card)
        self._rest()
        if card.pinpad:
            self._entry.pack_forget()
            self._pinpad.tell(texts.PINPAD, texts.PINPAD_HOW, alert=False)
            self._pinpad.pack(fill="x", pady=(self._theme.px(10), 0), after=self.facts)
        if card.tries_left == LAST_TRY:
            self.last_try.pack(fill="x", pady=(self._theme.px(8), 0))
        self.note(None)

    def take(self, *, early: bool) -> None:
        """From now on keys are taken; `early` says that some came before."""
        self.field.enable(True)
        if early:
            self.note(texts.NOTE_EARLY)

    def say(self, what: Text, how: Text | None) -> None:
        """A message about the last PIN; it stays while the next one is typed."""
        self.message.tell(what, how, alert=True)
        self.message.pack(fill="x", pady=(self._theme.px(8), 0))

    def work(self, text: Text) -> None:
        """The card is at work: the field is empty and takes nothing."""
        self.field.clear()
        self.field.enable(False)
        self._hinting(text)
        self._pinpad.tell(text, texts.PINPAD_CANCEL, alert=False)

    def note(self, note: Text | None) -> None:
        """Why a key was not taken, in the hint's place; None brings the hint back."""
        if note is None:
            self._hinting(texts.HINT[self.field.form])
        else:
            self._speaker.say(self._hint, note, Words.stacked)
            self._hint.configure(fg=self._theme.palette.alert)

    def _hinting(self, text: Text) -> None:
        self._speaker.say(self._hint, text, Words.stacked)
        self._hint.configure(fg=self._theme.palette.soft)

    def _rest(self) -> None:
        self.field.clear()
        self.field.enable(False)
        self.last_try.set(False)
        for part in (self.message, self.last_try, self._pinpad):
            part.pack_forget()
        self._entry.pack(fill="x", pady=(self._theme.px(10), 0), after=self.facts)

    def _switched(self) -> None:
        self.field.form = "printable" if self.switch.on else "digits"
        self.field.clear()
        self.note(None)
        self.field.focus_set()
