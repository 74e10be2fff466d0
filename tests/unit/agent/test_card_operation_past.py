"""What a card has failed with stays said, whatever the driver shows of it afterwards, until it leaves its reader."""

from dataclasses import replace

import pytest

from agent.card.operation import SIGN_LIMIT, State
from agent.failures import Code, FailureError, Next, failure
from tests.unit.agent.operation_bench import Bench, card

WANG, CHEN = card(3, "王小明"), card(2, "陳美麗", reader="Reader 01 00")
CIPHER = replace(card(3, "加密", Code.CERTIFICATE_ENCRYPTION_ONLY), token=WANG.token)
SECOND = replace(card(3, "第二張憑證"), token=WANG.token)
# What keeps the window open after a signature, but for the card that was pulled: its return is the remedy.
KEPT = [code for code in Code if failure(code).next is Next.WAIT and code is not Code.CARD_REMOVED] + [
    Code.PIN_LOCKED,
    Code.CARD_NOT_ACTIVATED,
]


def fail(bench: Bench, code: Code, tries: int | None = None) -> None:
    """The signature fails; the driver shows the card as if nothing had been."""
    bench.cards.signed = FailureError(code, tries)
    bench.step()
    assert bench.last() == ("problem", code, tries)


@pytest.mark.parametrize("code", KEPT)
def test_stays_said_and_is_the_answer(signing: Bench, code: Code) -> None:
    fail(signing, code)
    for _ in range(5):
        signing.watch()
    assert signing.view.shown.count(("problem", code, None)) == 1
    assert signing.last() == ("problem", code, None)
    signing.submit()
    assert len(signing.cards.pins) == 1
    signing.operation.cancel()
    assert signing.answer == (code.value, None)


@pytest.mark.parametrize("code", KEPT)
def test_card_that_left_and_came_back_is_asked_anew(signing: Bench, code: Code) -> None:
    fail(signing, code)
    signing.watch()
    signing.cards.seen = FailureError(Code.NO_CARD)
    signing.watch()
    signing.cards.seen = card()
    signing.watch()
    assert signing.last() == ("card", 3)
    signing.operation.cancel()
    assert signing.answer == ("user_cancelled", None)


def test_look_that_fails_is_no_card_that_left(signing: Bench) -> None:
    fail(signing, Code.PIN_LOCKED, 0)
    signing.cards.seen = FailureError(Code.CARD_ERROR)
    signing.watch()
    signing.cards.seen = card()
    signing.watch()
    assert signing.last() == ("problem", Code.PIN_LOCKED, 0)


def test_another_card_in_its_place_is_shown(signing: Bench) -> None:
    fail(signing, Code.PIN_LOCKED, 0)
    signing.cards.seen = replace(CHEN, token=replace(CHEN.token, reader=WANG.token.reader))
    signing.watch()
    assert signing.last() == ("card", 2)


def test_pulled_card_is_shown_when_it_is_back(signing: Bench) -> None:
    fail(signing, Code.CARD_REMOVED)
    signing.watch()
    assert signing.last() == ("card", 3)


def test_what_cannot_be_used_anyhow_does_not_take_its_place(signing: Bench) -> None:
    signing.cards.seen = (WANG, CIPHER)
    fail(signing, Code.CARD_ERROR)
    signing.watch()
    assert signing.last() == ("problem", Code.CARD_ERROR, None)


def test_other_card_takes_the_place_only_when_a_person_says_so(signing: Bench) -> None:
    signing.cards.seen = (WANG, CHEN)
    fail(signing, Code.CARD_ERROR)
    signing.watch()
    assert signing.last() == ("choice", ("陳美麗",), ("王小明",))
    signing.choose("王小明")
    assert signing.operation.state is State.CHOOSING
    signing.choose("陳美麗")
    assert signing.last() == ("card", 2)


def test_answer_is_the_failure_until_another_card_is_chosen(signing: Bench) -> None:
    signing.cards.seen = (WANG, CHEN)
    fail(signing, Code.CARD_ERROR)
    signing.watch()
    signing.operation.cancel()
    assert signing.answer == ("card_error", None)


def test_lock_is_of_the_whole_card(signing: Bench) -> None:
    signing.cards.seen = (WANG, SECOND)
    fail(signing, Code.PIN_LOCKED, 0)
    signing.watch()
    assert signing.last() == ("problem", Code.PIN_LOCKED, 0)


def test_error_is_of_one_certificate(signing: Bench) -> None:
    signing.cards.seen = (WANG, SECOND)
    fail(signing, Code.CARD_ERROR)
    signing.watch()
    assert signing.last() == ("choice", ("第二張憑證",), ("王小明",))


def test_lock_that_is_told_after_a_hang_stays_too(signing: Bench) -> None:
    signing.hang(SIGN_LIMIT + 1)
    fail(signing, Code.PIN_LOCKED, 0)
    signing.watch()
    assert signing.last() == ("problem", Code.PIN_LOCKED, 0)
