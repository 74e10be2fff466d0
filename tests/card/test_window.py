"""The window with real keys on a virtual screen: what is taken, what is refused and said, and that nothing jumps."""

from __future__ import annotations

import threading
import time
import tkinter as tk

import pytest

from agent.card.operation import State
from agent.failures import Code, FailureError
from tests.card.window_stage import SLOW, Open, Stage, keys, said, typed
from tests.card.window_states import CIPHER, CITIZEN, COMPANY, FIRM, OLD, SIGNER
from tests.stand.screen import Screen
from tests.unit.agent.operation_bench import PIN, card

TITLE = "憑證登入"


def odd_key(made: Stage, screen: Screen, name: str) -> None:
    """A key that the keyboard lacks: xdotool puts it there for as long as it runs, so Tk must work meanwhile."""
    pressing = threading.Thread(target=screen._xdotool, args=("key", "--delay", "400", name))
    pressing.start()
    made.until(lambda: not pressing.is_alive())
    made.pump()


def test_typed_digits_and_return_sign(asking: Stage, screen: Screen) -> None:
    keys(asking, screen, PIN)
    assert typed(asking) == PIN
    screen.key("Return")
    asking.until(lambda: asking.bench.operation.state is State.SIGNING)
    assert typed(asking) == ""
    asking.bench.step()
    assert asking.bench.cards.pins == [PIN]


def test_keypad_and_rubbing_out(asking: Stage, screen: Screen) -> None:
    screen.key("1", "2", "3", "BackSpace", "KP_4")
    asking.until(lambda: typed(asking) == "124")
    screen.key("ctrl+u")
    asking.until(lambda: typed(asking) == "")
    keys(asking, screen, PIN)
    screen.key("KP_Enter")
    asking.until(lambda: asking.bench.operation.state is State.SIGNING)


def dots(field: tk.Canvas, item: int) -> bool:
    """Whether something drawn is text."""
    return str(field.tk.call(str(field), "type", item)) == "text"


def test_field_shows_dots_and_gives_its_text_to_no_widget_and_no_selection(asking: Stage, screen: Screen) -> None:
    asking.root.clipboard_clear()
    asking.root.clipboard_append("something else")
    keys(asking, screen, PIN)
    screen.key("ctrl+a", "ctrl+c", "ctrl+x", "ctrl+Insert")
    asking.pump()
    assert typed(asking) == PIN
    field = asking.window._card.field
    call = asking.root.tk.call
    drawn = [call(str(field), "itemcget", item, "-text") for item in field.find_all() if dots(field, item)]
    assert drawn == ["●"] * len(PIN)
    assert asking.root.clipboard_get() == "something else"
    assert call("selection", "own") == ""
    variables = [name for name in call("info", "globals") if not call("array", "exists", name)]
    assert PIN not in "".join(str(call("set", name)) for name in variables)


@pytest.mark.parametrize("gesture", ["ctrl+v", "shift+Insert", "click 2", "click 3"])
def test_pasting_is_refused_with_the_reason(asking: Stage, screen: Screen, gesture: str) -> None:
    asking.root.clipboard_append(PIN)
    asking.root.selection_own(selection="PRIMARY")
    asking.root.selection_handle(lambda *_: PIN, selection="PRIMARY")
    field = asking.window._card.field
    if gesture.startswith("click"):
        screen.click(field.winfo_rootx() + 50, field.winfo_rooty() + 10, int(gesture.removeprefix("click ")))
    else:
        screen.key(gesture)
    asking.pump()
    assert typed(asking) == ""
    assert "不能貼上" in said(asking)


@pytest.mark.parametrize(
    ("key", "taken", "note"),
    [
        ("a", "", "只能輸入數字"),
        ("space", "", "只能輸入數字"),
        ("eacute", "", "只能輸入數字"),
        ("Uff17", "7", "全形字元已自動改為半形"),
        ("Uff41", "", "只能輸入數字"),
        ("U0663", "", "只能輸入數字"),
    ],
)
def test_other_characters_are_refused_or_changed_and_the_person_is_told(
    asking: Stage, screen: Screen, key: str, taken: str, note: str
) -> None:
    before = asking.size
    odd_key(asking, screen, key)
    asking.until(lambda: note in said(asking))
    assert typed(asking) == taken
    assert asking.size == before, "the window jumps while one types"


