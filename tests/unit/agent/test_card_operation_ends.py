"""How an operation of the card host ends: deadlines, cancelling, and never by a second try of its own."""

import pytest

from agent.card.frames import HostAnswer
from agent.card.operation import ENTRY_LIMIT, LOOK_LIMIT, SIGN_LIMIT, WATCH_INTERVAL
from agent.failures import Code, FailureError
from tests.unit.agent.fakes import TOKEN
from tests.unit.agent.operation_bench import PIN, Bench, card


def test_hung_look_is_told_after_five_seconds(bench: Bench) -> None:
    bench.hang(LOOK_LIMIT - 0.1)
    assert bench.view.shown == []
    bench.hang(0.2)
    assert bench.view.shown == [("problem", Code.READER_HUNG, None)]
    assert LOOK_LIMIT == 5.0


def test_hung_reader_that_comes_back_goes_on(bench: Bench) -> None:
    bench.hang(LOOK_LIMIT + 1)
    bench.step(1.0)
    assert bench.last() == ("card", 3)


def test_hung_watch_is_told_after_five_seconds(ready: Bench) -> None:
    ready.hang(WATCH_INTERVAL + 0.1)
    ready.hang(LOOK_LIMIT + 0.1)
    assert ready.last() == ("problem", Code.READER_HUNG, None)


def test_hung_driver_gets_no_second_job(bench: Bench) -> None:
    for _ in range(60):
        bench.hang(1.0)
    assert len(bench.worker.waiting) == 1


def test_hung_signature_is_told_after_twenty_seconds(signing: Bench) -> None:
    signing.hang(SIGN_LIMIT - 0.1)
    assert signing.last() == ("signing",)
    signing.hang(0.2)
    assert signing.last() == ("problem", Code.READER_HUNG, None)
    assert SIGN_LIMIT == 20.0
    signing.operation.cancel()
    assert signing.answer == ("reader_hung", None)


def test_token_that_comes_after_the_answer_is_thrown_away(signing: Bench) -> None:
    signing.hang(SIGN_LIMIT + 1)
    signing.operation.cancel()
    signing.step()
    assert signing.answer == ("reader_hung", None)


def test_hung_reader_ends_by_the_entry_limit_with_its_own_code(bench: Bench) -> None:
    bench.hang(LOOK_LIMIT + 1)
    bench.hang(ENTRY_LIMIT)
    assert bench.answer == ("reader_hung", None)


def test_pin_not_typed_in_time_ends_the_order(ready: Bench) -> None:
    ready.step(ENTRY_LIMIT - 1)
    assert ready.operation.answer is None
    ready.hang(2)
    assert ready.answer == ("timed_out", None)
    assert ENTRY_LIMIT == 120.0


def test_time_to_type_begins_when_the_card_is_there(bench: Bench) -> None:
    bench.cards.seen = FailureError(Code.NO_CARD)
    bench.step(1)
    bench.hang(ENTRY_LIMIT - 10)
    bench.cards.seen = card()
    bench.step()
    assert bench.last() == ("card", 3)
    bench.step(60)
    assert bench.operation.answer is None


def test_missing_card_is_the_answer_when_time_is_up(bench: Bench) -> None:
    bench.cards.seen = FailureError(Code.NO_CARD)
    bench.step()
    bench.hang(ENTRY_LIMIT + 1)
    assert bench.answer == ("no_card", None)


def test_entry_limit_does_not_cut_a_signature_off(ready: Bench) -> None:
    ready.now += ENTRY_LIMIT - 1
    ready.submit()
    ready.hang(5)
    assert ready.operation.answer is None
    ready.step()
    assert ready.operation.answer == HostAnswer(token=TOKEN)


def test_cancel_while_looking(bench: Bench) -> None:
    bench.operation.cancel()
    assert bench.answer == ("user_cancelled", None)
    bench.step(1)
    assert bench.view.shown == []


def test_cancel_while_the_pin_is_asked(ready: Bench) -> None:
    ready.operation.cancel()
    assert ready.answer == ("user_cancelled", None)
    ready.submit()
    ready.step()
    assert ready.cards.pins == []


def test_cancel_of_a_problem_answers_with_the_problem(bench: Bench) -> None:
    bench.cards.seen = FailureError(Code.NO_READER)
    bench.step()
    bench.operation.cancel()
    assert bench.answer == ("no_reader", None)


def test_cancel_after_a_wrong_pin_answers_with_the_wrong_pin(signing: Bench) -> None:
    signing.cards.signed = FailureError(Code.PIN_WRONG, 2)
    signing.step()
    signing.operation.cancel()
    assert signing.answer == ("pin_wrong", 2)


def test_cancel_while_signing_throws_the_token_away(signing: Bench) -> None:
    signing.operation.cancel()
    assert signing.operation.answer is None
    signing.step()
    assert signing.cards.pins == [PIN]
    assert signing.answer == ("user_cancelled", None)


def test_cancel_while_signing_hides_a_wrong_pin_no_more_tries_are_spent(signing: Bench) -> None:
    signing.operation.cancel()
    signing.cards.signed = FailureError(Code.PIN_WRONG, 2)
    signing.step()
    assert signing.answer == ("user_cancelled", None)


def test_cancel_while_a_signature_hangs_ends_at_the_limit(signing: Bench) -> None:
    signing.operation.cancel()
    signing.hang(SIGN_LIMIT + 1)
    assert signing.answer == ("user_cancelled", None)


def test_cancel_after_the_end_changes_nothing(signing: Bench) -> None:
    signing.step()
    signing.operation.cancel()
    assert signing.operation.answer == HostAnswer(token=TOKEN)


def test_wrong_pin_that_comes_after_a_hang_ends_with_its_tries(signing: Bench) -> None:
    signing.hang(SIGN_LIMIT + 1)
    signing.cards.signed = FailureError(Code.PIN_WRONG, 2)
    signing.step()
    assert signing.answer == ("pin_wrong", 2)


@pytest.mark.parametrize("reason", [*(FailureError(code) for code in Code), RuntimeError("driver")], ids=str)
def test_no_failure_of_a_signature_is_tried_again_by_itself(signing: Bench, reason: Exception) -> None:
    signing.cards.signed = reason
    for _ in range(10):
        signing.step(WATCH_INTERVAL + 0.1)
    assert signing.cards.pins == [PIN]


@pytest.mark.parametrize("reason", [FailureError(code) for code in Code], ids=str)
def test_every_failure_of_a_signature_ends_with_a_code_of_the_catalogue(signing: Bench, reason: FailureError) -> None:
    signing.cards.signed = reason
    signing.cards.seen = reason
    signing.step()
    signing.operation.cancel()
    assert signing.answer[0] == reason.code.value


def test_reset_is_the_driver_threads_work(bench: Bench) -> None:
    bench.step()
    job = bench.operation.reset_cards()
    assert bench.cards.resets == 0
    bench.worker.work()
    assert job.done
    assert bench.cards.resets == 1
