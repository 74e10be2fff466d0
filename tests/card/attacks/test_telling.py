"""What a page might do to have a person tell it what is wrong without wanting to."""

import pytest

from agent.card.prompts.window import quiet
from agent.failures import Code, FailureError
from tests.card.test_prompts import Terminal, open_terminal, program
from tests.card.test_prompts import environment as environment
from tests.card.test_prompts import terminals as terminals
from tests.card.window_stage import Open, Stage
from tests.stand.screen import Screen
from tests.unit.agent.operation_bench import card

WHO = "a web page"
pytestmark = pytest.mark.card
NEVER = 600.0
AS_SHIPPED = quiet.BEFORE_TELLING
"""Read before a stage has changed it."""


def shows_a_problem(opened: Open, **wishes: object) -> Stage:
    """A window that shows that a certificate has expired."""
    made = opened(**wishes)
    made.bench.cards.seen = card(3, problem=Code.CERTIFICATE_EXPIRED)
    made.ready()
    return made


def click_on_tell(made: Stage, screen: Screen) -> None:
    """A click where the button is."""
    made.pump()
    button = made.window._tell
    screen.click(button.winfo_rootx() + button.winfo_width() // 2, button.winfo_rooty() + button.winfo_height() // 2)
    made.pump()


def test_second_click_where_the_button_comes_up(opened: Open, screen: Screen) -> None:
    """Have a person click twice, the second time where the button has come up by then."""
    assert AS_SHIPPED == 1.0
    made = shows_a_problem(opened, tells=False, before_telling=NEVER)
    click_on_tell(made, screen)
    screen.key("alt+t")
    made.pump()
    assert made.bench.operation.answer is None
    screen.key("Escape")
    made.until(lambda: made.bench.operation.answer is not None)
    assert made.bench.answer == ("user_cancelled", None)


@pytest.mark.parametrize("how", ["click", "key"])
def test_person_who_wants_it_as_a_control(opened: Open, screen: Screen, how: str) -> None:
    """The button does work, by mouse and by keyboard, once it has been there for a moment."""
    made = shows_a_problem(opened, tells=False)
    made.until(lambda: str(made.window._tell["state"]) == "normal")
    if how == "click":
        click_on_tell(made, screen)
    else:
        screen.key("alt+t")
    made.until(lambda: made.bench.operation.answer is not None)
    assert made.bench.answer[0] == "certificate_expired"


def test_problem_that_changes_under_the_pointer(opened: Open) -> None:
    """Have the button stay pressable while what it tells has become something else."""
    made = shows_a_problem(opened, tells=False)
    made.until(lambda: str(made.window._tell["state"]) == "normal")
    quiet.BEFORE_TELLING = NEVER
    made.bench.cards.seen = FailureError(Code.NO_CARD)
    made.bench.watch()
    made.pump()
    assert str(made.window._tell["state"]) == "disabled"


def test_button_is_only_there_where_it_is_needed(opened: Open) -> None:
    """Have the button in the way of a PIN, or in a window whose site is told anyway."""
    made = shows_a_problem(opened, tells=True)
    assert not made.window._tell.winfo_ismapped()
    made = opened(tells=False)
    made.ready()
    assert not made.window._tell.winfo_ismapped()


@pytest.mark.parametrize(("keys", "code"), [("\r", ""), ("t\r", "certificate_expired"), ("\x03", "user_cancelled")])
def test_terminal(terminals: list[Terminal], environment: dict[str, str], keys: str, code: str) -> None:
    """Be told on the terminal by anything but t and Enter."""
    seen = "card(3, problem=Code.CERTIFICATE_EXPIRED)"
    terminal = open_terminal(terminals, program("terminal", seen), environment)
    terminal.wait("Ctrl-C")
    terminal.type(keys)
    if not code:
        terminal.type("\x03")
        code = "user_cancelled"
    assert code in terminal.result()
