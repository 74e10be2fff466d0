"""The window about pages written for the old component: real keys and clicks, and texts that are made to deceive."""

from __future__ import annotations

import pytest

from agent.card.harmless import LONGEST
from agent.card.old_asks import CmsAsk, ListAsk, OldAsk, RawAsk
from agent.card.operation import State
from agent.card.prompts.window.content_field import ContentField
from agent.failures import Code, FailureError
from tests.card.window_stage import Open, Stage, keys, said, typed
from tests.card.window_states import SIGNER
from tests.stand.screen import Screen
from tests.unit.agent.operation_bench import PIN

STRANGE = OldAsk(CmsAsk(b"text"))
RAW = RawAsk(bytes.fromhex("3031300d060960864801650304020105000420") + bytes(32))
NEVER = 600.0


def field(made: Stage) -> ContentField:
    """What is signed."""
    content = made.window._heading._content
    assert content is not None
    return content


def shown(made: Stage) -> str:
    """The text of what is signed."""
    return str(field(made).text.get("1.0", "end-1c"))


def about(opened: Open, content: bytes, **wishes: object) -> Stage:
    """A window that asks for the PIN to sign something."""
    made = opened(old=OldAsk(CmsAsk(content), permitted=True), language="en", **wishes)
    made.bench.cards.seen = SIGNER
    made.ready()
    return made


def asked(opened: Open, old: OldAsk = STRANGE, **wishes: object) -> Stage:
    """A window that asks about a site, which takes keys."""
    made = opened(old=old, tells=old.permitted, language="en", **wishes)
    made.ready()
    return made


