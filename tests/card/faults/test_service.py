"""Faults of reader, card and PC/SC service at every step, with OpenSC, a real pcscd and the virtual card."""

import itertools
import signal
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial

import pytest

from tests.card.faults.bench import Bench, Benches, Request
from tests.card.faults.cases import Case
from tests.card.faults.conftest import Matrix
from tests.card.faults.driver_cases import LATE, OVERDUE, SHORT
from tests.card.faults.plan import Plan, set_clock
from tests.card.faults.rows import TOKEN
from tests.card.faults.selection import Group, Selection, select
from tests.card.faults.simulated import Service
from tests.card.faults.test_process import EVENTS, Event, after_the_signature, to_signature
from tests.card.faults.test_process import at as at_step
from tests.stand.waiting import wait_until

pytestmark = [pytest.mark.card, pytest.mark.slow, pytest.mark.timeout(900)]
Act = Callable[[Service], None]
# Seconds that the clock is put forward at a time.
HURRY = 2.0
GONE = {"card_removed", "card_error", "no_card", "no_reader", "no_service", "card_unsupported"}


def service(bench: Bench) -> Service:
    """The PC/SC service of a bench."""
    assert isinstance(bench.cards, Service)
    return bench.cards


def at(step: str, steps: list[str], fault: str) -> Case:
    """A row with something done to card, reader or service at a step."""
    act, cure, codes, silent = ACTS[fault]
    over = steps.index(step) > steps.index("answer#1")

    def during(bench: Bench, request: Request) -> str:
        outcome = request.outcome() if over else ""
        bench.gate.wait()
        act(service(bench))
        bench.gate.open()
        if silent and not over:
            hurry(bench, request)
        return outcome or request.outcome()

    return Case(
        "service", fault, step, frozenset({TOKEN} if over else codes),
        Plan(gate=step, limits=LATE if over else SHORT if silent else {}), during=during,
        cure=lambda bench: cure(service(bench)),
    )  # fmt: skip


def hurry(bench: Bench, request: Request) -> None:
    """The clock runs faster, for as long as one call may take: whether anything will be silent is not known before."""
    seconds = itertools.count(HURRY, HURRY)

    def turned() -> bool:
        set_clock(bench.folder, min(next(seconds), OVERDUE))
        return request.answered()

    wait_until(turned, between=0.05)


def distinct(steps: Iterable[str]) -> list[str]:
    """Of calls that are repeated one after the other, for slot after slot and object after object, the first."""
    found: list[str] = []
    for step in steps:
        if not found or step.partition("#")[0] not in {name.partition("#")[0] for name in found[-3:]}:
            found.append(step)
    return found


def restart(state: Service) -> None:
    """The service comes back."""
    state.end()
    state.start()


def unplug(state: Service) -> None:
    """The reader goes: the service runs without one."""
    state.end()
    state.start(empty=True)


def put_back(state: Service) -> None:
    """The citizen's card is in the reader again."""
    state.tidy()


# Each with what cures it, what may be given, and whether it has to be waited for until a deadline.
ACTS: dict[str, tuple[Act, Act, set[str], bool]] = {
    "card pulled": (lambda state: state.slot.remove(), put_back, GONE | {TOKEN}, False),
    "card swapped": (
        lambda state: state.slot.swap(state.other), put_back, GONE | {TOKEN, "card_swapped", "no_certificate"}, False,
    ),
    "card silent": (lambda state: state.slot.hang(), lambda state: state.slot.unhang(), {"reader_hung", TOKEN}, True),
    "card slow": (lambda state: state.slot.set_delay(0.005), put_back, {TOKEN}, False),
    "service killed": (lambda state: state.signal(signal.SIGKILL), restart, GONE | {TOKEN}, False),
    "service stopped": (Service.end, Service.start, GONE | {TOKEN}, False),
    "service hangs": (
        lambda state: state.signal(signal.SIGSTOP), lambda state: state.signal(signal.SIGCONT),
        {"reader_hung", TOKEN}, True,
    ),
    "reader unplugged": (unplug, restart, GONE | {TOKEN}, False),
    "another program's transaction": (
        lambda state: state.hold("transaction"), Service.let_go, {"reader_hung", "card_error", "card_busy", TOKEN},
        True,
    ),
}  # fmt: skip


def at_every_step(fault: str, steps: list[str]) -> Iterator[Case]:
    """One fault, wherever it makes a difference."""
    return (at(step, steps, fault) for step in distinct(steps))


def no_card_stays_verified(fault: str, event: Event, code: str, steps: list[str]) -> Iterator[Case]:
    """Whatever happens to the host that has given the card a PIN."""
    return (replace(at_step(step, fault, event, code), part="service") for step in distinct(to_signature(steps)))


def no_card_stays_verified_late(steps: list[str]) -> Iterator[Case]:
    """Nor when the host is killed while it resets the card; the page gets what the card has signed."""
    return (replace(case, part="service") for case in after_the_signature("host killed", signal.SIGKILL, steps))


GROUPS: dict[str, Group] = {
    **{fault: partial(at_every_step, fault) for fault in ACTS},
    **{
        fault: partial(no_card_stays_verified, fault, *EVENTS[fault])
        for fault in ("host killed", "host stopped, page loaded anew", "page gone")
    },
    "late: host killed": no_card_stays_verified_late,
}


@pytest.fixture(scope="module")
def selection(service_steps: list[str], pytestconfig: pytest.Config) -> Selection:
    """The rows of this run."""
    return select(GROUPS, service_steps, pytestconfig)


@pytest.mark.parametrize("group", GROUPS)
def test_at_every_step(services: Benches, matrix: Matrix, selection: Selection, group: str) -> None:
    matrix(services, selection.chosen[group], selection.whole[group])


def test_exclusive(services: Benches, matrix: Matrix) -> None:
    """Another program had the card first."""

    def silent(bench: Bench, request: Request) -> str:
        hurry(bench, request)
        return request.outcome()

    matrix(
        services,
        [
            Case(
                "service", "another program keeps the card", "before the order", frozenset({"card_busy"}),
                before=lambda bench: service(bench).hold("exclusive"), cure=lambda bench: service(bench).let_go(),
            ),
            Case(
                "service", "another program's transaction", "before the order",
                frozenset({"reader_hung", "card_error"}), Plan(limits=SHORT), during=silent,
                before=lambda bench: service(bench).hold("transaction"),
                cure=lambda bench: service(bench).let_go(),
            ),
        ],
    )  # fmt: skip
