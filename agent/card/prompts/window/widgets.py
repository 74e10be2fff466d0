"""The small parts of the window: labels that change their language, buttons, a check box, a notice."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from typing import Any

from agent.card.prompts.window.theme import Theme
from agent.card.prompts.words import Said, say
from agent.messages import DEFAULT, translator


class Speaker:
    """Puts texts on widgets in one language, and again when another is chosen."""

    def __init__(self) -> None:
        self.language = DEFAULT
        self._said: dict[tk.Misc, Said] = {}

    def say(self, widget: tk.Label | tk.Button, said: Said) -> None:
        """Shows a text on a widget."""
        if self._said.get(widget) != said:
            self._said[widget] = said
            self._show(widget, said)

    def speak(self, language: str) -> None:
        """Says everything in a language."""
        if language != self.language:
            self.language = language
            for widget, said in self._said.items():
                self._show(widget, said)

    def text(self, said: Said) -> str:
        """A text in the language that is spoken."""
        return say(translator(self.language), said)

    def _show(self, widget: tk.Misc, said: Said) -> None:
        text = unbroken(self.text(said))
        mnemonic = getattr(widget, "mnemonic", "")
        if mnemonic:
            text, place = underlined(text, mnemonic)
            widget.configure({"text": text, "underline": place})
        else:
            widget.configure({"text": text})


def underlined(text: str, mnemonic: str) -> tuple[str, int]:
    """A text and the place of its mnemonic letter, which is put behind a text without it as usual in Chinese."""
    place = text.lower().find(mnemonic)
    return (text, place) if place >= 0 else (f"{text} ({mnemonic.upper()})", len(text) + 2)


def unbroken(text: str) -> str:
    """Chinese without blanks to break at: Tk breaks there rather than between characters, which leaves gaps."""
    chinese = sum("\u3000" <= character <= "\uffef" for character in text)
    return text.replace(" ", "\N{NO-BREAK SPACE}") if chinese * 2 > len(text) else text


def between(widget: tk.Misc, one: str, other: str) -> str:
    """The colour half-way between two."""
    pairs = zip(widget.winfo_rgb(one), widget.winfo_rgb(other), strict=True)
    return "#" + "".join(f"{(a + b) // 512:02x}" for a, b in pairs)


class Line(tk.Label):
    """A text that is broken into lines at the content's width."""

    def __init__(self, parent: tk.Misc, theme: Theme, *, font: Any = None, color: str = "", width: int = 0) -> None:
        super().__init__(
            parent, bg=str(parent["bg"]), fg=color or theme.palette.ink, font=font or theme.text, anchor="w",
            justify="left", wraplength=width or theme.content, padx=0, pady=0, bd=0,
        )  # fmt: skip


class PushButton(tk.Button):
    """A button that Return presses too; `mnemonic` is the letter that works with Alt, underlined in the text."""

    def __init__(
        self, parent: tk.Misc, theme: Theme, command: Callable[[], None], *, mnemonic: str = "", first: bool = False
    ) -> None:
        self.mnemonic = mnemonic
        palette = theme.palette
        ground, ink = (palette.accent, palette.on_accent) if first else (palette.button, palette.ink)
        super().__init__(
            parent, command=command, font=theme.text, relief="flat", bd=0, padx=theme.px(12), pady=theme.px(6),
            highlightthickness=theme.px(2), highlightbackground=str(parent["bg"]), highlightcolor=palette.ink,
            bg=ground, fg=ink, activebackground=palette.pressed, activeforeground=palette.on_accent,
            disabledforeground=palette.soft, cursor="hand2",
        )  # fmt: skip
        self._ground = ground
        for key in ("<Return>", "<KP_Enter>"):
            self.bind(key, lambda _: self.invoke())

    def enable(self, yes: bool) -> None:
        """Whether it can be pressed; a button that cannot has no colour of its own."""
        ground = self._ground if yes else str(self.master["bg"])
        self.configure(state="normal" if yes else "disabled", bg=ground, cursor="hand2" if yes else "")


