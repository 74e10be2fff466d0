"""Pictures of every state of the window, made from the real one; docs/window.md shows the committed copies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.card.window_stage import stage
from tests.card.window_states import STATES, WindowState
from tests.dev import pictures
from tests.stand.parts import ROOT
from tests.stand.screen import Screen

FRESH = pictures.FRESH / "window"
COMMITTED = pictures.COMMITTED / "window"
PAGE = ROOT / "docs" / "window.md"


@pytest.fixture(scope="session")
def fine_screen(logs: Path) -> Iterator[Screen]:
    """A screen with twice as many dots per inch."""
    screen = Screen.start(logs, "2560x1920x24", dpi=192)
    yield screen
    screen.stop()


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_picture(screen: Screen, fine_screen: Screen, state: WindowState) -> None:
    """The picture is made, and shows a window with the state's colours and size."""
    with stage((screen if state.dpi == 96 else fine_screen).display, **state.wishes) as made:
        state.reach(made)
        image = made.picture(FRESH / f"{state.name}.png")
        assert image.size == made.size
        scale = state.dpi / 96 * float(str(state.wishes.get("text_scale", 1)))
        assert image.width == pytest.approx(500 * scale, rel=0.07)
        palette = made.window._theme.palette
        assert image.convert("RGB").getpixel((3, 3)) == made_of(palette.band)
        # Just above the buttons the paper shows, in the margin that every view leaves.
        assert made_of(palette.paper) in {image.getpixel((3, y)) for y in range(image.height)}


def made_of(color: str) -> tuple[int, ...]:
    """The parts of a colour."""
    return tuple(int(color[place : place + 2], 16) for place in (1, 3, 5))


def test_page_shows_every_state_and_nothing_that_is_not_made() -> None:
    shown = re.findall(r"!\[[^\]]+\]\(images/window/([a-z0-9-]+)\.png\)", PAGE.read_text("utf-8"))
    assert sorted(shown) == sorted(state.name for state in STATES)
    assert sorted(path.stem for path in COMMITTED.glob("*.png")) == sorted(shown)


def test_committed_pictures_are_whole_and_small() -> None:
    for path in COMMITTED.glob("*.png"):
        with Image.open(path) as image:
            image.load()
        assert path.stat().st_size < 60_000, path
