"""The card and the PIN: holder, kind, validity, reader, tries left; the field, or the reader's own keys."""

from __future__ import annotations

import tkinter as tk
from functools import partial
from typing import TYPE_CHECKING

from agent.card.operation import LAST_TRY
from agent.card.prompts import old_texts, texts
from agent.card.prompts.window.lists import description
from agent.card.prompts.window.pin_field import PinField
from agent.card.prompts.window.theme import Theme
from agent.card.prompts.window.widgets import Check, Line, Notice, Speaker
from agent.card.prompts.words import Said, day, kind_of, reader_of
from agent.messages import Translator
from agent.settings import PinForm

if TYPE_CHECKING:
    from agent.card.card import Card

_LEAD = (texts.LEAD, texts.LEAD_HOW)
# The width of the captions, in both panels.
CAPTIONS = 120
_NAMES = (texts.HOLDER, texts.KIND, texts.VALID, texts.READER, texts.TRIES)
_SHARED = (2, 3)
# Between the parts, in pixels at 96 dpi; less where the window would get too tall for the screen.
_WIDE, _TIGHT = 10, 3


class CardFacts(tk.Frame):
    """The panel with what is known of the card."""

    def __init__(self, parent: tk.Misc, theme: Theme, speaker: Speaker) -> None:
        palette, px = theme.palette, theme.px
        super().__init__(parent, bg=palette.panel, padx=px(14), pady=px(6))
        self._theme, self._speaker = theme, speaker
        captions = px(CAPTIONS)
        self.columnconfigure(0, minsize=captions)
        self._values: list[Line] = []
        self._compact = False
        for row, name in enumerate(_NAMES):
            caption = Line(self, theme, font=theme.small, color=palette.soft)
            speaker.say(caption, name)
            caption.grid(row=row, column=0, sticky="w", pady=px(1))
            font = theme.large if name is texts.HOLDER else theme.text
            value = Line(self, theme, font=font, width=theme.content - captions - px(28))
            value.grid(row=row, column=1, sticky="w", pady=px(1))
            self._values.append(value)
        # The last row is written large for a last try.
        self.rowconfigure(len(_NAMES) - 1, minsize=theme.large.metrics("linespace") + px(2))
        self.empty()

    def empty(self) -> None:
        """No card yet: the panel keeps its place."""
        for value in self._values:
            self._speaker.say(value, lambda _: "…")
            value.configure(fg=self._theme.palette.soft)

    def compact(self) -> None:
        """From now on kind, validity and reader share a row, because what is signed needs the room."""
        self._compact = True
        self._hide(*_SHARED)
        self._values[1].configure(font=self._theme.small)

    def shrink(self) -> bool:
        """On a low screen that row goes too; whether it was there."""
        return self._compact and self._hide(1)

    def tell(self, card: Card) -> None:
        """Shows a card; all text that comes from it or its reader is made harmless."""
        holder, until, reader = card.facts.holder, day(card.facts.not_after), reader_of(card)
        kind = partial(description if self._compact else kind_of, card=card)
        said: tuple[Said, ...] = (
            lambda _: holder, kind, lambda _: until, lambda _: reader,
            partial(texts.tries, left=card.tries_left),
        )  # fmt: skip
        for value, text in zip(self._values, said, strict=True):
            self._speaker.say(value, text)
            value.configure(fg=self._theme.palette.ink)
        last = card.tries_left == LAST_TRY
        font = self._theme.large if last else self._theme.text
        self._values[-1].configure(fg=self._theme.palette.alert if last else self._theme.palette.ink, font=font)

    def _hide(self, *rows: int) -> bool:
        parts = [part for row in rows for part in self.grid_slaves(row=row)]
        for part in parts:
            part.grid_remove()
        return bool(parts)


