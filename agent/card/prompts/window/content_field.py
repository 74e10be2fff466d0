"""What is signed, in a field of a few lines: to be read and scrolled, by keyboard too, never changed."""

from __future__ import annotations

import tkinter as tk

from agent.card.prompts.window.theme import Theme

# So many lines at most, and at least where the window would get too tall for the screen.
_MOST, _LEAST = 4, 1
# More characters than these never are in so few lines.
_MEASURED = 1000
_UNITS = {"<Up>": -1, "<Down>": 1, "<Button-4>": -2, "<Button-5>": 2}
_PAGES = {"<Prior>": -1, "<Next>": 1}


class ContentField(tk.Frame):
    """A text behind a border, which nothing outside it has. Tab reaches it; a click leaves the keyboard at the PIN."""

    def __init__(self, parent: tk.Misc, theme: Theme) -> None:
        palette, px = theme.palette, theme.px
        super().__init__(parent, bg=palette.paper)
        self._theme = theme
        self.text = tk.Text(
            self, bg=palette.field, fg=palette.ink, font=theme.text, bd=0, padx=px(8), pady=px(3), height=1, width=1,
            wrap="char", takefocus=True, cursor="", state="disabled", highlightthickness=px(2),
            highlightbackground=palette.line, highlightcolor=palette.accent,
        )  # fmt: skip
        self._bar = tk.Scrollbar(
            self, command=self.text.yview, width=px(12), bd=0, relief="flat", elementborderwidth=1, takefocus=False,
            highlightthickness=0, bg=palette.button, activebackground=palette.accent, troughcolor=palette.panel,
        )  # fmt: skip
        self.text.configure(yscrollcommand=self._bar.set)
        # Without the bindings of texts: nothing is selected or copied; but with the window's keys.
        self.text.bindtags((str(self.text), str(self.winfo_toplevel()), "all"))
        for key, number in _UNITS.items():
            self.text.bind(key, lambda _, number=number: self.text.yview_scroll(number, "units"))  # type: ignore[misc]
        for key, number in _PAGES.items():
            self.text.bind(key, lambda _, number=number: self.text.yview_scroll(number, "pages"))  # type: ignore[misc]
        self.text.bind("<Home>", lambda _: self.text.yview_moveto(0.0))
        self.text.bind("<End>", lambda _: self.text.yview_moveto(1.0))
        self.text.bind("<MouseWheel>", lambda event: self.text.yview_scroll(-2 if event.delta > 0 else 2, "units"))
        self.text.pack(side="left", fill="both", expand=True)

    def tell(self, shown: str) -> None:
        """Shows a text, from its beginning."""
        self.text.configure(state="normal")
        self.text.delete("1.0", "end")
        self.text.insert("1.0", shown)
        lines = self._lines(shown)
        self.text.configure(state="disabled", height=min(lines, _MOST))
        self._show_bar(lines > _MOST)

    def shrink(self) -> bool:
        """A line less; whether that was possible."""
        height = int(self.text["height"])
        if height <= _LEAST:
            return False
        self.text.configure(height=height - 1)
        self._show_bar(True)
        return True

    def _show_bar(self, yes: bool) -> None:
        if yes:
            self._bar.pack(side="right", fill="y", before=self.text)

    def _lines(self, shown: str) -> int:
        """How many lines a text takes here, counted no further than one more than there is room for."""
        font, room = self._theme.text, self._theme.content - self._theme.px(32)
        lines = 0
        for line in shown[:_MEASURED].split("\n"):
            lines += max(1, -(-font.measure(line) // room))
            if lines > _MOST:
                break
        return lines
