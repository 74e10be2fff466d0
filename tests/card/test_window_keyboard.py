"""Who has the keyboard: the window, whatever it begins with; but no program that the person has gone on to loses it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from agent.card.frames import HostOrder
from agent.card.prompts.window.window import Window
from agent.card.view import Trouble
from agent.failures import Code
from tests.card.window_stage import Stage
from tests.card.window_states import SIGNER
from tests.stand.screen import Screen
from tests.unit.agent.fakes import CHALLENGE, ORIGIN

OTHER = "import tkinter; top = tkinter.Tk(); top.update(); top.focus_force(); top.mainloop()"
NO_CARD = Trouble(Code.NO_CARD)


@pytest.fixture
def made(screen: Screen) -> Iterator[Stage]:
    """A window that has been open for a while."""
    made = Stage(screen.display)
    made.bench.cards.seen = SIGNER
    made.ready()
    yield made
    made.close()


def has_keyboard(screen: Screen) -> Callable[[], bool]:
    """Whether the window has the keyboard of its screen."""
    return lambda: screen.keyboard() in screen.windows()


@pytest.mark.parametrize("first", ["problem", "card", "problem, then card", "card, then problem"])
def test_window_has_it_whatever_comes_before_it_is_on_the_screen(made: Stage, screen: Screen, first: str) -> None:
    window: Window = made.window
    window.hide()
    made.until(lambda: screen.windows() == [])
    window.begin(HostOrder(ORIGIN, CHALLENGE, "en"))
    for view in first.split(", then "):
        window.show_problem(NO_CARD) if view == "problem" else window.show_card(SIGNER, 0)
    made.until(has_keyboard(screen))


@pytest.mark.parametrize("second", ["problem", "card"])
def test_program_that_the_person_went_on_to_keeps_it(made: Stage, screen: Screen, second: str) -> None:
    made.until(has_keyboard(screen))
    environment = {**os.environ, "DISPLAY": screen.display}
    other = subprocess.Popen([sys.executable, "-c", OTHER], env=environment)  # Tk knows the windows of its own process
    made.until(lambda: not has_keyboard(screen)())
    made.pump()  # the window has heard of it
    made.window.show_problem(NO_CARD) if second == "problem" else made.window.show_card(SIGNER, 0)
    made.pump()
    kept = not has_keyboard(screen)()
    other.kill()
    other.wait()
    assert kept


def test_keys_meant_for_another_program_are_not_taken_by_a_window_that_comes_late(made: Stage, screen: Screen) -> None:
    """It asks for the keyboard when its card is ready, in the middle of somebody's password."""
    made.window.hide()
    made.until(lambda: screen.windows() == [])
    made.window.begin(HostOrder(ORIGIN, CHALLENGE, "en"))
    made.window.show_card(SIGNER, 0)
    made.until(has_keyboard(screen))
    screen.type("123456")
    screen.key("Return")
    made.pump()
    assert made.window._card.field.text == ""
    assert made.bench.cards.pins == []