def test_note_goes_with_the_next_good_key(asking: Stage, screen: Screen) -> None:
    keys(asking, screen, "a")
    assert "只能輸入數字" in said(asking)
    keys(asking, screen, "1")
    assert "只能輸入數字" not in said(asking)


def test_ninth_digit_is_not_taken_and_said(asking: Stage, screen: Screen) -> None:
    keys(asking, screen, "123456789")
    assert typed(asking) == "12345678"
    assert "最多 8 個字元" in said(asking)


def test_several_characters_of_an_input_method_are_taken_together_or_not_at_all(asking: Stage) -> None:
    for text in ("１２３", "4a5", "王", "45"):
        asking.commit(text)
    assert typed(asking) == "12345"


def test_switch_is_offered_after_a_letter_and_admits_letters_and_symbols(asking: Stage, screen: Screen) -> None:
    screen.key("alt+l")
    keys(asking, screen, "12")
    assert "含有英文字母" not in said(asking)
    screen.key("ctrl+u")
    size = asking.size
    keys(asking, screen, "a")
    assert "含有英文字母" in said(asking)
    assert asking.size == size, "the window jumps while one types"
    screen.key("alt+l")
    asking.until(lambda: "區分大小寫" in said(asking))
    keys(asking, screen, "aB3-~")
    odd_key(asking, screen, "Uff5a")
    asking.until(lambda: typed(asking) == "aB3-~z")
    screen.key("space")
    asking.until(lambda: "不含空白" in said(asking))
    screen.key("Return")
    asking.until(lambda: asking.bench.operation.state is State.SIGNING)
    asking.bench.step()
    assert asking.bench.cards.pins == ["aB3-~z"]


def test_setting_starts_with_the_switch_set_and_turning_it_off_empties_the_field(opened: Open, screen: Screen) -> None:
    made = opened(form="printable")
    made.ready()
    keys(made, screen, "abc")
    assert typed(made) == "abc"
    screen.key("alt+l")
    made.until(lambda: typed(made) == "")
    assert "6 至 8 位數字" in said(made)


def test_shortcuts_type_nothing(asking: Stage, screen: Screen) -> None:
    screen.key("alt+1", "ctrl+2", "super+3")
    asking.pump()
    assert typed(asking) in ("", "3"), "super is no shortcut of ours"


def test_keys_from_before_the_window_are_not_taken(opened: Open, screen: Screen) -> None:
    """A person types a PIN into another program while the window comes up: not a digit of it may land here."""
    made = opened(quiet=SLOW)
    made.bench.step()  # the card is there at once
    screen.type("1234")
    screen.key("Return")
    made.pump()
    assert typed(made) == ""
    assert made.bench.cards.pins == []
    assert made.title != TITLE
    made.until(lambda: made.title == TITLE)
    assert typed(made) == ""
    assert "按鍵未採用" in said(made)
    keys(made, screen, PIN)
    assert typed(made) == PIN


def test_window_waits_for_a_pause_of_one_who_goes_on_typing(opened: Open, screen: Screen) -> None:
    made = opened(quiet=SLOW)
    made.bench.step()
    deadline = time.monotonic() + sum(SLOW)
    while time.monotonic() < deadline:
        screen.type("7")
        made.pump()
        assert made.title != TITLE
    assert typed(made) == ""
    made.until(lambda: made.title == TITLE)


def test_card_that_comes_in_the_middle_of_a_word_opens_the_field_after_it(opened: Open, screen: Screen) -> None:
    made = opened(quiet=SLOW)
    made.until(lambda: made.window._quiet.settled)
    screen.type("12")
    made.pump()
    made.bench.step()
    screen.type("34")
    made.pump()
    assert typed(made) == ""
    made.until(lambda: made.title == TITLE)


def test_problem_in_the_middle_of_a_pin_is_not_closed_by_its_return(asking: Stage, screen: Screen) -> None:
    keys(asking, screen, "1234")
    asking.bench.cards.present_answer = False
    asking.bench.cards.seen = FailureError(Code.NO_CARD)
    asking.bench.watch()
    screen.key("5", "6", "Return", "space")
    asking.pump()
    assert asking.bench.operation.answer is None
    assert "卡片被取出" in said(asking)


