"""Colours, fonts and sizes of the window: dark or light, as large as the screen and the person's settings ask."""

from __future__ import annotations

import tkinter as tk
from dataclasses import dataclass
from tkinter import font as tkfont

from agent.platform import WINDOW_FONT
from agent.platform.work_area import Area, free_of_panels

# Sizes are given for 96 dots per inch, what a screen has where nobody says otherwise.
_USUAL_DPI = 96.0
_LEAST, _MOST = 1.0, 4.0
WIDTH = 500
# The tallest view, and a window manager's frame; a screen that is too low for it at the wished scale gets a smaller one
# rather than a cut window.
_TALLEST = 680


@dataclass(frozen=True)
class Palette:
    """Colours by use; every text has a contrast of at least 4.5 on every ground it is put on (WCAG 2.2, 1.4.3)."""

    paper: str
    panel: str
    field: str
    line: str
    ink: str
    soft: str
    accent: str
    on_accent: str
    pressed: str
    button: str
    alert: str
    alert_paper: str
    calm: str
    calm_paper: str
    band: str
    on_band: str
    lead: str


LIGHT = Palette(
    paper="#ffffff", panel="#f1f5f9", field="#ffffff", line="#8294a5", ink="#16202a", soft="#4a5865",
    accent="#0b5cad", on_accent="#ffffff", pressed="#094a8c", button="#dbe4ec",
    alert="#9c1616", alert_paper="#fdeeee", calm="#0b4f94", calm_paper="#eaf2fb",
    band="#123f6b", on_band="#ffffff", lead="#d7e6f5",
)  # fmt: skip
DARK = Palette(
    paper="#1b2127", panel="#252d35", field="#12171c", line="#7d8d9c", ink="#eef2f6", soft="#b7c3ce",
    accent="#2f6fb3", on_accent="#ffffff", pressed="#285f9c", button="#37424d",
    alert="#ff9d96", alert_paper="#3b2024", calm="#9cc8f5", calm_paper="#1e2f40",
    band="#0f2f50", on_band="#ffffff", lead="#c9dcf0",
)  # fmt: skip


class Theme:
    """What all widgets share: `palette`, the fonts, and `px`, which scales a size in pixels."""

    def __init__(self, root: tk.Misc, palette: Palette, scale: float) -> None:
        self.palette = palette
        self.scale = scale
        self.small = self._font(root, 9)
        self.text = self._font(root, 11)
        # Three and no more: each font costs a megabyte and some milliseconds.
        self.large = self._font(root, 13, "bold")
        self.width = self.px(WIDTH)
        self.margin = self.px(24)
        self.content = self.width - 2 * self.margin

    def px(self, size: float) -> int:
        """A size in pixels of 96 dpi, on this screen."""
        return max(1, round(size * self.scale))

    def _font(self, root: tk.Misc, points: int, weight: str = "normal") -> tkfont.Font:
        # A negative size is in pixels: Tk's own idea of the screen's points is not ours.
        pixels = -self.px(points * _USUAL_DPI / 72)
        return tkfont.Font(root=root, family=WINDOW_FONT, size=pixels, weight="bold" if weight == "bold" else "normal")


def scale_of(root: tk.Misc, text_scale: float) -> float:
    """How much larger than at 96 dpi all is drawn, 1 to 4; never so large that the window would leave the screen."""
    wished = min(max(_dpi(root) / _USUAL_DPI * text_scale, _LEAST), _MOST)
    area = work_area(root)
    return max(min(wished, (area.bottom - area.top) / _TALLEST, (area.right - area.left) / WIDTH), _LEAST)


def work_area(widget: tk.Misc) -> Area:
    """What panels and task bars leave of the screen that a widget is on; all of it where nobody says."""
    whole = Area(0, 0, widget.winfo_screenwidth(), widget.winfo_screenheight())
    return free_of_panels(widget.winfo_screen(), whole)


def _dpi(root: tk.Misc) -> float:
    if root.tk.call("tk", "windowingsystem") == "aqua":  # macOS scales by itself; a point is a pixel there
        return _USUAL_DPI
    # What desktops set for all programs, large text included; it is found by a main window whose class is Xft.
    setting: str = root.option_get("dpi", "Dpi")  # type: ignore[no-untyped-call]
    try:
        dpi = float(setting) if setting else float(root.winfo_fpixels("1i"))
    except ValueError:
        return _USUAL_DPI
    return dpi if dpi == dpi else _USUAL_DPI  # not a number is not itself
