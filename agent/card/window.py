"""The PIN window: says who asks, for what, with which card, and takes the PIN."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from agent.card import texts
from agent.card.operation import LAST_TRY
from agent.card.pin import MAX_PIN, may_become_pin
from agent.failures import Code, Text, failure
from agent.order import Language, purpose_of
from agent.platform import WINDOW_FONT

if TYPE_CHECKING:
    from agent.card.card import Card
    from agent.card.frames import HostOrder

# Dates are shown as in Taiwan, where the certificates are valid until the end of a day.
_TAIPEI = timezone(timedelta(hours=8))
_WIDTH = 460
_INK, _SOFT, _PAPER, _BAND, _ALERT, _ACCENT = "#16202a", "#52616f", "#ffffff", "#123f6b", "#a61b1b", "#0b5cad"
_PANEL = "#f1f5f9"
_TITLE = f"{texts.TITLE.zh} {texts.TITLE.en}"


class Window:
    """The Tk window; `on_submit` gets the typed PIN and whether the last try was confirmed."""

    def __init__(self, root: tk.Tk, order: HostOrder) -> None:
        self._root = root
        self._english = order.language == Language.ENGLISH
        self.on_submit: Callable[[str, bool], None] = lambda pin, confirmed: None
        self.on_cancel: Callable[[], None] = lambda: None
        self._pin, self._confirmed = tk.StringVar(root), tk.BooleanVar(root)
        self._dress()
        self._band()
        body = tk.Frame(root, bg=_PAPER, padx=24, pady=12)
        body.pack(fill="both", expand=True)
        self._fact(body, texts.SITE, order.origin, size=13, weight="bold")
        purpose = texts.PURPOSES[purpose_of(order.challenge)]
        self._fact(body, texts.PURPOSE, f"{self._main(purpose)}  {self._beside(purpose)}", size=13, weight="bold")
        self._panel = tk.Frame(body, bg=_PANEL, padx=14, pady=10)
        self._facts = self._card_facts()
        self._entry_frame, self._entry = self._pin_field(body)
        self._last_try = tk.Checkbutton(
            body, variable=self._confirmed, text=self._both(texts.LAST_TRY), anchor="w", justify="left",
            bg=_PAPER, fg=_ALERT, activebackground=_PAPER, font=(WINDOW_FONT, 9), wraplength=_WIDTH - 80,
        )  # fmt: skip
        self._submit_on_return(self._last_try)
        self._message = tk.Label(
            body, bg=_PAPER, fg=_INK, font=(WINDOW_FONT, 11), justify="left", anchor="w", wraplength=_WIDTH - 48
        )
        self._message.pack(fill="x", pady=(10, 0))
        self._confirm, self._cancel = self._buttons(root)
        self._ask()
        self._wait(texts.READING)

    def show(self) -> None:
        """Puts the window in front, in the middle of the screen, with the keyboard."""
        root = self._root
        root.update_idletasks()
        left = (root.winfo_screenwidth() - root.winfo_reqwidth()) // 2
        top = (root.winfo_screenheight() - root.winfo_reqheight()) // 3
        root.geometry(f"+{left}+{max(top, 0)}")
        root.deiconify()
        root.attributes("-topmost", True)
        root.lift()
        root.focus_force()

    def show_card(self, card: Card) -> None:
        """A card is ready: holder, reader, tries left, and an empty PIN field."""
        self._rest()
        self._ask()
        if card.tries_left == LAST_TRY:
            self._last_try.pack(fill="x", pady=(8, 0), before=self._message)
        tries = texts.tries(card.tries_left)
        values = (
            card.facts.holder,
            _day(card.facts.not_after),
            card.token.reader,
            f"{self._main(tries)}  {self._beside(tries)}",
        )
        for label, value in zip(self._facts, values, strict=True):
            label.configure(text=value)
        self._facts[-1].configure(fg=_ALERT if card.tries_left == LAST_TRY else _INK)
        self._ready()
        self._message.configure(text="")
        self._entry.focus_set()

    def show_problem(self, code: Code, tries_left: int | None) -> None:
        """Nothing can be typed now; the catalogue says why and what to do."""
        self._rest()
        self._ready()
        self._say_failure(code, tries_left)
        self._cancel.configure(text=self._both(texts.CLOSE))
        self._cancel.focus_set()

    def show_note(self, code: Code, tries_left: int | None) -> None:
        """The last PIN was not right; another can be typed."""
        self._pin.set("")
        self._say_failure(code, tries_left)

    def ask_last_try(self) -> None:
        """The typed PIN waits until the person has confirmed the last try."""
        self._message.configure(text=self._stacked(texts.ASK_LAST_TRY), fg=_ALERT)
        self._last_try.focus_set()

    def show_signing(self) -> None:
        """The card is at work; the PIN is gone from the window."""
        self._pin.set("")
        self._wait(texts.SIGNING)

    def _wait(self, text: Text) -> None:
        """Nothing can be typed while the driver works; the title says so too, for the task bar."""
        self._entry.configure(state="disabled")
        self._confirm.configure(state="disabled")
        self._message.configure(text=self._stacked(text), fg=_SOFT)
        self._root.title(f"{_TITLE} – {text.zh}")

    def _ready(self) -> None:
        self._entry.configure(state="normal")
        self._confirm.configure(state="normal")
        self._root.title(_TITLE)

    def _ask(self) -> None:
        self._panel.pack(fill="x", pady=(12, 0), before=self._message)
        self._entry_frame.pack(fill="x", pady=(12, 0), before=self._message)
        self._confirm.pack(side="right", padx=(0, 10))
        self._cancel.configure(text=self._both(texts.CANCEL))

    def _rest(self) -> None:
        self._pin.set("")
        self._confirmed.set(False)
        for widget in (self._panel, self._entry_frame, self._last_try, self._confirm):
            widget.pack_forget()

    def _dress(self) -> None:
        self._root.configure(bg=_PAPER)
        self._root.minsize(_WIDTH, 300)
        self._root.resizable(False, False)
        self._root.protocol("WM_DELETE_WINDOW", lambda: self.on_cancel())
        self._root.bind("<Escape>", lambda _: self.on_cancel())

    def _band(self) -> None:
        band = tk.Frame(self._root, bg=_BAND, padx=24, pady=12)
        band.pack(fill="x")
        tk.Label(band, text=_TITLE, bg=_BAND, fg="white", font=(WINDOW_FONT, 13, "bold"), anchor="w").pack(fill="x")
        lead = tk.Label(band, text=self._stacked(texts.LEAD), bg=_BAND, fg="#d7e6f5", font=(WINDOW_FONT, 9))
        lead.configure(anchor="w", justify="left", wraplength=_WIDTH - 48)
        lead.pack(fill="x")

    def _fact(self, parent: tk.Frame, name: Text, value: str, *, size: int = 11, weight: str = "normal") -> None:
        background = str(parent["bg"])
        caption = tk.Label(parent, text=self._both(name), bg=background, fg=_SOFT, font=(WINDOW_FONT, 9), anchor="w")
        caption.pack(fill="x", pady=(4, 0))
        # A long origin is broken into lines, never cut: the end of a host name is what tells a forgery.
        shown = tk.Label(parent, text=value, bg=background, fg=_INK, font=(WINDOW_FONT, size, weight), anchor="w")
        shown.configure(justify="left", wraplength=_WIDTH - 76)
        shown.pack(fill="x")

    def _card_facts(self) -> list[tk.Label]:
        """The labels for holder, validity, reader and tries, filled when a card is there."""
        labels: list[tk.Label] = []
        for row, name in enumerate((texts.HOLDER, texts.VALID, texts.READER, texts.TRIES)):
            size, weight = (13, "bold") if row == 0 else (11, "normal")
            caption = tk.Label(self._panel, text=self._both(name), bg=_PANEL, fg=_SOFT, font=(WINDOW_FONT, 9))
            caption.grid(row=row, column=0, sticky="w", padx=(0, 16))
            label = tk.Label(self._panel, text="…", bg=_PANEL, fg=_INK, font=(WINDOW_FONT, size, weight))
            label.configure(wraplength=_WIDTH - 220, justify="left")
            label.grid(row=row, column=1, sticky="w")
            labels.append(label)
        return labels

    def _pin_field(self, parent: tk.Frame) -> tuple[tk.Frame, tk.Entry]:
        frame = tk.Frame(parent, bg=_PAPER)
        label = tk.Label(frame, text=self._both(texts.PIN), bg=_PAPER, fg=_INK, font=(WINDOW_FONT, 11), anchor="w")
        label.pack(fill="x")
        entry = tk.Entry(frame, textvariable=self._pin, show="●", width=MAX_PIN + 4, font=(WINDOW_FONT, 13, "bold"))
        entry.configure(
            relief="solid", borderwidth=1, highlightthickness=2, highlightcolor=_ACCENT, highlightbackground="#b8c4d0",
            bg="white", fg=_INK, disabledbackground=_PANEL, insertbackground=_INK,
            validate="key", validatecommand=(self._root.register(may_become_pin), "%P"),
        )  # fmt: skip
        self._submit_on_return(entry)
        entry.pack(fill="x", pady=(2, 0))
        return frame, entry

    def _buttons(self, parent: tk.Tk) -> tuple[tk.Button, tk.Button]:
        row = tk.Frame(parent, bg=_PANEL, padx=24, pady=12)
        row.pack(fill="x", side="bottom")
        plain = {"font": (WINDOW_FONT, 11), "relief": "flat", "padx": 16, "pady": 6, "highlightthickness": 2}
        cancel = tk.Button(row, text=self._both(texts.CANCEL), command=lambda: self.on_cancel(), **plain)  # type: ignore[arg-type]
        cancel.configure(bg="#dbe4ec", fg=_INK, activebackground="#c8d5e0", highlightbackground=_PANEL)
        cancel.pack(side="right")
        confirm = tk.Button(row, text=self._both(texts.SIGN), command=self._submit, **plain)  # type: ignore[arg-type]
        confirm.configure(bg=_ACCENT, fg="white", activebackground="#094a8c", activeforeground="white")
        confirm.configure(disabledforeground="#c8d5e0", highlightbackground=_PANEL)
        for button in (cancel, confirm):
            button.bind("<Return>", lambda event: event.widget.invoke())
        return confirm, cancel

    def _submit_on_return(self, widget: tk.Widget) -> None:
        for key in ("<Return>", "<KP_Enter>"):
            widget.bind(key, lambda _: self._submit())

    def _submit(self) -> None:
        self.on_submit(self._pin.get(), self._confirmed.get())

    def _say_failure(self, code: Code, tries_left: int | None) -> None:
        row = failure(code)
        lines = [row.meaning, row.remedy]
        if tries_left:
            left = texts.tries(tries_left)
            lines.insert(1, Text(f"{texts.TRIES.zh} {left.zh}。", f"{texts.TRIES.en}: {left.en}."))
        main = "\n".join(self._main(line) for line in lines)
        beside = " ".join(self._beside(line) for line in lines)
        self._message.configure(text=f"{main}\n\n{beside}", fg=_ALERT)

    def _main(self, text: Text) -> str:
        return text.en if self._english else _chinese(text)

    def _beside(self, text: Text) -> str:
        return _chinese(text) if self._english else text.en

    def _both(self, text: Text) -> str:
        return f"{self._main(text)}  {self._beside(text)}"

    def _stacked(self, text: Text) -> str:
        return f"{self._main(text)}\n{self._beside(text)}"


def _day(moment: datetime) -> str:
    try:
        return f"{moment.astimezone(_TAIPEI):%Y-%m-%d}"
    except OverflowError:  # RFC 5280, 4.1.2.5: the last second of the year 9999 means that there is no end
        return f"{moment:%Y-%m-%d}"


def _chinese(text: Text) -> str:
    # Tk breaks lines at blanks rather than between characters, which leaves Chinese lines half empty.
    return text.zh.replace(" ", "\N{NO-BREAK SPACE}")
