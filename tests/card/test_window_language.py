"""The window speaks one language at a time, switches it, and keeps its parts where they are whatever is said."""

from __future__ import annotations

import re

import pytest

from agent.card.operation import State
from agent.failures import Code, FailureError
from tests.card.window_stage import Open, Stage, keys, said, typed
from tests.card.window_states import FIRM, SIGNER, STATES, WindowState
from tests.stand.screen import Screen
from tests.unit.agent.operation_bench import PIN


def places(made: Stage) -> tuple[int, int]:
    """Where the PIN field is, and how high the window is."""
    made.pump()
    return made.window._card.field.winfo_rooty() - made.window.top.winfo_rooty(), made.size[1]


@pytest.mark.parametrize("language", ["zh-Hant", "en"])
def test_field_stays_where_it_is_whatever_is_said(opened: Open, screen: Screen, language: str) -> None:
    made = opened(language=language)
    waiting = places(made)
    made.bench.cards.seen = SIGNER
    made.ready()
    assert places(made) == waiting
    for code, tries in ((Code.PIN_MALFORMED, None), (Code.PIN_WRONG, 2)):
        made.bench.cards.signed = FailureError(code, tries)
        keys(made, screen, PIN)
        screen.key("Return")
        made.until(lambda: made.bench.operation.state is State.SIGNING)
        assert places(made) == waiting
        made.ready()
        assert places(made) == waiting
    made.bench.cards.signed = FailureError(Code.PIN_WRONG, 1)
    keys(made, screen, PIN)
    screen.key("Return")
    made.until(lambda: made.bench.operation.state is State.SIGNING)
    made.ready()
    assert places(made)[0] == waiting[0]
    assert made.window._card.last_try.winfo_rooty() > made.window._card.message.winfo_rooty()


@pytest.mark.parametrize("language", ["zh-Hant", "en"])
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_one_language_at_a_time(opened: Open, language: str, state: WindowState) -> None:
    made = opened(**{**state.wishes, "language": language})
    state.reach(made)
    shown = f"{made.title}\n{said(made)}"
    for own in ("王小明（加密）", "王小明", "陳美麗", "範例股份有限公司", "中文.example", "中文"):
        shown = shown.replace(own, "")
    assert bool(re.search("[\u4e00-\u9fff]", shown)) == (language == "zh-Hant")
    if language == "zh-Hant":
        assert not re.search("Log in|Cancel|Close|Card holder|Reader$|Tries|[a-z] the [a-z]", shown)


def test_switch_changes_all_that_is_said_and_loses_nothing(asking: Stage, screen: Screen) -> None:
    keys(asking, screen, "1234")
    button = asking.window._band.choices["en"]
    screen.click(button.winfo_rootx() + 5, button.winfo_rooty() + 5)
    asking.until(lambda: asking.title == "CardLogin")
    shown = said(asking)
    for text in ("Log in", "Card holder", "3 tries", "6 to 8 digits", "Confirm"):
        assert text in shown
    assert "持卡人" not in shown
    assert typed(asking) == "1234"
    asking.window._card.field.focus_force()
    keys(asking, screen, "56")
    screen.key("Return")
    asking.until(lambda: asking.bench.operation.state is State.SIGNING)
    assert "The card is signing" in said(asking)
    asking.bench.step()
    answer = asking.bench.operation.answer
    assert answer is not None
    assert answer.language == "en"


def test_purpose_is_shown_where_a_pin_is_asked_and_nowhere_else(opened: Open) -> None:
    made = opened()
    made.bench.cards.seen = (SIGNER, FIRM)
    made.ready()
    assert "用途" not in said(made)
    made.bench.choose("王小明")
    made.until(lambda: "用途" in said(made))
    made.bench.cards.present_answer = False
    made.bench.watch()
    assert "用途" not in said(made)


def test_answer_names_no_language_where_nobody_has_switched(asking: Stage) -> None:
    asking.bench.submit()
    asking.bench.step()
    answer = asking.bench.operation.answer
    assert answer is not None
    assert answer.language is None
