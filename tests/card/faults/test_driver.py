"""Faults inside the driver, in every one of its calls."""

import pytest

from cardsim.hicos import faults
from cardsim.hicos.faults import EXTREMES, GARBAGE_CALLS, Kind
from tests.card.faults.bench import Bench, Benches, Request
from tests.card.faults.cases import Case
from tests.card.faults.codes import EVERYWHERE, LIKELY, SOMEWHERE, told
from tests.card.faults.conftest import Matrix
from tests.card.faults.driver_cases import SHORT, calls, driver, fault_case, signed
from tests.card.faults.plan import PIN, Plan
from tests.card.faults.rows import TOKEN
from tests.stand.asking import wait_until

pytestmark = [pytest.mark.card, pytest.mark.slow, pytest.mark.timeout(600)]
GONE = {"card_removed", "no_card", "card_error"}
# What a wrong number of objects or bytes may be taken for; a signature of a wrong length is no token.
NONSENSE = {"card_error", "card_swapped", "certificate_encryption_only", "no_certificate", "no_reader"}


@pytest.mark.parametrize("kind", [Kind.SEGV, Kind.ABORT, Kind.EXIT])
def test_crash(hicos: Benches, hicos_steps: list[str], matrix: Matrix, kind: Kind) -> None:
    """Before the signature the order is lost and nothing else; after it the page has its token already."""
    matrix(
        hicos,
        (
            fault_case(
                f"crash ({kind})",
                faults.crash(name, nth, kind),
                {TOKEN if signed(step, hicos_steps) else "host_failed"},
            )
            for step, name, nth in calls(hicos_steps)
        ),
    )


def test_hang(hicos: Benches, hicos_steps: list[str], matrix: Matrix) -> None:
    """The reader is named; nobody waits for a log-out."""
    matrix(
        hicos,
        (
            fault_case(
                "hang", faults.hang(name, nth), {TOKEN if signed(step, hicos_steps) else "reader_hung"},
                Plan(limits=SHORT),
            )
            for step, name, nth in calls(hicos_steps)
        ),
    )  # fmt: skip


def test_hang_that_ends(hicos: Benches, hicos_steps: list[str], matrix: Matrix) -> None:
    """The reader was named as silent, then answers: the order goes on where it was, with the PIN typed once."""

    def waken(bench: Bench, request: Request) -> str:
        wait_until(lambda: "reader_hung" in bench.shown() or request.answered(), 20)
        driver(bench).release()
        return request.outcome()

    def case(step: str, name: str, nth: int) -> Case:
        plan = Plan(limits={**SHORT, "HUNG_LIMIT": 20.0}, patience=20.0)
        made = fault_case("hang that ends", faults.hang(name, nth), {TOKEN}, plan)
        return made.with_during(waken)

    matrix(hicos, (case(*call) for call in calls(hicos_steps)))


def test_slow(hicos: Benches, hicos_steps: list[str], matrix: Matrix) -> None:
    """Slow is no fault."""
    matrix(hicos, (fault_case("slow", faults.slow(name, 300, nth)) for _, name, nth in calls(hicos_steps)))


def test_noise(hicos: Benches, hicos_steps: list[str], matrix: Matrix) -> None:
    """What the driver prints never reaches the answer."""
    matrix(hicos, (fault_case("noise", faults.noise(name, nth)) for _, name, nth in calls(hicos_steps)))


@pytest.mark.parametrize("code", EVERYWHERE)
def test_return_code(hicos: Benches, hicos_steps: list[str], matrix: Matrix, code: str) -> None:
    """Whatever a call answers, the page is told what it means."""
    matrix(
        hicos,
        (
            fault_case(f"returns {code}", faults.answer(name, EVERYWHERE[code], nth), told(step, code))
            for step, name, nth in calls(hicos_steps)
        ),
    )


@pytest.mark.parametrize("at", LIKELY)
def test_other_return_code(hicos: Benches, hicos_steps: list[str], matrix: Matrix, at: str) -> None:
    """As before, with the rest of the codes."""
    ((step, name, nth),) = (call for call in calls(hicos_steps) if call[0] == at)
    matrix(
        hicos,
        (fault_case(f"returns {code}", faults.answer(name, value, nth), told(step, code)) for code, value in
         SOMEWHERE.items()),
    )  # fmt: skip


@pytest.mark.parametrize("code", ["general error", "device removed"])
def test_return_code_once_and_a_person_who_waits(
    hicos: Benches, hicos_steps: list[str], matrix: Matrix, code: str
) -> None:
    """The window goes on by itself; only a driver that could not even be loaded ends the order."""
    plan = Plan(pins=(PIN, PIN), patience=20.0)
    steps = [call for call in calls(hicos_steps) if call[1] not in ("C_GetFunctionList", "C_Initialize")]
    matrix(
        hicos,
        (fault_case(f"returns {code} once, person waits", faults.answer(name, EVERYWHERE[code], nth), {TOKEN}, plan)
         for _, name, nth in steps),
    )  # fmt: skip


def test_wrong_length(hicos: Benches, hicos_steps: list[str], matrix: Matrix) -> None:
    """No length is believed."""
    matrix(
        hicos,
        (
            fault_case(
                f"length {length:#x}", faults.garbage(name, length, nth),
                NONSENSE if name == "C_Sign" else {TOKEN, *NONSENSE},
            )
            for _, name, nth in calls(hicos_steps) if name in GARBAGE_CALLS for length in EXTREMES
        ),
    )  # fmt: skip


def test_card_pulled(hicos: Benches, hicos_steps: list[str], matrix: Matrix) -> None:
    """And put back in afterwards."""
    matrix(
        hicos,
        (
            fault_case("card pulled", faults.remove(name, nth=nth), {TOKEN} if signed(step, hicos_steps) else GONE)
            for step, name, nth in calls(hicos_steps)
        ),
    )


def test_card_swapped(hicos: Benches, hicos_steps: list[str], matrix: Matrix) -> None:
    """Either nothing is signed, or with the certificate that was shown (every row looks at that)."""
    matrix(
        hicos,
        (
            fault_case("card swapped", faults.swap(name, "company", nth=nth), {TOKEN, "card_swapped", *GONE})
            for _, name, nth in calls(hicos_steps)
        ),
    )


def test_other_key(hicos: Benches, matrix: Matrix) -> None:
    """A signature that does not fit the shown certificate is not handed out."""
    matrix(hicos, [fault_case("another key signs", faults.other_key(1), {"card_error"})])
