"""Token buckets and the patience with windows, with a clock that is turned by hand."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.failures import Code, FailureError, Next, catalogue
from agent.web.limits import MAX_ORIGINS, Buckets, Rate, Requests, TooManyError, Windows

A, B = "a.example", "b.example"


class Hand:
    """A clock."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def hand() -> Hand:
    """The clock of a test."""
    return Hand()


@pytest.fixture
def windows(hand: Hand) -> Windows:
    """Nobody has opened a window yet."""
    return Windows(hand)


class TestBuckets:
    """One level for each key."""

    def test_burst_then_one_by_one(self, hand: Hand) -> None:
        buckets = Buckets(Rate(3, 0.5), hand)
        assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 2.0]
        hand.now += 1
        assert buckets.take("a") == 1.0
        hand.now += 1
        assert buckets.take("a") == 0
        assert buckets.take("b") == 0

    def test_waiting_fills_up_to_the_burst_and_not_further(self, hand: Hand) -> None:
        buckets = Buckets(Rate(2, 1), hand)
        buckets.take("a")
        hand.now += 1e9
        assert [buckets.take("a") for _ in range(3)] == [0, 0, 1]

    def test_giving_back_fills_up_to_the_burst_and_not_further(self, hand: Hand) -> None:
        buckets = Buckets(Rate(2, 1), hand)
        buckets.take("a")
        for _ in range(5):
            buckets.give_back("a")
        assert [buckets.take("a") for _ in range(3)] == [0, 0, 1]

    def test_number_of_keys_is_bounded_and_the_least_recent_is_forgotten(self, hand: Hand) -> None:
        buckets = Buckets(Rate(1, 0.001), hand)
        buckets.take("first")
        for number in range(MAX_ORIGINS - 1):
            buckets.take(str(number))
        assert len(buckets) == MAX_ORIGINS
        assert buckets.take("first") > 0
        buckets.take("one more")
        assert len(buckets) == MAX_ORIGINS
        assert buckets.take("first") == 0

    @given(st.lists(st.floats(0, 5), max_size=60))
    def test_never_more_than_the_rate_lets_through(self, pauses: list[float]) -> None:
        hand, passed = Hand(), 0
        buckets = Buckets(Rate(4, 2), hand)
        for pause in pauses:
            hand.now += pause
            passed += buckets.take("a") == 0
        assert passed <= 4 + 2 * (hand.now - 1000.0) + 1e-6


class TestRequests:
    """Each origin for itself, and all together."""

    def test_page_that_hammers_costs_itself_alone(self, hand: Hand) -> None:
        requests = Requests(hand)
        refused = 0
        for _ in range(1000):
            try:
                requests.count(A)
            except TooManyError:
                refused += 1
        assert refused == 1000 - Requests.EACH.burst
        requests.count(B)

    def test_site_with_a_thousand_names_meets_the_common_limit(self, hand: Hand) -> None:
        requests, passed = Requests(hand), 0
        for number in range(1000):
            try:
                requests.count(f"https://a{number}.example")
                passed += 1
            except TooManyError:
                continue
        assert passed == Requests.ALL.burst
        hand.now += 1
        requests.count(B)

    def test_refused_request_does_not_count_for_all(self, hand: Hand) -> None:
        requests = Requests(hand)
        for _ in range(int(Requests.EACH.burst)):
            requests.count(A)
        for _ in range(1000):
            with pytest.raises(TooManyError):
                requests.count(A)
        for number in range(int(Requests.ALL.burst - Requests.EACH.burst)):
            requests.count(f"https://a{number}.example")
        with pytest.raises(TooManyError):
            requests.count(B)

    @pytest.mark.parametrize(("seconds", "whole"), [(0.001, 1), (1.0, 1), (1.01, 2), (599.5, 600)])
    def test_time_to_wait_is_in_whole_seconds(self, seconds: float, whole: int) -> None:
        error = TooManyError(seconds)
        assert (error.code, error.retry_after) == (Code.TOO_MANY_REQUESTS, whole)


async def end(windows: Windows, site: str | None, how: Code | BaseException | None) -> float:
    """Opens a window that ends so; the seconds to wait if it may not open."""
    try:
        async with windows.opening(site):
            if isinstance(how, BaseException):
                raise how
            if how is not None:
                raise FailureError(how)
    except TooManyError as error:
        return error.retry_after
    except (FailureError, asyncio.CancelledError):
        return 0
    return 0


async def test_wanted_windows_are_not_limited(windows: Windows) -> None:
    assert [await end(windows, A, None) for _ in range(100)] == [0] * 100


