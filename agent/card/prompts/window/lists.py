"""Certificates in rows: a list to choose from with the keyboard, and those that cannot be used, with the reason."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from agent.card.prompts import texts
from agent.card.prompts.window.theme import Theme
from agent.card.prompts.window.widgets import Line, Speaker
from agent.card.prompts.words import Said, kind_of, reader_of, validity_of
from agent.card.view import Offer
from agent.failures import Code, failure
from agent.messages import Translator

if TYPE_CHECKING:
    from agent.card.card import Card

# So many rows are shown at once; the list moves on with the arrow keys.
ROWS, REASONS = 4, 4


class Row(tk.Frame):
    """One certificate to choose: a dot, the holder, and beneath it kind, validity and reader."""

    def __init__(self, parent: tk.Misc, theme: Theme, speaker: Speaker) -> None:
        px, palette = theme.px, theme.palette
        super().__init__(parent, bg=palette.field, padx=px(8), pady=px(5), cursor="hand2")
        self._theme, self._speaker = theme, speaker
        size = px(20)
        self._dot = tk.Canvas(self, width=size, height=size, highlightthickness=0)
        self._dot.grid(row=0, column=0, rowspan=2, padx=(0, px(10)))
        room = theme.content - size - px(50)
        self._holder = Line(self, theme, font=theme.large, width=room)
        self._rest = Line(self, theme, font=theme.small, width=room)
        self._holder.grid(row=0, column=1, sticky="w")
        self._rest.grid(row=1, column=1, sticky="w")

    def bind_click(self, click: Callable[[], None], double: Callable[[], None]) -> None:
        """What a click and a double click anywhere in the row do."""
        for part in (self, self._dot, self._holder, self._rest):
            part.bind("<Button-1>", lambda _: click())
            part.bind("<Double-Button-1>", lambda _: double())

    def tell(self, card: Card, *, marked: bool) -> None:
        """Shows a card, marked or not."""
        palette = self._theme.palette
        ground = palette.calm_paper if marked else palette.field
        self._holder.configure(text=card.facts.holder or "—")
        self._speaker.say(self._rest, lambda translator: description(translator, card))
        for part, ink in ((self._holder, palette.ink), (self._rest, palette.soft)):
            part.configure(bg=ground, fg=ink)
        self.configure(bg=ground)
        self._draw(ground, marked)

    def _draw(self, ground: str, marked: bool) -> None:
        dot, palette, size = self._dot, self._theme.palette, int(self._dot["width"])
        dot.configure(bg=ground)
        dot.delete("all")
        # Written, because a canvas does not smooth its circles, and a font does.
        sign, ink = ("◉", palette.calm) if marked else ("○", palette.line)
        dot.create_text(size / 2, size / 2, text=sign, font=self._theme.large, fill=ink)


class ChoiceList(tk.Frame):
    """The usable certificates: arrow keys move the mark, Return or a double click takes it."""

    def __init__(self, parent: tk.Misc, theme: Theme, speaker: Speaker) -> None:
        palette = theme.palette
        super().__init__(
            parent, bg=palette.field, takefocus=True, highlightthickness=theme.px(2),
            highlightbackground=palette.line, highlightcolor=palette.accent,
        )  # fmt: skip
        self.on_take: Callable[[], None] = lambda: None
        self._cards: tuple[Card, ...] = ()
        self._at = self._first = 0
        self._rows = [Row(self, theme, speaker) for _ in range(ROWS)]
        for index, row in enumerate(self._rows):
            row.bind_click(lambda index=index: self._click(index), lambda: self.on_take())  # type: ignore[misc]
        self._more = Line(self, theme, font=theme.small, color=palette.soft)
        self._more.configure(bg=palette.field, padx=theme.px(8), pady=theme.px(3))
        for key, by in (("<Up>", -1), ("<Down>", 1), ("<Prior>", -ROWS), ("<Next>", ROWS)):
            self.bind(key, lambda _, by=by: self._move(by))  # type: ignore[misc]
        for key in ("<Return>", "<KP_Enter>", "<space>"):
            self.bind(key, lambda _: self.on_take())

    @property
    def marked(self) -> Card | None:
        """The certificate under the mark."""
        return self._cards[self._at] if self._cards else None

    def offer(self, cards: tuple[Card, ...], chosen: bytes) -> None:
        """Shows certificates; the mark stays on the one it was on, or goes to `chosen`, while it is there."""
        wanted = [self.marked.facts.der] if self.marked else []
        self._cards = cards
        ders = [card.facts.der for card in cards]
        self._at = next((ders.index(der) for der in [*wanted, chosen] if der in ders), 0)
        self._show()

    def begin_anew(self) -> None:
        """The next offer begins anew."""
        self._cards = ()

    def _move(self, by: int) -> None:
        if self._cards:
            self._at = min(max(self._at + by, 0), len(self._cards) - 1)
            self._show()

    def _click(self, index: int) -> None:
        self.focus_set()
        self._at = min(self._first + index, len(self._cards) - 1)
        self._show()

    def _show(self) -> None:
        last = max(len(self._cards) - ROWS, 0)
        self._first = min(max(self._first, self._at - ROWS + 1), self._at, last)
        for index, row in enumerate(self._rows):
            place = self._first + index
            if place < len(self._cards):
                row.tell(self._cards[place], marked=place == self._at)
                row.pack(fill="x")
            else:
                row.pack_forget()
        self._more.pack_forget()
        if len(self._cards) > ROWS:
            self._more.configure(text=f"{self._at + 1} / {len(self._cards)}")
            self._more.pack(fill="x")


class ReasonList(tk.Frame):
    """Certificates that cannot be used, and why."""

    def __init__(self, parent: tk.Misc, theme: Theme, speaker: Speaker) -> None:
        super().__init__(parent, bg=theme.palette.paper)
        self._speaker, self._gap = speaker, theme.px(2)
        self._caption = Line(self, theme, font=theme.small, color=theme.palette.soft)
        self._caption.pack(fill="x")
        self._lines = [Line(self, theme, font=theme.small) for _ in range(REASONS + 1)]

    def tell(self, caption: Said, cards: Sequence[Card]) -> None:
        """Shows as many as there is room for, and how many there are beyond."""
        self._speaker.say(self._caption, caption)
        said: list[Said] = [partial(reason, card=card) for card in cards[:REASONS]]
        if len(cards) > REASONS:
            said.append(partial(texts.more, count=len(cards) - REASONS))
        for line in self._lines[len(said) :]:
            line.pack_forget()
        for line, text in zip(self._lines, said, strict=False):
            self._speaker.say(line, text)
            line.pack(fill="x", pady=(self._gap, 0))


class ChoiceView(tk.Frame):
    """The list to choose from, and beneath it what cannot be chosen."""

    def __init__(self, parent: tk.Misc, theme: Theme, speaker: Speaker) -> None:
        super().__init__(parent, bg=theme.palette.paper)
        px = theme.px
        caption = Line(self, theme, font=theme.large)
        speaker.say(caption, texts.CHOOSE)
        caption.pack(fill="x", pady=(px(10), 0))
        hint = Line(self, theme, font=theme.small, color=theme.palette.soft)
        speaker.say(hint, texts.CHOOSE_HOW)
        hint.pack(fill="x", pady=(0, px(4)))
        self.list = ChoiceList(self, theme, speaker)
        self.list.pack(fill="x")
        self._unusable = ReasonList(self, theme, speaker)
        self._gap = px(10)

    def show(self, offer: Offer, chosen: bytes) -> None:
        """Shows what is there; the mark stays where it was."""
        self.list.offer(offer.usable, chosen)
        self._unusable.pack_forget()
        if offer.unusable:
            self._unusable.tell(texts.UNUSABLE, offer.unusable)
            self._unusable.pack(fill="x", pady=(self._gap, 0))


def description(translator: Translator, card: Card) -> str:
    """Kind, validity and reader of a certificate on one line."""
    return " · ".join((kind_of(translator, card), validity_of(translator, card), reader_of(card)))


def reason(translator: Translator, card: Card) -> str:
    """Whose certificate cannot be used, and why."""
    why = translator.gettext(failure(card.problem or Code.NO_CERTIFICATE).meaning)
    said = translator.gettext("• {holder} ({kind}): {why}")
    return said.format(holder=card.facts.holder or "—", kind=kind_of(translator, card), why=why)
