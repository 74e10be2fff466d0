"""One operation of the card host: cards come and go, PINs are typed; no toolkit, no driver."""

import pytest

from agent.card.frames import HostAnswer
from agent.card.operation import WATCH_INTERVAL, State
from agent.failures import Code, FailureError
from tests.unit.agent.fakes import CHALLENGE, ORIGIN, TOKEN
from tests.unit.agent.operation_bench import PIN, Bench, card


def test_card_is_shown_with_its_tries_and_nothing_is_signed_by_itself(bench: Bench) -> None:
    assert bench.operation.state is State.LOOKING
    for _ in range(50):
        bench.step(1.0)
    assert bench.view.shown == [("card", 3)]
    assert bench.cards.pins == []


def test_right_pin_gives_the_token_for_origin_and_challenge_of_the_order(signing: Bench) -> None:
    signing.step()
    assert signing.operation.answer == HostAnswer(token=TOKEN)
    assert signing.operation.state is State.ENDED
    assert signing.cards.pins == [PIN]
    assert signing.cards.signed_for == [(ORIGIN, CHALLENGE)]


def test_locked_card_asks_for_no_pin(bench: Bench) -> None:
    bench.cards.seen = card(0)
    bench.step()
    assert bench.view.shown == [("problem", Code.PIN_LOCKED, 0)]
    bench.submit()
    bench.step()
    assert bench.cards.pins == []


def test_locked_card_can_be_changed_for_another(bench: Bench) -> None:
    bench.cards.seen = card(0)
    bench.step()
    bench.cards.seen = card(3)
    bench.watch()
    assert bench.last() == ("card", 3)


@pytest.mark.parametrize(
    "pin", ["", "12345", "123456789", "12345a", "１２３４５６", "123 456", "123456\n", "٣٤٥٦٧٨", "-12345"]
)
def test_malformed_pin_never_reaches_the_card(ready: Bench, pin: str) -> None:
    ready.submit(pin)
    ready.step()
    assert ready.last() == ("note", Code.PIN_MALFORMED, None)
    assert ready.cards.pins == []
    assert ready.operation.state is State.READY


def test_wrong_pin_shows_the_tries_left_and_waits_for_a_person(signing: Bench) -> None:
    signing.cards.signed = FailureError(Code.PIN_WRONG, 2)
    signing.step()
    assert signing.view.shown[-2:] == [("card", 2), ("note", Code.PIN_WRONG, 2)]
    assert signing.operation.answer is None
    for _ in range(50):
        signing.step(1.0)
    assert signing.cards.pins == [PIN], "a PIN try was spent that nobody typed"


def test_right_pin_after_a_wrong_one_signs(signing: Bench) -> None:
    signing.cards.signed = FailureError(Code.PIN_WRONG, 2)
    signing.step()
    signing.cards.signed = TOKEN
    signing.submit("654321")
    signing.step()
    assert signing.operation.answer == HostAnswer(token=TOKEN)
    assert signing.cards.pins == [PIN, "654321"]


def test_last_try_is_not_spent_without_confirmation(bench: Bench) -> None:
    bench.cards.seen = card(1)
    bench.step()
    bench.submit()
    bench.step()
    assert bench.last() == ("last try",)
    assert bench.cards.pins == []
    bench.submit(confirmed=True)
    bench.step()
    assert bench.operation.answer == HostAnswer(token=TOKEN)


def test_try_that_became_the_last_by_a_wrong_pin_needs_confirmation_too(signing: Bench) -> None:
    signing.cards.signed = FailureError(Code.PIN_WRONG, 1)
    signing.step()
    signing.submit()
    signing.step()
    assert signing.last() == ("last try",)
    assert signing.cards.pins == [PIN]


def test_malformed_pin_on_the_last_try_is_called_malformed_first(bench: Bench) -> None:
    bench.cards.seen = card(1)
    bench.step()
    bench.submit("123", confirmed=True)
    assert bench.last() == ("note", Code.PIN_MALFORMED, None)


def test_unknown_tries_are_no_obstacle(bench: Bench) -> None:
    bench.cards.seen = card(None)
    bench.step()
    bench.submit()
    bench.step()
    assert bench.operation.answer == HostAnswer(token=TOKEN)


def test_try_that_locks_the_card_ends_in_a_problem_and_the_answer_says_locked(signing: Bench) -> None:
    signing.cards.signed = FailureError(Code.PIN_LOCKED, 0)
    signing.cards.seen = card(0)
    signing.step()
    assert signing.last() == ("problem", Code.PIN_LOCKED, 0)
    signing.watch()
    signing.operation.cancel()
    assert signing.answer == ("pin_locked", 0)


