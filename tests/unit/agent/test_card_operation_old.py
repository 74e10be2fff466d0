"""Orders of pages written for the old component: what is asked first, and what follows."""

import pytest

from agent.card.frames import DriverAnswer, HostAnswer, UnansweredError
from agent.card.old_asks import CmsAsk, DecryptAsk, ListAsk, Listing, OldAsk, RawAsk, SiteAsk
from agent.card.operation import ENTRY_LIMIT, HUNG_LIMIT, LOOK_LIMIT, State
from agent.failures import Code, FailureError
from tests.unit.agent.operation_bench import Bench

TEXT = CmsAsk(b"text")
RAW = RawAsk(b"0123")
WORKS = [TEXT, RAW, DecryptAsk(b"cipher"), ListAsk(True), SiteAsk()]


def strange(work: CmsAsk | RawAsk | DecryptAsk | ListAsk | SiteAsk = TEXT) -> Bench:
    """The order of a site that nobody has allowed yet."""
    return Bench(old=OldAsk(work), tells=False)


def answered(bench: Bench) -> HostAnswer:
    """The answer, which must be there."""
    assert bench.operation.answer is not None
    return bench.operation.answer


@pytest.mark.parametrize("work", WORKS)
def test_strange_site_is_asked_about_before_anything_is_looked_for(work: CmsAsk) -> None:
    bench = strange(work)
    for _ in range(5):
        bench.watch()
    bench.submit()
    assert bench.view.shown == [("site",)]
    assert bench.worker.waiting == []
    assert (bench.operation.state, bench.cards.looks, bench.cards.lists) == (State.ASKING, 0, [])


@pytest.mark.parametrize("work", WORKS)
def test_no_is_told_to_the_site_and_touches_no_card(work: CmsAsk) -> None:
    bench = strange(work)
    bench.operation.permit(False)
    bench.operation.permit(True)  # too late
    bench.step()
    assert answered(bench) == HostAnswer(code="origin_not_permitted", told=True)
    assert (bench.cards.looks, bench.cards.lists, bench.cards.resets) == (0, [], 0)


def test_site_refused_twice_is_asked_about_twice() -> None:
    for _ in range(2):
        bench = strange()
        assert bench.view.shown == [("site",)]
        bench.operation.permit(False)
        assert answered(bench).code == "origin_not_permitted"
        assert not answered(bench).permitted


def test_closing_the_question_permits_nothing_and_tells_nothing() -> None:
    bench = strange()
    bench.operation.cancel()
    assert answered(bench) == HostAnswer(code="user_cancelled")


def test_question_about_a_site_waits_for_the_end_of_the_order() -> None:
    bench = strange()
    bench.step(ENTRY_LIMIT + 1)
    assert bench.operation.answer is None


def test_yes_goes_on_to_card_and_pin_and_is_remembered_with_the_signature() -> None:
    bench = strange()
    kept: list[HostAnswer] = []
    bench.worker.keep = kept.append
    bench.operation.permit(True)
    bench.step()
    assert bench.view.shown == [("site",), ("card", 3)]
    bench.submit()
    bench.step()
    assert answered(bench).permitted
    assert answered(bench).token is not None
    assert [answer.permitted for answer in kept] == [True], "also where the host ends right behind the signature"


def test_yes_is_remembered_with_a_failure_which_the_site_is_told() -> None:
    bench = strange()
    bench.operation.permit(True)
    bench.cards.seen = FailureError(Code.NO_CARD)
    bench.step()
    assert bench.last() == ("problem", Code.NO_CARD, None)
    bench.operation.cancel()
    assert answered(bench) == HostAnswer(code="no_card", told=True, permitted=True)


def test_yes_is_remembered_when_the_person_cancels_at_the_pin() -> None:
    bench = strange()
    bench.operation.permit(True)
    bench.step()
    bench.operation.cancel()
    assert answered(bench) == HostAnswer(code="user_cancelled", told=True, permitted=True)


