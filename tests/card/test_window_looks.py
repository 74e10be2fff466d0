"""How the window looks: nothing cut, nothing off the screen, enough contrast, as large as the desktop wants."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Iterator

import pytest

from agent.card.prompts.window.theme import DARK, LIGHT, Palette, scale_of
from agent.card.prompts.window.widgets import Line
from tests.card.window_stage import main_window, stage
from tests.card.window_states import STATES, WindowState
from tests.stand.screen import Screen


def every(widget: tk.Misc) -> Iterator[tk.Misc]:
    """A widget and all inside it."""
    yield widget
    for child in widget.winfo_children():
        yield from every(child)


def test_origin_is_never_cut(screen: Screen) -> None:
    origin = "https://" + ".".join(["department-of-something"] * 10) + ".example:8443"
    with stage(screen.display, origin=origin) as made:
        made.ready()
        line = next(item for item in every(made.window.top) if isinstance(item, Line) and item["text"] == origin)
        assert line.winfo_width() >= line.winfo_reqwidth()
        assert line.winfo_height() >= line.winfo_reqheight()


@pytest.mark.parametrize("state", [state for state in STATES if state.dpi == 96], ids=lambda state: state.name)
def test_every_state_fits_a_small_screen_and_cuts_no_text(screen: Screen, state: WindowState) -> None:
    """1280 × 800 is the smallest screen that is still sold; a panel takes some of it."""
    with stage(screen.display, **state.wishes) as made:
        state.reach(made)
        made.pump()
        if "text_scale" not in state.wishes:  # larger text takes what the screen has
            assert made.size[0] <= 520
            assert made.size[1] <= 740
        assert made.size[1] <= made.root.winfo_screenheight()
        for widget in every(made.window.top):
            if isinstance(widget, tk.Label | tk.Button) and widget.winfo_ismapped():
                assert widget.winfo_width() >= widget.winfo_reqwidth() - 1, widget["text"]
                assert widget.winfo_height() >= widget.winfo_reqheight() - 1, widget["text"]


def luminance(color: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, contrast ratio."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_has_enough_contrast(palette: Palette) -> None:
    grounds = (palette.paper, palette.panel, palette.field, palette.alert_paper, palette.calm_paper, palette.button)
    pairs = [(ink, ground) for ink in (palette.ink, palette.soft) for ground in grounds]
    pairs += [(palette.alert, ground) for ground in (palette.paper, palette.panel, palette.alert_paper)]
    pairs += [(palette.calm, palette.calm_paper), (palette.paper, palette.alert)]
    pairs += [(palette.on_accent, palette.accent), (palette.on_accent, palette.pressed)]
    pairs += [(palette.on_band, palette.band), (palette.lead, palette.band)]
    assert [(pair, round(contrast(*pair), 2)) for pair in pairs if contrast(*pair) < 4.5] == []
    # Borders and the focus ring, WCAG 2.2, 1.4.11.
    edges = [(palette.line, palette.paper), (palette.accent, palette.paper), (palette.line, palette.field)]
    assert [(pair, round(contrast(*pair), 2)) for pair in edges if contrast(*pair) < 3] == []


@pytest.mark.parametrize(("dpi", "text_scale", "scale"), [("96", 1.0, 1.0), ("115.2", 1.0, 1.2), ("nan", 1.0, 1.0),
                                                          ("nonsense", 1.0, 1.0), ("1", 1.0, 1.0), ("-96", 1.0, 1.0),
                                                          ("96", 1.1, 1.1)])  # fmt: skip
def test_scale_follows_what_the_desktop_sets_for_all_programs(
    screen: Screen, dpi: str, text_scale: float, scale: float
) -> None:
    root = main_window(screen.display)
    try:
        root.option_add("Xft.dpi", dpi)
        assert scale_of(root, text_scale) == pytest.approx(scale, abs=0.01)
    finally:
        root.destroy()


def test_scale_is_never_larger_than_the_screen(screen: Screen) -> None:
    root = main_window(screen.display)
    try:
        root.option_add("Xft.dpi", "960")
        assert scale_of(root, 2.25) <= root.winfo_screenheight() / 760
    finally:
        root.destroy()