@pytest.mark.parametrize("code", [Code.NO_READER, Code.NO_CARD, Code.NO_CERTIFICATE, Code.CARD_ERROR])
def test_window_waits_for_the_remedy_and_goes_on_by_itself(bench: Bench, code: Code) -> None:
    bench.cards.seen = FailureError(code)
    bench.step()
    assert bench.view.shown == [("problem", code, None)]
    bench.watch()
    assert bench.view.shown == [("problem", code, None)], "the same problem is not shown twice"
    bench.cards.seen = card()
    bench.watch()
    assert bench.last() == ("card", 3)


def test_problem_that_changes_is_shown_anew(bench: Bench) -> None:
    bench.cards.seen = FailureError(Code.NO_READER)
    bench.step()
    bench.cards.seen = FailureError(Code.NO_CARD)
    bench.watch()
    assert bench.view.shown == [("problem", Code.NO_READER, None), ("problem", Code.NO_CARD, None)]


def test_missing_driver_is_shown_until_the_person_closes_the_window(bench: Bench) -> None:
    bench.driver_failure = FailureError(Code.NO_DRIVER)
    bench.step()
    bench.watch()
    assert bench.view.shown == [("problem", Code.NO_DRIVER, None)]
    bench.operation.cancel()
    assert bench.answer == ("no_driver", None)


@pytest.mark.parametrize("code", [Code.HOST_FAILED, Code.INTERNAL, Code.TIMED_OUT, Code.REQUEST_MALFORMED])
def test_failure_that_nobody_can_remedy_ends_at_once(bench: Bench, code: Code) -> None:
    bench.cards.seen = FailureError(code)
    bench.step()
    assert bench.answer == (code.value, None)
    assert bench.view.shown == []


def test_bug_in_the_driver_thread_ends_with_host_failed(bench: Bench) -> None:
    bench.cards.seen = RuntimeError("driver")
    bench.step()
    assert bench.answer == ("host_failed", None)


def test_card_removed_while_the_window_is_open_is_noticed(ready: Bench) -> None:
    ready.cards.present_answer = False
    ready.cards.seen = FailureError(Code.NO_CARD)
    ready.watch()
    assert ready.last() == ("problem", Code.CARD_REMOVED, None)
    ready.submit()
    ready.step()
    assert ready.cards.pins == []


def test_removed_card_stays_removed_in_words_until_a_card_is_back(ready: Bench) -> None:
    ready.cards.present_answer = False
    ready.cards.seen = FailureError(Code.NO_CARD)
    ready.watch()
    ready.watch()
    assert ready.last() == ("problem", Code.CARD_REMOVED, None)
    ready.cards.seen = card(2)
    ready.watch()
    assert ready.last() == ("card", 2)


def test_answer_after_a_removed_card_says_so(ready: Bench) -> None:
    ready.cards.present_answer = False
    ready.watch()
    ready.operation.cancel()
    assert ready.answer == ("card_removed", None)


def test_card_removed_while_it_signs_can_be_put_back_but_the_pin_is_typed_again(signing: Bench) -> None:
    signing.cards.signed = FailureError(Code.CARD_REMOVED)
    signing.step()
    assert signing.last() == ("problem", Code.CARD_REMOVED, None)
    signing.cards.signed = TOKEN
    signing.watch()
    assert signing.last() == ("card", 3)
    assert signing.cards.pins == [PIN]


def test_card_present_is_asked_for_twice_a_second_and_shows_nothing_new(ready: Bench) -> None:
    for _ in range(10):
        ready.watch()
    assert ready.view.shown == [("card", 3)]


def test_pin_typed_while_the_driver_watches_is_signed_once(ready: Bench) -> None:
    ready.hang(WATCH_INTERVAL + 0.1)
    assert len(ready.worker.waiting) == 1
    ready.cards.present_answer = False
    ready.submit()
    ready.step()
    assert ready.cards.pins == [PIN]
    assert ready.operation.answer == HostAnswer(token=TOKEN)


def test_second_return_key_while_signing_spends_nothing(signing: Bench) -> None:
    signing.submit()
    signing.submit("654321")
    signing.step()
    assert signing.cards.pins == [PIN]


def test_submit_before_a_card_is_there_does_nothing(bench: Bench) -> None:
    bench.submit()
    bench.step()
    assert bench.cards.pins == []
    assert bench.operation.state is State.READY


def test_submit_after_the_end_does_nothing(signing: Bench) -> None:
    signing.step()
    signing.submit()
    signing.step(1.0)
    assert signing.cards.pins == [PIN]