async def test_wrong_pin_is_a_person_at_work(windows: Windows) -> None:
    assert [await end(windows, A, Code.PIN_WRONG) for _ in range(100)] == [0] * 100


async def test_six_windows_a_minute_that_come_to_nothing(windows: Windows, hand: Hand) -> None:
    assert [await end(windows, A, Code.HOST_FAILED) for _ in range(7)] == [0] * 6 + [10]
    assert await end(windows, B, Code.HOST_FAILED) == 0
    hand.now += 10
    assert [await end(windows, A, Code.HOST_FAILED) for _ in range(2)] == [0, 10]


async def test_refused_order_of_a_busy_agent_opened_no_window(windows: Windows) -> None:
    assert [await end(windows, A, Code.BUSY) for _ in range(50)] == [0] * 50


CLOSED = [Code.USER_CANCELLED, Code.TIMED_OUT, Code.PAGE_CLOSED, Code.NO_CARD, asyncio.CancelledError()]


@pytest.mark.parametrize("how", CLOSED, ids=repr)
async def test_after_three_closed_windows_the_site_waits_each_time_twice_as_long(
    windows: Windows, hand: Hand, how: Code | BaseException
) -> None:
    assert [await end(windows, A, how) for _ in range(4)] == [0, 0, 0, 10]
    waits = []
    for _ in range(9):
        wait = await end(windows, A, how)
        waits.append(wait)
        hand.now += wait
        assert await end(windows, A, how) == 0
        await end(windows, B, None)
    assert waits == [10, 20, 40, 80, 160, 320, 600, 600, 600]


async def test_wanted_window_makes_up_for_those_that_were_closed(windows: Windows) -> None:
    for _ in range(2):
        assert [await end(windows, A, Code.USER_CANCELLED) for _ in range(2)] == [0, 0]
        assert [await end(windows, A, None) for _ in range(2)] == [0, 0]


async def test_one_pestering_site_does_not_make_another_wait(windows: Windows) -> None:
    for _ in range(10):
        await end(windows, A, Code.USER_CANCELLED)
    assert await end(windows, A, Code.USER_CANCELLED) > 0
    assert await end(windows, B, Code.USER_CANCELLED) == 0


async def test_several_pestering_sites_make_all_wait_for_a_minute_at_most(windows: Windows, hand: Hand) -> None:
    waits = []
    for number in range(60):
        waits.append(await end(windows, f"a{number}.example", Code.USER_CANCELLED))
        hand.now += 2.5
    assert waits[: Windows.ROW_OF_ALL] == [0] * Windows.ROW_OF_ALL
    assert waits[Windows.ROW_OF_ALL] > 0
    hand.now += Windows.LONGEST_WAIT_OF_ALL
    assert await end(windows, B, None) == 0
    assert await end(windows, B, None) == 0, "a wanted window makes up for them"


async def test_caller_that_is_only_named_never_pays_and_all_together_do(windows: Windows, hand: Hand) -> None:
    waits = []
    for _ in range(Windows.ROW_OF_ALL + 1):
        waits.append(await end(windows, None, Code.USER_CANCELLED))
        hand.now += 2.5
    assert waits[:-1] == [0] * Windows.ROW_OF_ALL
    assert waits[-1] > 0
    hand.now += Windows.LONGEST_WAIT_OF_ALL
    assert await end(windows, A, Code.USER_CANCELLED) == 0


async def test_refusal_for_all_takes_nothing_from_the_site(windows: Windows, hand: Hand) -> None:
    for number in range(Windows.ROW_OF_ALL):
        await end(windows, f"a{number}.example", Code.USER_CANCELLED)
    assert await end(windows, A, Code.HOST_FAILED) > 0
    hand.now += Windows.LONGEST_WAIT_OF_ALL
    assert [await end(windows, A, Code.HOST_FAILED) for _ in range(7)] == [0] * 6 + [10]


async def test_sites_with_closed_windows_are_bounded(windows: Windows, hand: Hand) -> None:
    for _ in range(3):
        await end(windows, A, Code.USER_CANCELLED)
    for number in range(MAX_ORIGINS):
        await end(windows, f"a{number}.example", Code.USER_CANCELLED)
        hand.now += Windows.LONGEST_WAIT_OF_ALL + 10
        await end(windows, B, None)
    assert await end(windows, A, Code.USER_CANCELLED) == 0


@pytest.mark.parametrize("row", [row for row in catalogue() if row.next is Next.WAIT], ids=lambda row: row.code)
async def test_every_problem_that_waits_in_the_window_counts_as_closed(windows: Windows, row: object) -> None:
    code = getattr(row, "code", Code.INTERNAL)
    assert [await end(windows, A, code) for _ in range(4)] == [0, 0, 0, 10]
