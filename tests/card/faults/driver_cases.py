"""Rows whose fault is inside the driver."""

from collections.abc import Iterable, Iterator

from cardsim.hicos.driver import HicosDriver
from cardsim.hicos.faults import Fault
from tests.card.faults.bench import Bench
from tests.card.faults.cases import Case
from tests.card.faults.plan import Plan
from tests.card.faults.rows import TOKEN
from tests.card.faults.simulated import Hicos

# Seconds, for rows in which something never ends; long enough for everything else on a busy machine.
SHORT = {"LOOK_LIMIT": 2.0, "SIGN_LIMIT": 2.0, "PINPAD_LIMIT": 2.0, "HUNG_LIMIT": 3.0, "RESET_LIMIT": 0.5}
# For rows with an event after the answer, when a host does not wait long for the driver any more.
LATE = {"RESET_LIMIT": 10.0}


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


def fault_case(name: str, fault: Fault, codes: Iterable[str] = (TOKEN,), plan: Plan | None = None) -> Case:
    """A row with a fault at a call; the module lists its calls, so that it is known whether that one was made."""
    return Case(
        "driver", name, f"{fault.call}#{fault.nth}", frozenset(codes), plan or Plan(),
        before=lambda bench: driver(bench).inject(fault),
        cure=lambda bench: driver(bench).release(),
        struck=lambda bench: driver(bench).calls().count(fault.call) >= (fault.nth or 1),
    )  # fmt: skip
