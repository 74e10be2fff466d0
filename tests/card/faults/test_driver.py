"""Faults inside the driver, in every one of its calls."""

from collections.abc import Iterator
from functools import partial

import pytest

from cardsim.hicos import faults
from cardsim.hicos.faults import EXTREMES, GARBAGE_CALLS, Kind
from tests.card.faults.bench import Bench, Benches, Request
from tests.card.faults.cases import Case
from tests.card.faults.codes import EVERYWHERE, LIKELY, SOMEWHERE, kind, told
from tests.card.faults.conftest import Matrix
from tests.card.faults.driver_cases import SHORT, calls, driver, fault_case, overdue, signed
from tests.card.faults.plan import PIN, Plan, journal
from tests.card.faults.rows import TOKEN
from tests.card.faults.selection import Group, Selection, select
from tests.stand.waiting import LIMIT, wait_until

pytestmark = [pytest.mark.card, pytest.mark.slow, pytest.mark.timeout(900)]
Steps = list[str]
Cases = Iterator[Case]
GONE = {"card_removed", "no_card", "card_error"}
# What a wrong number of objects or bytes may be taken for; a signature of a wrong length is no token.
NONSENSE = {"card_error", "card_swapped", "certificate_encryption_only", "no_certificate", "no_reader"}


def crash(how: Kind, steps: Steps) -> Cases:
    """Before the signature the order is lost and nothing else; after it the page has its token already."""
    for step, name, nth in calls(steps):
        yield fault_case(
            f"crash ({how})", faults.crash(name, nth, how), {TOKEN if signed(step, steps) else "host_failed"}
        )


def hang(steps: Steps) -> Cases:
    """The reader is named; nobody waits for a log-out."""
    for step, name, nth in calls(steps):
        codes = {TOKEN if signed(step, steps) else "reader_hung"}
        yield overdue(fault_case("hang", faults.hang(name, nth), codes, Plan(limits=SHORT)))


def hang_that_ends(steps: Steps) -> Cases:
    """The reader was named as silent, then answers: the order goes on where it was, with the PIN typed once."""

    def waken(bench: Bench, request: Request) -> str:
        wait_until(lambda: "reader_hung" in bench.shown() or request.answered())
        driver(bench).release()
        return request.outcome()

    plan = Plan(limits={**SHORT, "HUNG_LIMIT": LIMIT}, patience=LIMIT)
    for _, name, nth in calls(steps):
        made = fault_case("hang that ends", faults.hang(name, nth), {TOKEN}, plan)
        yield overdue(made.with_during(waken))


def slow(steps: Steps) -> Cases:
    """Slow is no fault."""
    return (fault_case("slow", faults.slow(name, 300, nth)) for _, name, nth in calls(steps))


def noise(steps: Steps) -> Cases:
    """What the driver prints never reaches the answer."""
    return (fault_case("noise", faults.noise(name, nth)) for _, name, nth in calls(steps))


def return_code(code: str, steps: Steps) -> Cases:
    """Whatever a call answers, the page is told what it means."""
    for step, name, nth in calls(steps):
        yield fault_case(
            f"returns {code}", faults.answer(name, EVERYWHERE[code], nth), told(step, code), kind=kind(code)
        )


def other_return_code(at: str, steps: Steps) -> Cases:
    """As before, with the rest of the codes."""
    ((step, name, nth),) = (call for call in calls(steps) if call[0] == at)
    for code, value in SOMEWHERE.items():
        yield fault_case(f"returns {code}", faults.answer(name, value, nth), told(step, code), kind=kind(code))


def return_code_once(code: str, steps: Steps) -> Cases:
    """The window goes on by itself; after a PIN was typed, when the card was taken out and put back, as it says then.

    Only a driver that could not even be loaded ends the order.
    """
    plan = Plan(pins=(PIN, PIN), patience=LIMIT)
    for _, name, nth in calls(steps):
        if name not in ("C_GetFunctionList", "C_Initialize"):
            fault = faults.answer(name, EVERYWHERE[code], nth)
            made = fault_case(f"returns {code} once, person does as is said", fault, {TOKEN}, plan)
            yield made.with_during(put_back)


def put_back(bench: Bench, request: Request) -> str:
    """Takes the card out if that is what helps, until the driver has seen it, and puts it back."""
    hicos = driver(bench)
    wait_until(lambda: request.answered() or "card_error" in journal(bench.folder, "problem", after="typed"))
    if not request.answered():
        hicos.remove()
        looks = hicos.calls().count("C_GetSlotList")
        wait_until(lambda: hicos.calls().count("C_GetSlotList") > looks + 1)
        hicos.insert(hicos.cards["citizen"])
    return request.outcome()


def wrong_length(steps: Steps) -> Cases:
    """No length is believed."""
    for _, name, nth in calls(steps):
        codes = NONSENSE if name == "C_Sign" else {TOKEN, *NONSENSE}
        for length in EXTREMES if name in GARBAGE_CALLS else ():
            yield fault_case(f"length {length:#x}", faults.garbage(name, length, nth), codes)


def card_pulled(steps: Steps) -> Cases:
    """And put back in afterwards."""
    for step, name, nth in calls(steps):
        codes = {TOKEN} if signed(step, steps) else GONE
        yield fault_case("card pulled", faults.remove(name, nth=nth), codes)


def card_swapped(steps: Steps) -> Cases:
    """Either nothing is signed, or with the certificate that was shown (every row looks at that)."""
    for _, name, nth in calls(steps):
        yield fault_case("card swapped", faults.swap(name, "company", nth=nth), {TOKEN, "card_swapped", *GONE})


def other_key(steps: Steps) -> Cases:
    """A signature that does not fit the shown certificate is not handed out."""
    yield fault_case("another key signs", faults.other_key(1), {"card_error"})


GROUPS: dict[str, Group] = {
    **{f"crash ({how})": partial(crash, how) for how in (Kind.SEGV, Kind.ABORT, Kind.EXIT)},
    "hang": hang,
    "hang that ends": hang_that_ends,
    "slow": slow,
    "noise": noise,
    **{f"returns {code}": partial(return_code, code) for code in EVERYWHERE},
    **{f"other codes at {at}": partial(other_return_code, at) for at in LIKELY},
    **{f"returns {code} once": partial(return_code_once, code) for code in ("general error", "device removed")},
    "wrong length": wrong_length,
    "card pulled": card_pulled,
    "card swapped": card_swapped,
    "other key": other_key,
}


@pytest.fixture(scope="module")
def selection(hicos_steps: Steps, pytestconfig: pytest.Config) -> Selection:
    """The rows of this run."""
    return select(GROUPS, hicos_steps, pytestconfig)


@pytest.mark.parametrize("group", GROUPS)
def test_fault(hicos: Benches, matrix: Matrix, selection: Selection, group: str) -> None:
    matrix(hicos, selection.chosen[group], selection.whole[group])
