"""The site's origin: whole, broken between the labels of its name, the part that somebody has registered strong."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Iterable
from tkinter.font import Font

from agent.card.prompts.origin_text import OriginText, domain_place, pieces
from agent.card.prompts.window.theme import Theme

# More lines than these are written smaller, so that the window stays on the screen.
_LARGE_LINES, _TEXT_LINES = 2, 4


class OriginField(tk.Text):
    """A text that nobody can change or select. It is never cut: the end of a host name is what tells a forgery."""

    def __init__(self, parent: tk.Misc, theme: Theme) -> None:
        super().__init__(
            parent, bg=str(parent["bg"]), fg=theme.palette.ink, font=theme.large, bd=0, padx=0, pady=0, height=1,
            width=1, highlightthickness=0, wrap="char", takefocus=False, cursor="", state="disabled",
        )  # fmt: skip
        # Without the bindings of texts: nothing is selected, and no key does anything here.
        self.bindtags((str(self), "all"))
        self.tag_configure("rest", foreground=theme.palette.soft)
        self._theme = theme
        self._shown: OriginText | None = None

    def tell(self, shown: OriginText) -> None:
        """Shows an origin, all of it strong."""
        theme, self._shown = self._theme, shown
        font, parts = theme.large, pieces(shown.origin)
        lines = _broken(parts, font, theme.content)
        for smaller, most in ((theme.text, _LARGE_LINES), (theme.small, _TEXT_LINES)):
            if len(lines) > most:
                font, lines = smaller, _broken(parts, smaller, theme.content)
        self.configure(state="normal", height=len(lines), font=font)
        self.delete("1.0", "end")
        self.insert("1.0", "\n".join(lines))
        self.configure(state="disabled")

    def emphasise(self) -> None:
        """Makes everything soft but the registered part, where there is one."""
        place = domain_place(self._shown) if self._shown is not None else None
        if place is None:
            return
        seen = 0
        for number, line in enumerate(self.get("1.0", "end-1c").split("\n"), 1):
            for column in range(len(line)):
                if not place[0] <= seen < place[1]:
                    self.tag_add("rest", f"{number}.{column}")
                seen += 1


def _broken(parts: Iterable[str], font: Font, width: int) -> list[str]:
    """Lines of whole parts; a part that is longer than a line is broken anywhere."""

    def fits(text: str) -> bool:
        return font.measure(text) <= width

    lines = [""]
    for part in parts:
        if fits(lines[-1] + part):
            lines[-1] += part
            continue
        if lines[-1]:
            lines.append("")
        for character in part:
            if not fits(lines[-1] + character):
                lines.append("")
            lines[-1] += character
    return lines
