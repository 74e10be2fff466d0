"""The field for the PIN: takes typed keys and nothing else, and gives its text to nobody but this program.

It is no text widget of Tk's: those put their text into Tcl variables and the X selection, and take pasted text.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from agent.card.pin import MAX_PIN, half_width, only_allowed
from agent.card.prompts import texts
from agent.card.prompts.window.theme import Theme
from agent.card.prompts.words import Said
from agent.settings import PinForm

_CAPS_LOCK = 0x2  # the Lock bit of a key event's state, on all systems
# X11's keysyms for characters outside Latin-1: this plus the code point (X protocol, appendix A).
_UNICODE_KEYSYM = 0x01000000
_PASTES = (
    "<<Paste>>", "<<PasteSelection>>", "<Control-v>", "<Control-V>", "<Shift-Insert>", "<Button-2>", "<Button-3>",
)  # fmt: skip


class PinField(tk.Canvas):
    """Shows a dot for each character; `on_note` gets why something was not taken, None when a key was."""

    def __init__(self, parent: tk.Misc, theme: Theme, form: PinForm) -> None:
        self._theme = theme
        self._height = theme.px(32)
        super().__init__(
            parent, height=self._height, width=1, bg=theme.palette.field, takefocus=True, cursor="xterm",
            highlightthickness=theme.px(2), highlightcolor=theme.palette.accent,
            highlightbackground=theme.palette.line,
        )  # fmt: skip
        self.form = form
        self.on_note: Callable[[Said | None], None] = lambda note: None
        self.on_submit: Callable[[], None] = lambda: None
        self._typed: list[str] = []
        self._enabled = True
        self._bind_keys()
        self._draw()

    @property
    def text(self) -> str:
        """What has been typed."""
        return "".join(self._typed)

    def secret(self) -> bytearray:
        """What has been typed, in memory that the caller wipes; characters beyond ASCII are never taken."""
        return bytearray(map(ord, self._typed))

    def clear(self) -> None:
        """Forgets what was typed."""
        self._typed.clear()
        self._draw()

    def enable(self, yes: bool) -> None:
        """Whether keys are taken."""
        self._enabled = yes
        self.configure(bg=self._theme.palette.field if yes else self._theme.palette.panel)
        self._draw()

    def _bind_keys(self) -> None:
        self.bind("<Button-1>", lambda _: self.focus_set())
        self.bind("<KeyPress>", self._key)
        # Shortcuts type nothing; Tk's own text fields are bound in the same way.
        shortcuts = ["<Alt-KeyPress>", "<Meta-KeyPress>", "<Control-KeyPress>"]
        if self.tk.call("tk", "windowingsystem") == "aqua":  # elsewhere this modifier is Alt, or Num Lock
            shortcuts.append("<Command-KeyPress>")
        for shortcut in shortcuts:
            self.bind(shortcut, lambda _: None)
        for keys in ("<Return>", "<KP_Enter>"):
            self.bind(keys, lambda _: self._submit())
        self.bind("<BackSpace>", lambda _: self._rub_out())
        for keys in ("<Delete>", "<Control-u>", "<Control-BackSpace>"):
            self.bind(keys, lambda _: self.clear())
        for gesture in _PASTES:
            self.bind(gesture, self._refuse_paste)
        for event in ("<FocusIn>", "<FocusOut>", "<Configure>"):
            self.bind(event, lambda _: self._draw(), add=True)

    def _submit(self) -> None:
        if self._enabled:
            self.on_submit()

    def _rub_out(self) -> None:
        if self._enabled:
            del self._typed[-1:]
            self._draw()

    def _refuse_paste(self, _: object) -> str:
        if self._enabled:
            self.on_note(texts.NOTE_PASTE)
        return "break"

    def _key(self, event: tk.Event[tk.Misc]) -> None:
        typed = event.char or _unicode_keysym(event.keysym_num)
        if not self._enabled or not typed or not typed.isprintable():
            return
        # An input method may give several characters at once; they are taken or refused together.
        plain = half_width(typed)
        note = self._note(plain, typed, capitals=bool(int(event.state) & _CAPS_LOCK))
        if only_allowed(plain, self.form):
            self._typed.extend(plain[: MAX_PIN - len(self._typed)])
            self._draw()
        self.on_note(note)

    def _note(self, plain: str, typed: str, *, capitals: bool) -> Said | None:
        if not only_allowed(plain, self.form):
            return texts.NOTE_DIGITS_ONLY if self.form == "digits" else texts.NOTE_NOT_PRINTABLE
        if len(self._typed) + len(plain) > MAX_PIN:
            return texts.note_too_long
        if plain != typed:
            return texts.NOTE_FULL_WIDTH
        return texts.NOTE_CAPITALS if capitals and plain.isalpha() else None

    def _draw(self) -> None:
        self.delete("all")
        palette, px = self._theme.palette, self._theme.px
        edge = px(2)
        step, left, middle = px(20), edge + px(16), edge + self._height / 2
        for place in range(len(self._typed)):
            self.create_text(left + place * step, middle, text="●", font=self._theme.text, fill=palette.ink)
        if self._enabled and self.focus_get() is self:
            x = left + (len(self._typed) - 0.4) * step
            tall = self._height * 0.3
            self.create_line(x, middle - tall, x, middle + tall, fill=palette.ink, width=px(1.5))


def _unicode_keysym(number: int) -> str:
    code = number - _UNICODE_KEYSYM
    return chr(code) if 0x100 <= code <= 0x10FFFF else ""
