"""Several certificates: which one is signed with is the person's choice, and what cannot be used is explained."""

import pytest

from agent.card.operation import ENTRY_LIMIT, WATCH_INTERVAL, State
from agent.failures import Code, FailureError
from tests.unit.agent.fakes import TOKEN
from tests.unit.agent.operation_bench import PIN, Bench, card

WANG, CHEN = card(3, "王小明"), card(2, "陳美麗")
EXPIRED = card(3, "舊憑證", Code.CERTIFICATE_EXPIRED)
CIPHER = card(3, "加密", Code.CERTIFICATE_ENCRYPTION_ONLY)


@pytest.fixture
def choosing(bench: Bench) -> Bench:
    """An operation that waits for a choice between two."""
    bench.cards.seen = (WANG, CHEN, EXPIRED)
    bench.step()
    assert bench.operation.state is State.CHOOSING
    return bench


def test_several_usable_certificates_are_offered_with_the_others_beneath(choosing: Bench) -> None:
    assert choosing.view.shown == [("choice", ("王小明", "陳美麗"), ("舊憑證",))]


def test_nothing_is_signed_before_a_choice(choosing: Bench) -> None:
    choosing.submit()
    choosing.submit(None)
    choosing.step()
    assert choosing.cards.pins == []


def test_the_chosen_certificate_signs(choosing: Bench) -> None:
    choosing.choose("陳美麗")
    assert choosing.last() == ("card", 2)
    assert choosing.view.others == 2
    choosing.submit()
    choosing.step()
    assert [item.facts.holder for item in choosing.cards.signed_with] == ["陳美麗"]


@pytest.mark.parametrize("holder", ["舊憑證", "沒有這個人"])
def test_what_is_not_offered_cannot_be_chosen(choosing: Bench, holder: str) -> None:
    choosing.choose(holder)
    assert choosing.operation.state is State.CHOOSING


def test_one_usable_certificate_goes_straight_to_the_pin_and_tells_of_others(bench: Bench) -> None:
    bench.cards.seen = (WANG, CIPHER, EXPIRED)
    bench.step()
    assert bench.view.shown == [("card", 3)]
    assert bench.view.others == 2


def test_other_certificates_can_be_looked_at_and_left_again(bench: Bench) -> None:
    bench.cards.seen = (WANG, CIPHER)
    bench.step()
    bench.operation.choose_another()
    assert bench.last() == ("choice", ("王小明",), ("加密",), "王小明")
    bench.choose("王小明")
    bench.submit()
    bench.step()
    assert bench.operation.answer is not None


def test_no_other_certificate_no_list(ready: Bench) -> None:
    ready.operation.choose_another()
    assert ready.operation.state is State.READY


def test_list_is_looked_over_twice_a_second_and_shown_anew_only_when_it_changed(choosing: Bench) -> None:
    for _ in range(5):
        choosing.watch()
    assert choosing.cards.looks == 6
    assert len(choosing.view.shown) == 1


def test_card_that_comes_while_choosing_appears_and_one_that_goes_disappears(choosing: Bench) -> None:
    choosing.cards.seen = (WANG, CHEN, card(3, "新卡"), EXPIRED)
    choosing.watch()
    assert choosing.last() == ("choice", ("王小明", "陳美麗", "新卡"), ("舊憑證",))
    choosing.cards.seen = (CHEN,)
    choosing.watch()
    # A person is about to press a key: the list does not turn into a PIN field by itself.
    assert choosing.last() == ("choice", ("陳美麗",), ())
    assert choosing.operation.state is State.CHOOSING


def test_all_cards_gone_while_choosing(choosing: Bench) -> None:
    choosing.cards.seen = FailureError(Code.NO_CARD)
    choosing.watch()
    assert choosing.last() == ("problem", Code.NO_CARD, None)
    choosing.cards.seen = (WANG, CHEN)
    choosing.watch()
    assert choosing.last() == ("choice", ("王小明", "陳美麗"), ())


def test_choice_made_while_the_driver_looks_is_not_undone_by_its_answer(choosing: Bench) -> None:
    choosing.hang(WATCH_INTERVAL + 0.1)
    choosing.choose("陳美麗")
    choosing.cards.seen = (WANG,)
    choosing.step()
    assert choosing.last() == ("card", 2)


def test_choice_survives_a_card_that_was_pulled_and_put_back(choosing: Bench) -> None:
    choosing.choose("陳美麗")
    choosing.cards.present_answer = False
    choosing.watch()
    assert choosing.last() == ("problem", Code.CARD_REMOVED, None)
    choosing.cards.present_answer = True
    choosing.watch()
    assert choosing.last() == ("card", 2)