class CardView(tk.Frame):
    """The panel, what is to be done or what was wrong, and beneath it the PIN field with its hint and switch.

    The notice has room for any message, and the field stays where it is whatever is said.
    """

    def __init__(self, parent: tk.Misc, theme: Theme, speaker: Speaker, form: PinForm) -> None:
        super().__init__(parent, bg=theme.palette.paper)
        self._theme, self._speaker, self._form = theme, speaker, form
        self._last, self._last_how = False, texts.ASK_LAST_TRY_HOW
        self._calm, self._left, self._lead = False, False, _LEAD  # nothing is wrong; the page has left; what to do
        px = theme.px
        self._gap = px(_WIDE)
        self.facts = CardFacts(self, theme, speaker)
        self.facts.pack(fill="x", pady=(self._gap, 0))
        self.message = Notice(self, theme, speaker, lines=2)
        self.message.pack(fill="x", pady=(self._gap, 0))
        self._entry = tk.Frame(self, bg=theme.palette.paper)
        caption = Line(self._entry, theme)
        speaker.say(caption, texts.PIN)
        caption.pack(fill="x")
        self.field = PinField(self._entry, theme, form)
        self.field.pack(fill="x", pady=(px(2), 0))
        # A line always, so that nothing moves while the person types.
        self._hint = Line(self._entry, theme, font=theme.small, color=theme.palette.soft)
        self._hint.pack(fill="x", pady=(px(3), 0))
        self.last_try = Check(self, theme, color=theme.palette.alert, mnemonic="k")
        speaker.say(self.last_try.label, texts.LAST_TRY)
        # The place of the switch is kept too: it comes with the first letter.
        self._place = tk.Frame(self, bg=theme.palette.paper, height=theme.small.metrics("linespace") + px(8))
        self._place.pack_propagate(False)
        self.switch = Check(self._place, theme, mnemonic="l")
        speaker.say(self.switch.label, texts.FORM_SWITCH)
        self.switch.set(form == "printable")
        self.field.on_note = self.note
        self.switch.on_change = self._switched
        self.wait()

    def wait(self) -> None:
        """No card yet: everything has its place, nothing can be typed."""
        self.facts.empty()
        self._rest(pinpad=False, last=False)
        self.message.tell(texts.READING, alert=False)

    def show(self, card: Card) -> None:
        """A card, an empty field (or the reader's keys) that takes nothing yet, and what is to be done."""
        self.facts.tell(card)
        self._rest(pinpad=card.pinpad, last=card.tries_left == LAST_TRY)
        self._last_how = texts.ASK_LAST_TRY_PINPAD if card.pinpad else texts.ASK_LAST_TRY_HOW
        if self._last:
            self.message.tell(texts.ASK_LAST_TRY, self._last_how, alert=True)
        else:
            self._calm, self._lead = True, (texts.PINPAD, texts.PINPAD_HOW) if card.pinpad else _LEAD
            self._guide()

    def shrink(self) -> bool:
        """Takes a little less room on a low screen; whether that was possible."""
        return self.facts.shrink() or self._tighten()

    def take(self, *, early: bool) -> None:
        """From now on keys are taken; `early` says that some came before."""
        self.field.enable(True)
        if early:
            self.note(texts.NOTE_EARLY)

    def page_left(self) -> None:
        """From now on that is said where nothing worse is."""
        self._left = True
        if self._calm:
            self._guide()

    def say(self, what: str, how: Said) -> None:
        """A message about the last PIN; it stays while the next one is typed. The last try is explained in any case."""
        self._calm = False
        if self._last:
            self.message.tell(partial(_and_last_try, what=what), self._last_how, alert=True)
        else:
            self.message.tell(what, how, alert=True)

    def work(self, said: Said, how: Said = "") -> None:
        """The card is at work: the field is empty and takes nothing."""
        self._calm = False
        self.field.clear()
        self.field.enable(False)
        self.message.tell(said, how, alert=False)

    def note(self, note: Said | None) -> None:
        """Why a key was not taken, in the hint's place; None brings the hint back."""
        if note == texts.NOTE_DIGITS_ONLY:
            self.switch.pack(fill="x")
        self._speaker.say(self._hint, texts.HINT[self.field.form] if note is None else note)
        self._hint.configure(fg=self._theme.palette.soft if note is None else self._theme.palette.alert)

    def _tighten(self) -> bool:
        """Less between the parts."""
        if self._gap == self._theme.px(_TIGHT):
            return False
        self._gap = self._theme.px(_TIGHT)
        for part in (self.facts, self.message, self._entry):
            if part.winfo_manager():
                part.pack_configure(pady=(self._gap, 0))
        return True

    def _guide(self) -> None:
        what, how = (old_texts.LEFT, old_texts.LEFT_HOW) if self._left else self._lead
        self.message.tell(what, how, alert=False)

    def _rest(self, *, pinpad: bool, last: bool) -> None:
        """As it is before anything is typed."""
        self.field.clear()
        self.field.enable(False)
        self._last, self._calm = last, False
        self.last_try.set(False)
        for part in (self._entry, self.last_try, self._place):
            part.pack_forget()
        if not pinpad:
            self._entry.pack(fill="x", pady=(self._gap, 0))
        if last:
            self.last_try.pack(fill="x")
        if not pinpad:
            self._place.pack(fill="x")
        if self.switch.on:
            self.switch.pack(fill="x")
        self.note(None)

    def _switched(self) -> None:
        self.field.form = "printable" if self.switch.on else "digits"
        self.field.clear()
        self.note(None)
        self.field.focus_set()


def _and_last_try(translator: Translator, what: str) -> str:
    return translator.gettext("{what} This is the last try.").format(what=translator.gettext(what))
