"""How the window looks: nothing cut, nothing off the screen, enough contrast, as large as the desktop wants."""

from __future__ import annotations

import ctypes
import tkinter as tk
from collections.abc import Iterator
from pathlib import Path
from tkinter import font as tkfont

import pytest

from agent.card.prompts.window.theme import DARK, LIGHT, Palette, scale_of, work_area
from agent.messages import languages
from agent.platform.work_area import Area
from tests.card.window_stage import main_window, stage
from tests.card.window_states import STATES, WindowState
from tests.stand.screen import Screen


def every(widget: tk.Misc) -> Iterator[tk.Misc]:
    """A widget and all inside it."""
    yield widget
    for child in widget.winfo_children():
        yield from every(child)


LONG = "https://" + ".".join(["department-of-something"] * 10) + ".example:8443"
TASK_BAR, FRAME = 40, 30


@pytest.fixture(scope="session")
def low_screen(logs: Path) -> Iterator[Screen]:
    """The lowest screens that people have, 720 pixels. Until the end: Tk would end with a screen that it has known."""
    screen = Screen.start(logs, "1366x720x24")
    yield screen
    screen.stop()


@pytest.fixture
def small_screen(low_screen: Screen) -> Screen:
    """The low screen, with a task bar below."""
    set_work_area(low_screen.display, 0, 0, 1366, 720 - TASK_BAR)
    return low_screen


def set_work_area(display: str, *values: int) -> None:
    """Tells _NET_WORKAREA of the root window, as a window manager does."""
    x11 = ctypes.CDLL("libX11.so.6")
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XDefaultRootWindow.restype = x11.XInternAtom.restype = ctypes.c_ulong
    opened = ctypes.c_void_p(x11.XOpenDisplay(display.encode()))
    name = ctypes.c_ulong(x11.XInternAtom(opened, b"_NET_WORKAREA", 0))
    data, root = (ctypes.c_long * len(values))(*values), ctypes.c_ulong(x11.XDefaultRootWindow(opened))
    x11.XChangeProperty(opened, root, name, ctypes.c_ulong(6), 32, 0, data, len(values))
    x11.XCloseDisplay(opened)


def test_work_area_is_what_the_window_manager_tells(low_screen: Screen) -> None:
    whole = Area(0, 0, 1366, 720)
    root = main_window(low_screen.display)
    set_work_area(low_screen.display)
    assert work_area(root) == whole, "nobody has told"
    set_work_area(low_screen.display, 0, 24, 1366, 656)
    assert work_area(root) == Area(0, 24, 1366, 680)
    set_work_area(low_screen.display, 0, 24)
    assert work_area(root) == whole, "half a tale"
    root.destroy()


def test_origin_is_never_cut_and_ends_its_lines_between_labels(screen: Screen) -> None:
    with stage(screen.display, origin=LONG) as made:
        made.ready()
        field = made.window._heading._origin
        lines = field.get("1.0", "end-1c").split("\n")
        assert "".join(lines) == LONG
        assert all(line.endswith(".") for line in lines[:-1])
        assert field.winfo_height() >= field.winfo_reqheight()
        assert field.yview() == (0.0, 1.0)
        assert all(
            tkfont.Font(root=made.root, font=field["font"]).measure(line) <= field.winfo_width() for line in lines
        )


@pytest.mark.parametrize(
    ("origin", "strong"),
    [
        ("https://service.portal.example:8443", "portal.example"),
        (LONG, "department-of-something.example"),
        ("https://192.0.2.7", "https://192.0.2.7"),
    ],
)
def test_registered_part_of_the_name_stands_out(screen: Screen, origin: str, strong: str) -> None:
    with stage(screen.display, origin=origin) as made:
        field = made.window._heading._origin
        text = field.get("1.0", "end-1c")
        soft = ["rest" in field.tag_names(f"1.0+{place}c") for place, character in enumerate(text) if character != "\n"]
        whole = text.replace("\n", "")
        assert "".join(c for c, is_soft in zip(whole, soft, strict=True) if not is_soft) == strong


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("state", [state for state in STATES if state.dpi == 96], ids=lambda state: state.name)
def test_every_state_fits_a_small_screen_and_cuts_no_text(
    small_screen: Screen, state: WindowState, language: str
) -> None:
    with stage(small_screen.display, **{**state.wishes, "language": language}) as made:
        state.reach(made)
        top = made.window.top
        made.until(lambda: top.winfo_rooty() + top.winfo_height() <= 720 - TASK_BAR)
        assert made.size[0] <= 520
        assert made.size[1] <= 720 - TASK_BAR - FRAME
        assert top.winfo_rooty() >= 0
        for widget in every(top):
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
        assert scale_of(root, 2.25) <= root.winfo_screenheight() / 680
    finally:
        root.destroy()