def test_yes_starts_the_time_for_typing_anew() -> None:
    bench = strange()
    bench.step(10 * ENTRY_LIMIT)
    bench.operation.permit(True)
    bench.step()
    bench.step(ENTRY_LIMIT - 1)
    assert bench.operation.answer is None
    bench.step(2)
    assert answered(bench) == HostAnswer(code="timed_out", told=True, permitted=True)


def test_site_that_only_asks_is_answered_at_once_without_a_card() -> None:
    bench = strange(SiteAsk())
    bench.operation.permit(True)
    assert answered(bench) == HostAnswer(permitted=True)
    assert bench.cards.looks == 0


@pytest.mark.parametrize("certificates", [True, False])
def test_list_needs_no_pin(certificates: bool) -> None:
    bench = strange(ListAsk(certificates))
    bench.operation.permit(True)
    bench.step()
    assert answered(bench) == HostAnswer(listing=Listing(description="a driver"), permitted=True)
    assert (bench.cards.lists, bench.cards.looks, bench.cards.pins) == ([certificates], 0, [])
    assert bench.view.shown == [("site",)]


def test_list_that_fails_is_answered_and_asks_for_no_pin() -> None:
    bench = strange(ListAsk())
    bench.cards.listed = FailureError(Code.NO_DRIVER)
    bench.operation.permit(True)
    bench.step()
    assert answered(bench) == HostAnswer(code="no_driver", told=True, permitted=True)
    assert bench.cards.looks == 0


def test_list_asks_about_a_driver_and_then_lists() -> None:
    bench = strange(ListAsk())
    file = DriverAnswer("/home/user/libp11.so", "0" * 64, False)
    bench.cards.listed = UnansweredError(file)
    bench.operation.permit(True)
    bench.step()
    assert bench.last() == ("driver", file.path)
    bench.cards.listed = Listing()
    bench.operation.permit(True)
    bench.step()
    assert answered(bench).listing == Listing()
    assert [answer.allowed for answer in answered(bench).drivers] == [True]
    assert bench.cards.looks == 0


def test_list_of_a_reader_that_hangs_ends() -> None:
    bench = strange(ListAsk())
    bench.operation.permit(True)
    bench.hang(LOOK_LIMIT + 1)
    bench.hang(HUNG_LIMIT + 1)
    assert answered(bench) == HostAnswer(code="reader_hung", told=True, permitted=True)


def test_raw_is_asked_each_time_before_any_card() -> None:
    bench = Bench(old=OldAsk(RAW, permitted=True))
    bench.watch()
    assert (bench.view.shown, bench.cards.looks) == ([("raw",)], 0)
    bench.operation.permit(True)
    bench.step()
    assert bench.last() == ("card", 3)
    bench.operation.cancel()
    assert not answered(bench).permitted, "yes to this is no word on the site"


def test_raw_of_a_strange_site_is_two_questions() -> None:
    bench = strange(RAW)
    bench.operation.permit(True)
    assert bench.view.shown == [("site",), ("raw",)]
    assert bench.worker.waiting == []
    bench.operation.permit(False)
    assert answered(bench) == HostAnswer(code="user_cancelled", told=True, permitted=True)
    assert bench.cards.looks == 0


def test_page_that_has_left_is_shown_and_changes_nothing_else() -> None:
    bench = Bench(old=OldAsk(TEXT, permitted=True))
    bench.step()
    bench.operation.page_left()
    bench.operation.page_left()
    assert bench.view.shown == [("card", 3), ("left",)], "once"
    bench.submit()
    bench.step()
    assert answered(bench).token is not None
    bench.operation.page_left()
    assert bench.view.shown.count(("left",)) == 1


def test_host_that_had_failed_before_asks_nothing() -> None:
    bench = Bench(old=OldAsk(RAW), tells=False, failed="host_failed")
    assert bench.view.shown == [("problem", Code.HOST_FAILED, None)]
