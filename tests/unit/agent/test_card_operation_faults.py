"""Readers with keys of their own, exchanged cards, drivers that hang for good."""

import pytest

from agent.card.frames import HostAnswer
from agent.card.operation import HUNG_LIMIT, LOOK_LIMIT, MAX_HANGS, PINPAD_LIMIT, SIGN_LIMIT, State
from agent.failures import Code, FailureError, Next, failure
from tests.unit.agent.fakes import TOKEN
from tests.unit.agent.operation_bench import PIN, Bench, card


@pytest.fixture
def pinpad(bench: Bench) -> Bench:
    """An operation with a reader that has keys of its own."""
    bench.cards.seen = card(3, pinpad=True)
    bench.step()
    return bench


def test_pin_on_the_reader_starts_only_when_the_person_asks_for_it(pinpad: Bench) -> None:
    for _ in range(20):
        pinpad.step(1.0)
    assert pinpad.cards.pins == []
    pinpad.submit(None)
    pinpad.step()
    assert pinpad.cards.pins == [None]
    assert pinpad.operation.answer == HostAnswer(token=TOKEN)


def test_typed_pin_never_goes_to_a_reader_with_keys_nor_the_other_way_round(pinpad: Bench, ready: Bench) -> None:
    pinpad.cards.seen = card(3, pinpad=True)
    pinpad.submit(PIN)
    pinpad.step()
    assert pinpad.cards.pins == []


def test_reader_without_keys_is_not_asked_for_a_pin(ready: Bench) -> None:
    ready.submit(None)
    ready.step()
    assert ready.cards.pins == []


def test_countdown_is_told_every_second(pinpad: Bench) -> None:
    pinpad.submit(None)
    assert pinpad.last() == ("countdown", 60)
    for _ in range(20):
        pinpad.hang(0.25)
    assert [entry for entry in pinpad.view.shown if entry[0] == "countdown"] == [
        ("countdown", seconds) for seconds in (60, 59, 58, 57, 56, 55)
    ]
    assert PINPAD_LIMIT == 60.0


def test_entry_on_the_reader_may_take_longer_than_a_signature(pinpad: Bench) -> None:
    pinpad.submit(None)
    pinpad.hang(PINPAD_LIMIT - 1)
    assert SIGN_LIMIT < PINPAD_LIMIT
    assert pinpad.operation.state is State.SIGNING
    pinpad.step()
    assert pinpad.operation.answer == HostAnswer(token=TOKEN)


def test_reader_that_never_answers_is_told_after_the_countdown(pinpad: Bench) -> None:
    pinpad.submit(None)
    pinpad.hang(PINPAD_LIMIT + 1)
    assert pinpad.last() == ("problem", Code.READER_HUNG, None)


def test_last_try_on_a_reader_needs_confirmation_too(bench: Bench) -> None:
    bench.cards.seen = card(1, pinpad=True)
    bench.step()
    bench.submit(None)
    bench.step()
    assert bench.last() == ("last try",)
    assert bench.cards.pins == []
    bench.submit(None, confirmed=True)
    bench.step()
    assert bench.cards.pins == [None]


def test_wrong_pin_on_the_reader_is_not_asked_again_by_itself(pinpad: Bench) -> None:
    pinpad.submit(None)
    pinpad.cards.signed = FailureError(Code.PIN_WRONG, 2)
    pinpad.step()
    assert pinpad.view.shown[-2:] == [("card", 2), ("note", Code.PIN_WRONG, 2)]
    for _ in range(20):
        pinpad.step(1.0)
    assert pinpad.cards.pins == [None]


def test_cancel_key_of_the_reader_ends_the_order(pinpad: Bench) -> None:
    pinpad.submit(None)
    pinpad.cards.signed = FailureError(Code.USER_CANCELLED)
    pinpad.step()
    assert pinpad.answer == ("user_cancelled", None)


def test_cancel_in_the_window_waits_for_the_reader_and_says_so_once(pinpad: Bench) -> None:
    pinpad.submit(None)
    pinpad.operation.cancel()
    pinpad.operation.cancel()
    pinpad.hang(5)
    assert pinpad.view.shown[-2:] == [("countdown", 60), ("cancelling",)]
    pinpad.step()
    assert pinpad.answer == ("user_cancelled", None)


