"""Rows whose fault is inside the driver."""

import threading
from collections.abc import Iterable, Iterator

from cardsim.hicos.driver import HicosDriver
from cardsim.hicos.faults import Fault
from tests.card.faults.bench import Bench, Request
from tests.card.faults.cases import Case
from tests.card.faults.plan import Plan, set_clock
from tests.card.faults.rows import TOKEN
from tests.card.faults.simulated import Hicos
from tests.stand.waiting import LIMIT, wait_until

# Seconds: more than the product gives any call of a driver, less than it gives a person.
OVERDUE = 80.0
# For rows whose driver may never give the card back, and for those with an event after the answer.
SHORT, LATE = {"RESET_LIMIT": 0.5}, {"RESET_LIMIT": LIMIT}


def driver(bench: Bench) -> HicosDriver:
    """The HiCOS-like driver of a bench."""
    assert isinstance(bench.cards, Hicos)
    return bench.cards.driver


def calls(steps: Iterable[str]) -> Iterator[tuple[str, str, int]]:
    """The calls of the driver among the steps: the step, its function, and the how-manieth call of it that is."""
    for step in steps:
        name, _, number = step.partition("#")
        if name.startswith("C_"):
            yield step, name, int(number)


def signed(step: str, steps: list[str]) -> bool:
    """Whether a step comes after the signature."""
    return steps.index(step) > steps.index("C_Sign#1")


def fault_case(
    name: str, fault: Fault, codes: Iterable[str] = (TOKEN,), plan: Plan | None = None, *, kind: str = ""
) -> Case:
    """A row with a fault at a call; the module lists its calls, so that it is known whether that one was made."""
    return Case(
        "driver", name, f"{fault.call}#{fault.nth}", frozenset(codes), plan or Plan(),
        before=lambda bench: driver(bench).inject(fault),
        cure=lambda bench: driver(bench).release(),
        struck=lambda bench: driver(bench).calls().count(fault.call) >= (fault.nth or 1),
        kind=kind,
    )  # fmt: skip


def overdue(case: Case) -> Case:
    """The same row, in which the deadline of the call that hangs is over as soon as it hangs."""

    def turn_clock(bench: Bench, request: Request) -> None:
        wait_until(lambda: case.struck(bench) or request.answered())
        set_clock(bench.folder, OVERDUE)

    def during(bench: Bench, request: Request) -> str:
        beside = threading.Thread(target=turn_clock, args=(bench, request))
        beside.start()
        try:
            return case.during(bench, request)
        finally:
            beside.join()

    return case.with_during(during)
