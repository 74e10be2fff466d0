"""The window's icon: a card with its chip, drawn here so that no file has to be found."""

from __future__ import annotations

import tkinter as tk

from agent.card.prompts.window.theme import Palette

_SIZE = 64


def draw_icon(top: tk.Toplevel, palette: Palette) -> None:
    """Gives a window its icon, for the task bar and the frame."""
    icon = tk.PhotoImage(master=top, width=_SIZE, height=_SIZE)
    # The card with its corners cut, the stripe above, the chip.
    icon.put(palette.accent, (4, 14, 60, 50))
    icon.put(palette.accent, (6, 12, 58, 52))
    icon.put(palette.band, (4, 18, 60, 25))
    icon.put("#e8c468", (12, 31, 26, 43))
    icon.put(palette.band, (12, 36, 26, 38))
    icon.put(palette.band, (18, 31, 20, 43))
    icon.put(palette.on_accent, (36, 40, 54, 43))
    top.iconphoto(False, icon)