def test_choice_falls_when_its_certificate_does_not_come_back(choosing: Bench) -> None:
    choosing.choose("陳美麗")
    choosing.cards.present_answer = False
    choosing.watch()
    choosing.cards.seen = (WANG, card(3, "第三人"))
    choosing.watch()
    assert choosing.last() == ("choice", ("王小明", "第三人"), ())


def test_the_same_certificate_is_marked_when_the_person_goes_back_to_the_list(choosing: Bench) -> None:
    choosing.choose("陳美麗")
    choosing.operation.choose_another()
    assert choosing.last()[-1] == "陳美麗"


def test_choosing_takes_as_long_as_typing_and_no_longer(choosing: Bench) -> None:
    choosing.step(ENTRY_LIMIT - 1)
    assert choosing.operation.answer is None
    choosing.hang(2)
    assert choosing.answer == ("timed_out", None)


def test_time_to_type_begins_with_the_choice(choosing: Bench) -> None:
    choosing.step(ENTRY_LIMIT - 1)
    choosing.choose("王小明")
    choosing.step(60)
    assert choosing.operation.answer is None


def test_cancel_while_choosing(choosing: Bench) -> None:
    choosing.operation.cancel()
    assert choosing.answer == ("user_cancelled", None)


@pytest.mark.parametrize(
    ("problems", "code"),
    [
        ((Code.CERTIFICATE_ENCRYPTION_ONLY, Code.CERTIFICATE_EXPIRED), Code.CERTIFICATE_EXPIRED),
        ((Code.CERTIFICATE_EXPIRED, Code.PIN_LOCKED), Code.PIN_LOCKED),
        ((Code.CERTIFICATE_NOT_WANTED, Code.CERTIFICATE_ENCRYPTION_ONLY), Code.CERTIFICATE_NOT_WANTED),
        ((Code.CERTIFICATE_NOT_YET_VALID,), Code.CERTIFICATE_NOT_YET_VALID),
        ((Code.CERTIFICATE_ENCRYPTION_ONLY, Code.CARD_NOT_ACTIVATED), Code.CARD_NOT_ACTIVATED),
    ],
)
def test_none_usable_says_the_most_telling_reason_and_lists_all(
    bench: Bench, problems: tuple[Code, ...], code: Code
) -> None:
    found = tuple(card(3, f"holder {index}", problem) for index, problem in enumerate(problems))
    bench.cards.seen = found
    bench.step()
    assert bench.last()[:2] == ("problem", code)
    assert bench.view.trouble.cards == found
    assert bench.view.trouble.card is not None
    assert bench.view.trouble.card.problem is code
    bench.operation.cancel()
    assert bench.answer[0] == code.value


def test_no_tries_left_counts_as_locked_whatever_the_card_says(bench: Bench) -> None:
    bench.cards.seen = (card(0, "王小明"), CHEN)
    bench.step()
    assert bench.view.shown == [("card", 2)]
    bench.operation.choose_another()
    assert bench.last() == ("choice", ("陳美麗",), ("王小明",), "陳美麗")


def test_unusable_card_stays_explained_once_until_another_comes(bench: Bench) -> None:
    bench.cards.seen = (EXPIRED, CIPHER)
    bench.step()
    for _ in range(5):
        bench.watch()
    assert len(bench.view.shown) == 1
    bench.cards.seen = (EXPIRED, CIPHER, WANG)
    bench.watch()
    assert bench.last() == ("card", 3)


def test_wrong_pin_keeps_the_chosen_certificate(choosing: Bench) -> None:
    choosing.choose("陳美麗")
    choosing.submit()
    choosing.cards.signed = FailureError(Code.PIN_WRONG, 1)
    choosing.step()
    assert choosing.view.shown[-2:] == [("card", 1), ("note", Code.PIN_WRONG, 1)]
    choosing.cards.signed = TOKEN
    choosing.submit(confirmed=True)
    choosing.step()
    assert {item.facts.holder for item in choosing.cards.signed_with} == {"陳美麗"}
    assert choosing.cards.pins == [PIN, PIN]


@pytest.mark.parametrize(("code", "left"), [(Code.PIN_WRONG, 1), (Code.PIN_MALFORMED, 2)])
def test_count_that_is_lost_after_a_wrong_pin_is_at_most_what_it_was_less_one(
    bench: Bench, code: Code, left: int
) -> None:
    """The last try must not slip past its confirmation because a driver stopped telling the count."""
    bench.cards.seen = card(2)
    bench.step()
    bench.submit()
    bench.cards.signed = FailureError(code)
    bench.step()
    assert bench.view.shown[-2] == ("card", left)
