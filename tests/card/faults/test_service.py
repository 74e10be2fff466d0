"""Faults of reader, card and PC/SC service at every step, with OpenSC, a real pcscd and the virtual card."""

import signal
from collections.abc import Callable, Iterable

import pytest

from tests.card.faults.bench import Bench, Benches, Request
from tests.card.faults.cases import Case
from tests.card.faults.conftest import Matrix
from tests.card.faults.driver_cases import LATE, SHORT
from tests.card.faults.plan import Plan
from tests.card.faults.rows import TOKEN
from tests.card.faults.simulated import Service
from tests.card.faults.test_process import Event, kill, leave, stop

pytestmark = [pytest.mark.card, pytest.mark.slow, pytest.mark.timeout(600)]
Act = Callable[[Service], None]
GONE = {"card_removed", "card_error", "no_card", "no_reader", "no_service", "card_unsupported"}


def service(bench: Bench) -> Service:
    """The PC/SC service of a bench."""
    assert isinstance(bench.cards, Service)
    return bench.cards


def at(step: str, steps: list[str], fault: str, act: Act, cure: Act, codes: set[str], limits: dict[str, float]) -> Case:
    """A row with something done to card, reader or service at a step."""
    over = steps.index(step) > steps.index("answer#1")

    def during(bench: Bench, request: Request) -> str:
        outcome = request.outcome() if over else ""
        bench.gate.wait()
        act(service(bench))
        bench.gate.open()
        return outcome or request.outcome()

    return Case(
        "service", fault, step, frozenset({TOKEN} if over else codes),
        Plan(gate=step, limits={**limits, **(LATE if over else {})}), during=during,
        cure=lambda bench: cure(service(bench)),
    )  # fmt: skip


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


@pytest.mark.parametrize("fault", ACTS)
def test_at_every_step(services: Benches, service_steps: list[str], matrix: Matrix, fault: str) -> None:
    act, cure, codes, short = ACTS[fault]
    limits = SHORT if short else {}
    matrix(services, (at(step, service_steps, fault, act, cure, codes, limits) for step in distinct(service_steps)))


@pytest.mark.parametrize(
    ("fault", "event", "code"),
    [
        ("host killed", kill, "host_failed"),
        ("host stopped, page loaded anew", stop, "page_closed"),
        ("page gone", leave, "page_closed"),
    ],
)
def test_no_card_stays_verified(
    services: Benches, service_steps: list[str], matrix: Matrix, fault: str, event: Event, code: str
) -> None:
    """Whatever happens to the host that has given the card a PIN."""

    def case(step: str) -> Case:
        def during(bench: Bench, request: Request) -> str:
            known = event(bench, request, bench.gate.wait())
            bench.gate.open()
            return known or request.outcome()

        return Case("service", fault, step, frozenset({code}), Plan(gate=step), during=during)

    before_answer = service_steps[: service_steps.index("answer#1") + 1]
    matrix(services, (case(step) for step in distinct(before_answer)))


def test_exclusive(services: Benches, matrix: Matrix) -> None:
    """Another program had the card first."""
    matrix(
        services,
        [
            Case(
                "service", "another program keeps the card", "before the order", frozenset({"card_busy"}),
                before=lambda bench: service(bench).hold("exclusive"), cure=lambda bench: service(bench).let_go(),
            ),
            Case(
                "service", "another program's transaction", "before the order",
                frozenset({"reader_hung", "card_error"}), Plan(limits=SHORT),
                before=lambda bench: service(bench).hold("transaction"),
                cure=lambda bench: service(bench).let_go(),
            ),
        ],
    )  # fmt: skip