class Check(tk.Frame):
    """A check box that is as large as its text (Tk's own does not grow with the screen)."""

    def __init__(self, parent: tk.Misc, theme: Theme, *, color: str = "", mnemonic: str = "", width: int = 0) -> None:
        palette = theme.palette
        self._ink, self._palette, self._size = color or palette.ink, palette, theme.px(15)
        super().__init__(
            parent, bg=str(parent["bg"]), takefocus=True, highlightthickness=theme.px(2),
            highlightbackground=str(parent["bg"]), highlightcolor=palette.accent, cursor="hand2",
        )  # fmt: skip
        self.on_change: Callable[[], None] = lambda: None
        self._on = False
        box = self._size + theme.px(2)
        self._box = tk.Canvas(self, width=box, height=box, bg=str(parent["bg"]), highlightthickness=0)
        self._box.pack(side="left", pady=theme.px(2), anchor="n")
        room = (width or theme.content) - box - theme.px(20)
        self.label = Line(self, theme, font=theme.small, color=color, width=room)
        self.label.mnemonic = mnemonic  # type: ignore[attr-defined]  # read by Speaker
        self.label.pack(side="left", fill="x", padx=(theme.px(6), 0))
        self.bind("<space>", lambda _: self.toggle())
        for part in (self, self._box, self.label):
            part.bind("<Button-1>", lambda _: self.toggle())
        self._draw()

    @property
    def on(self) -> bool:
        """Whether it is ticked."""
        return self._on

    def set(self, on: bool) -> None:
        """Ticks it or not, without telling anybody."""
        self._on = on
        self._draw()

    def toggle(self) -> None:
        """What a click does."""
        self.focus_set()
        self.set(not self._on)
        self.on_change()

    def _draw(self) -> None:
        box, size = self._box, self._size
        box.delete("all")
        fill = self._palette.accent if self._on else self._palette.field
        line = max(1, size // 12)
        box.create_rectangle(1, 1, size, size, outline=self._ink, fill=fill, width=line)
        if self._on:
            points = [(0.22, 0.52), (0.42, 0.72), (0.8, 0.3)]
            flat = [size * value for point in points for value in point]
            box.create_line(*flat, fill=self._palette.on_accent, width=max(2, size // 7), capstyle="round")


class Notice(tk.Frame):
    """Something the person must know: an icon, a strong line, an explanation; `lines` are always kept free for that."""

    def __init__(self, parent: tk.Misc, theme: Theme, speaker: Speaker, *, lines: int = 0) -> None:
        super().__init__(parent, padx=theme.px(12), pady=theme.px(8))
        self._theme, self._speaker = theme, speaker
        size = theme.px(22)
        self._icon = tk.Canvas(self, width=size, height=size, highlightthickness=0)
        self._icon.grid(row=0, column=0, rowspan=2, sticky="n", padx=(0, theme.px(12)))
        room = theme.content - size - theme.px(38)
        self._what, self._how = (Line(self, theme, font=font, width=room) for font in (theme.large, theme.text))
        for row, part in enumerate((self._what, self._how)):
            part.grid(row=row, column=1, sticky="nw")
        self.columnconfigure(1, weight=1)
        self.rowconfigure(1, minsize=lines * theme.text.metrics("linespace"))

    def tell(self, what: Said, how: Said = "", *, alert: bool) -> None:
        """Shows a message; `alert` marks one about a mistake or a danger, the others ask for something usual."""
        palette = self._theme.palette
        ground, ink = (palette.alert_paper, palette.alert) if alert else (palette.calm_paper, palette.calm)
        self.configure(bg=ground)
        for part, said, color in ((self._what, what, ink), (self._how, how, palette.ink)):
            self._speaker.say(part, said)
            part.configure(bg=ground, fg=color)
        self._how.grid() if how else self._how.grid_remove()
        self._draw(ground, ink, "!" if alert else "i")

    def _draw(self, ground: str, ink: str, sign: str) -> None:
        icon, size = self._icon, int(self._icon["width"])
        icon.configure(bg=ground)
        icon.delete("all")
        # The edge in a colour between ink and ground: a canvas does not smooth its circles.
        icon.create_oval(1, 1, size - 2, size - 2, fill=ink, outline=between(icon, ink, ground), width=1)
        # Drawn and not written, so that it sits in the middle in every font.
        middle, width = (size - 1) / 2, max(2, size // 9)
        bar, dot = ((0.22, 0.56), 0.74) if sign == "!" else ((0.46, 0.78), 0.27)
        icon.create_line(middle, size * bar[0], middle, size * bar[1], fill=ground, width=width)
        icon.create_line(middle, size * dot - width / 2, middle, size * dot + width / 2, fill=ground, width=width)