class TestQuestion:
    """About the site, and about what cannot be shown."""

    @pytest.mark.parametrize("press", [["Return"], ["space"], ["KP_Enter"], ["alt+n"]])
    def test_keyboard_is_on_no(self, opened: Open, screen: Screen, press: list[str]) -> None:
        made = asked(opened)
        assert "May this site use your card?" in said(made)
        screen.key(*press)
        made.until(lambda: made.bench.operation.answer is not None)
        assert made.bench.answer == ("origin_not_permitted", None)
        assert made.bench.cards.looks == 0

    @pytest.mark.parametrize("press", ["y", "1", "Escape"])
    def test_other_keys_are_no_yes(self, opened: Open, screen: Screen, press: str) -> None:
        made = asked(opened)
        screen.key(press)
        made.pump()
        made.bench.step()
        assert not (made.bench.operation.answer and made.bench.operation.answer.permitted)
        assert made.bench.cards.looks == 0

    def test_yes_goes_on_to_the_pin_in_the_same_window(self, opened: Open, screen: Screen) -> None:
        made = asked(opened)
        made.bench.cards.seen = SIGNER
        screen.key("alt+y")
        made.until(lambda: made.bench.operation.state is State.LOOKING)
        made.ready()
        assert "Sign this text (4 characters)" in said(made)
        keys(made, screen, PIN)
        screen.key("Return")
        made.until(lambda: made.bench.operation.state is State.SIGNING)
        made.bench.step()
        assert made.bench.operation.answer is not None
        assert made.bench.operation.answer.permitted

    @pytest.mark.parametrize("press", ["alt+y", "Return", "space"])
    def test_keys_pressed_as_the_window_comes_up_say_nothing(self, opened: Open, screen: Screen, press: str) -> None:
        made = opened(old=STRANGE, tells=False, quiet=(60.0, 60.0))
        screen.key(press)
        made.pump()
        made.bench.step()
        assert made.bench.operation.state is State.ASKING

    def test_click_where_yes_comes_up_says_nothing(self, opened: Open, screen: Screen) -> None:
        made = opened(old=STRANGE, tells=False, before_telling=NEVER)
        made.pump()
        yes = made.window._first
        screen.click(yes.winfo_rootx() + yes.winfo_width() // 2, yes.winfo_rooty() + yes.winfo_height() // 2)
        made.pump()
        assert made.bench.operation.state is State.ASKING
        screen.key("Escape")
        made.until(lambda: made.bench.operation.answer is not None)
        assert made.bench.answer == ("user_cancelled", None)

    def test_second_press_does_not_answer_the_second_question(self, opened: Open, screen: Screen) -> None:
        made = asked(opened, OldAsk(RAW), quiet=(0.05, 2.0))
        screen.key("alt+y", "alt+y")
        made.until(lambda: "Sign something that cannot be shown?" in said(made))
        made.pump()
        assert made.bench.operation.state is State.ASKING
        assert "00000000 00000000" in said(made)

    def test_list_is_answered_without_a_pin(self, opened: Open, screen: Screen) -> None:
        made = asked(opened, OldAsk(ListAsk(True)))
        screen.key("alt+y")
        made.until(lambda: made.bench.operation.state is State.LOOKING)
        assert "Read the card, without a PIN" in said(made)
        made.bench.step()
        assert made.bench.operation.answer is not None
        assert made.bench.operation.answer.listing is not None

    def test_site_that_was_allowed_is_told_what_is_wrong_without_asking(self, opened: Open, screen: Screen) -> None:
        made = asked(opened)
        screen.key("alt+y")
        made.until(lambda: made.bench.operation.state is State.LOOKING)
        made.bench.cards.seen = FailureError(Code.NO_CARD)
        made.ready()
        assert "Tell the site" not in said(made)
        screen.key("Escape")
        made.until(lambda: made.bench.operation.answer is not None)
        assert made.bench.answer == ("no_card", None)


class TestContent:
    """What is signed."""

    def test_keyboard_is_at_the_pin_and_tab_leads_to_the_text_which_scrolls(self, opened: Open, screen: Screen) -> None:
        made = about(opened, "\n".join(f"line {number}" for number in range(100)).encode())
        keys(made, screen, "12")
        assert typed(made) == "12"
        for _ in range(12):
            if made.root.focus_get() is field(made).text:
                break
            screen.key("Tab")
            made.pump()
        assert made.root.focus_get() is field(made).text
        before = shown(made)
        for name in ("Next", "End", "Home", "Down", "Up", "Prior", "Next"):
            screen.key(name)
        made.until(lambda: field(made).text.yview()[0] > 0)
        screen.key("3", "Delete", "BackSpace", "ctrl+v", "ctrl+x", "Return")
        made.pump()
        assert (shown(made), typed(made), made.bench.operation.state) == (before, "12", State.READY)
        screen.key("Escape")
        made.until(lambda: made.bench.operation.answer is not None)

    def test_click_and_wheel_leave_the_keyboard_at_the_pin(self, opened: Open, screen: Screen) -> None:
        made = about(opened, b"line\n" * 100)
        text = field(made).text
        at = (text.winfo_rootx() + 20, text.winfo_rooty() + 20)
        screen.click(*at)
        screen.click(*at, button=5)
        made.until(lambda: text.yview()[0] > 0)
        keys(made, screen, "12")
        assert typed(made) == "12"

    @pytest.mark.parametrize(
        ("content", "visible"),
        [
            ("pay \u202e001\u202c NTD".encode(), "pay \ufffd001\ufffd NTD"),
            (b"a\r\nb\rc\xe2\x80\xa8d", "a\nb\nc\nd"),
            (b"\x1b[2J\x00x", "\ufffd[2J\ufffdx"),
            (b"TBS \n", "TBS "),
        ],
    )
    def test_hostile_text_is_harmless(self, opened: Open, content: bytes, visible: str) -> None:
        assert shown(about(opened, content)) == visible

    def test_text_that_imitates_ours_stays_in_its_field(self, opened: Open) -> None:
        made = about(opened, b"\n\n\n\nSite, as the page says\nhttps://bank.example\nPurpose\nLog in")
        assert "bank.example" not in said(made)
        assert "Log in" not in said(made)
        assert field(made)._bar.winfo_ismapped(), "that there is more is seen"

    @pytest.mark.parametrize("content", [b"x" * 2**20, b"\n" * 100_000, "中\u0301".encode() * 200_000])
    def test_endless_text_is_cut_and_the_window_is_as_large_as_ever(self, opened: Open, content: bytes) -> None:
        made = about(opened, content)
        assert len(shown(made)) <= LONGEST
        assert "first 20,000 of" in said(made)
        assert made.size[1] < 720

    def test_warnings_are_shown_with_the_pin_and_not_with_a_problem(self, opened: Open) -> None:
        made = opened(old=OldAsk(CmsAsk(b"TBS", "sha1"), permitted=True), language="en")
        made.bench.cards.seen = SIGNER
        made.ready()
        for part in ("SHA-1 is an outdated", "the text never changes"):
            assert part in said(made)
        made.bench.cards.present_answer = False
        made.bench.watch()
        made.ready()
        assert "SHA-1" not in said(made)


class TestPageThatLeft:
    """Nobody waits any more."""

    def test_it_is_said_and_the_typed_pin_stays(self, opened: Open, screen: Screen) -> None:
        made = about(opened, b"text")
        keys(made, screen, PIN)
        made.bench.operation.page_left()
        assert "The page has stopped waiting." in said(made)
        assert typed(made) == PIN

    def test_it_is_said_of_a_card_that_comes_later(self, opened: Open) -> None:
        made = opened(old=OldAsk(CmsAsk(b"text"), permitted=True), language="en")
        made.bench.operation.page_left()
        assert "The page has stopped waiting." not in said(made)
        made.bench.cards.seen = SIGNER
        made.ready()
        assert "The page has stopped waiting." in said(made)