def test_other_characters_sign_only_with_the_switch(ready: Bench) -> None:
    ready.operation.submit("abC!23", last_try_confirmed=False)
    ready.step()
    assert ready.cards.pins == []
    ready.operation.submit("abC!23", last_try_confirmed=False, form="printable")
    ready.step()
    assert ready.cards.pins == ["abC!23"]


def test_exchanged_card_is_explained_and_nothing_goes_on_by_itself(signing: Bench) -> None:
    signing.cards.signed = FailureError(Code.CARD_SWAPPED)
    signing.step()
    assert signing.last() == ("problem", Code.CARD_SWAPPED, None)
    signing.cards.seen = card(3, "另一人")
    looks = signing.cards.looks
    for _ in range(5):
        signing.watch()
    assert signing.last() == ("problem", Code.CARD_SWAPPED, None)
    assert signing.cards.looks == looks
    signing.operation.cancel()
    assert signing.answer == ("card_swapped", None)


@pytest.mark.parametrize("code", [code for code in Code if failure(code).next is Next.WAIT])
def test_what_a_person_can_mend_keeps_the_window_and_goes_on(bench: Bench, code: Code) -> None:
    bench.cards.seen = FailureError(code)
    bench.step()
    assert bench.last() == ("problem", code, None)
    bench.cards.seen = card()
    bench.watch()
    assert bench.last() == ("card", 3)


@pytest.mark.parametrize("code", [Code.PIN_LOCKED, Code.CARD_NOT_ACTIVATED, Code.NO_DRIVER, Code.DRIVER_REFUSED])
def test_what_stops_here_is_shown_until_the_person_closes_the_window(bench: Bench, code: Code) -> None:
    bench.cards.seen = FailureError(code)
    bench.step()
    bench.watch()
    assert bench.view.shown == [("problem", code, None)]
    assert bench.operation.answer is None
    bench.operation.cancel()
    assert bench.answer[0] == code.value


@pytest.mark.parametrize("code", [Code.PIN_LOCKED, Code.CARD_NOT_ACTIVATED, Code.NO_DRIVER])
def test_another_card_helps_where_this_one_does_not(bench: Bench, code: Code) -> None:
    bench.cards.seen = FailureError(code)
    bench.step()
    bench.cards.seen = card()
    bench.watch()
    assert bench.last() == ("card", 3)


def test_hung_reader_ends_the_order_soon_so_that_its_driver_can_be_ended(bench: Bench) -> None:
    bench.hang(LOOK_LIMIT + 0.1)
    bench.hang(HUNG_LIMIT - 0.1)
    assert bench.operation.answer is None
    bench.hang(0.2)
    assert bench.answer == ("reader_hung", None)
    assert HUNG_LIMIT == 10.0


def test_hung_signature_ends_the_order_soon_too(signing: Bench) -> None:
    signing.hang(SIGN_LIMIT + 0.1)
    signing.hang(HUNG_LIMIT + 0.1)
    assert signing.answer == ("reader_hung", None)


def test_reader_that_comes_back_in_time_gets_its_full_time_again(bench: Bench) -> None:
    bench.hang(LOOK_LIMIT + 1)
    bench.cards.seen = FailureError(Code.NO_CARD)
    bench.step(1)
    bench.hang(HUNG_LIMIT + 5)
    bench.step()
    assert bench.last() == ("problem", Code.NO_CARD, None)
    assert bench.operation.answer is None


def test_reader_that_hangs_again_and_again_gets_no_further_job(bench: Bench) -> None:
    for _ in range(MAX_HANGS):
        bench.hang(LOOK_LIMIT + 0.1)
        bench.step(0.1)
        bench.cards.present_answer = True
        bench.hang(0.6)
    assert bench.last() == ("problem", Code.READER_HUNG, None)
    looks = bench.cards.looks
    for _ in range(5):
        bench.step(1.0)
    assert bench.cards.looks == looks
    bench.hang(HUNG_LIMIT)
    assert bench.answer == ("reader_hung", None)


def test_problem_after_a_long_entry_gives_time_to_mend_it(ready: Bench) -> None:
    ready.step(100)
    ready.cards.present_answer = False
    ready.cards.seen = FailureError(Code.NO_CARD)
    ready.watch()
    ready.step(60)
    assert ready.operation.answer is None
    assert ready.last() == ("problem", Code.CARD_REMOVED, None)


def test_fail_ends_at_once_and_only_once(ready: Bench) -> None:
    ready.operation.fail(Code.HOST_FAILED)
    ready.operation.fail(Code.NO_PROMPT)
    assert ready.answer == ("host_failed", None)