def test_other_card_does_not_get_the_rest_of_a_pin(asking: Stage, screen: Screen) -> None:
    keys(asking, screen, "1234")
    asking.bench.cards.present_answer = False
    asking.bench.cards.seen = FIRM
    asking.bench.watch()
    asking.bench.watch()
    screen.type("56")
    screen.key("Return")
    asking.pump()
    assert asking.bench.cards.pins == []
    assert typed(asking) == ""


def test_keyboard_that_comes_back_from_another_window_is_given_a_pause(opened: Open, screen: Screen) -> None:
    asking = opened(quiet=SLOW)
    asking.bench.cards.seen = SIGNER
    asking.ready()
    other = tk.Toplevel(asking.root)
    other.geometry("+0+0")
    other.update()
    other.focus_force()
    asking.until(lambda: not asking.window._quiet._had_focus)
    other.destroy()
    asking.window._card.field.focus_force()
    asking.until(lambda: not asking.window._quiet.settled)
    screen.type("1")
    asking.pump()
    assert typed(asking) == ""
    asking.until(lambda: asking.title == TITLE)
    keys(asking, screen, "2")
    assert typed(asking) == "2"


def test_escape_works_at_any_time(opened: Open, screen: Screen) -> None:
    made = opened()
    screen.key("Escape")
    made.until(lambda: made.bench.operation.answer is not None)
    assert made.bench.answer == ("user_cancelled", None)


def test_tab_goes_round_and_return_presses_what_has_the_ring(asking: Stage, screen: Screen) -> None:
    window = asking.window
    chinese, english = (window._band.choices[language] for language in ("zh-Hant", "en"))
    # The order on the screen, and at last the languages; the switch for letters is not there yet.
    ring = [window._card.field, window._first, window._cancel, chinese, english]
    seen = []
    for _ in range(len(ring)):
        asking.pump()
        seen.append(window.top.focus_get())
        screen.key("Tab")
    asking.pump()
    assert seen == ring
    assert window.top.focus_get() is ring[0]
    screen.key(*["shift+Tab"] * 3)
    asking.until(lambda: window.top.focus_get() is window._cancel)
    screen.key("Return")
    asking.until(lambda: asking.bench.operation.answer is not None)


def test_choice_with_the_keyboard(opened: Open, screen: Screen) -> None:
    made = opened()
    made.bench.cards.seen = (SIGNER, FIRM, CIPHER, OLD)
    made.ready()
    assert "只能用於加密" in said(made)
    assert "已過期" in said(made)
    screen.key("Down", "Down", "Return")
    made.until(lambda: made.bench.operation.state is State.READY)
    assert "範例股份有限公司" in said(made)
    made.until(lambda: made.title == TITLE)
    screen.key("alt+o")
    made.until(lambda: made.bench.operation.state is State.CHOOSING)
    made.until(lambda: made.title == TITLE)
    marked = made.window._choice.list.marked
    assert marked is not None
    assert marked.facts.holder == "範例股份有限公司"


def test_choice_with_the_mouse_and_the_mark_stays_when_a_card_comes(opened: Open, screen: Screen) -> None:
    made = opened()
    made.bench.cards.seen = (SIGNER, FIRM)
    made.ready()
    row = made.window._choice.list._rows[1]
    screen.click(row.winfo_rootx() + 60, row.winfo_rooty() + 10)
    made.until(lambda: (made.window._choice.list.marked or SIGNER).facts.holder == "範例股份有限公司")
    made.bench.cards.seen = (card(3, "新卡"), SIGNER, FIRM)
    made.bench.watch()
    screen.key("Return")
    made.until(lambda: made.bench.operation.state is State.READY)
    assert "範例股份有限公司" in said(made)


def test_long_list_moves_with_the_mark(opened: Open, screen: Screen) -> None:
    made = opened()
    made.bench.cards.seen = tuple(card(3, f"第 {number} 位") for number in range(9))
    made.ready()
    assert "1 / 9" in said(made)
    size = made.size
    screen.key(*["Down"] * 6)
    made.until(lambda: "7 / 9" in said(made))
    assert "第 6 位" in said(made)
    assert made.size == size
    screen.key("Next", "Next", "Return")
    made.until(lambda: made.bench.operation.state is State.READY)
    assert "第 8 位" in said(made)


def test_locked_card_names_page_and_telephone_and_copies_the_address(opened: Open, screen: Screen) -> None:
    made = opened()
    made.bench.cards.seen = card(0, family=CITIZEN)
    made.ready()
    shown = said(made)
    assert CITIZEN.unlock_page in shown
    assert CITIZEN.telephone in shown
    assert "確認" not in shown, "no PIN is asked"
    screen.key("alt+d")
    made.until(lambda: "已複製" in said(made))
    assert made.root.clipboard_get() == CITIZEN.unlock_page


def test_issuer_without_page_and_telephone_is_left_out(opened: Open) -> None:
    made = opened()
    made.bench.cards.seen = card(0)
    made.ready()
    for row in ("發卡機關網頁", "服務電話", "複製網址"):
        assert row not in said(made)


def test_row_of_the_issuer_that_is_not_known_is_left_out(opened: Open) -> None:
    made = opened()
    made.bench.cards.seen = card(0, family=COMPANY)
    made.ready()
    assert COMPANY.unlock_page in said(made)
    assert "服務電話" not in said(made)


def test_last_try_by_mnemonic(opened: Open, screen: Screen) -> None:
    made = opened()
    made.bench.cards.seen = card(1)
    made.ready()
    assert "這是最後一次機會" in said(made), "before the first press"
    keys(made, screen, PIN)
    before, size = said(made), made.size
    screen.key("Return")
    made.until(lambda: made.window.top.focus_get() is made.window._card.last_try)
    assert (typed(made), said(made), made.size) == (PIN, before, size)
    assert made.bench.cards.pins == []
    screen.key("alt+k", "alt+c")
    made.until(lambda: made.bench.operation.state is State.SIGNING)
    made.bench.step()
    assert made.bench.cards.pins == [PIN]


def test_reader_with_keys_counts_down_without_a_field(opened: Open, screen: Screen) -> None:
    made = opened()
    made.bench.cards.seen = card(3, pinpad=True)
    made.ready()
    assert not made.window._card.field.winfo_ismapped()
    screen.type("123456")
    screen.key("Return")
    made.until(lambda: made.bench.operation.state is State.SIGNING)
    made.bench.hang(3)
    assert "剩 57 秒" in said(made)
    size = made.size
    made.bench.hang(30)
    assert "剩 27 秒" in said(made)
    assert made.size == size
    made.bench.step()
    assert made.bench.cards.pins == [None]


def test_cancelling_while_the_card_works_is_said(asking: Stage, screen: Screen) -> None:
    keys(asking, screen, PIN)
    screen.key("Return", "Escape")
    asking.until(lambda: "正在取消" in said(asking))
    asking.bench.step()
    assert asking.bench.answer == ("user_cancelled", None)


def test_no_text_of_a_card_or_a_reader_moves_the_window_or_its_reading_direction(opened: Open) -> None:
    made = opened()
    made.bench.cards.seen = card(3, "王\u202e\n\x1b明" + "W" * 50, reader="R\u2028Site: bank.example\x07" * 9)
    made.ready()
    shown = said(made)
    assert not set("\u202e\x1b\u2028\x07") & set(shown)
    assert made.size[0] <= 520


def test_window_that_grows_stays_on_the_screen(opened: Open, screen: Screen) -> None:
    made = opened(text_scale=1.25)
    made.bench.cards.seen = card(1)
    made.ready()
    keys(made, screen, PIN)
    screen.key("Return")
    top = made.window.top
    made.until(lambda: "這是最後一次機會" in said(made))
    made.pump()
    assert top.winfo_rooty() >= 0
    assert top.winfo_rooty() + top.winfo_height() <= top.winfo_screenheight()


def test_window_that_is_destroyed_from_outside_is_told(asking: Stage) -> None:
    told: list[bool] = []
    asking.window.on_destroyed = lambda: told.append(True)
    asking.window.top.destroy()
    assert told == [True]
    asking.window.hide()
