"""Faults around the card host, at every step of an order: it is killed or stopped, its page leaves, others ask."""

import os
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.card.faults.bench import Bench, Benches, Request
from tests.card.faults.cases import Case
from tests.card.faults.conftest import Matrix
from tests.card.faults.driver_cases import LATE
from tests.card.faults.plan import Plan, is_asked
from tests.card.faults.rows import TOKEN
from tests.card.faults.selection import Group, Selection, select
from tests.stand.asking import send, wait_until

pytestmark = [pytest.mark.card, pytest.mark.slow, pytest.mark.timeout(900)]
OTHERS = 3
END = {True: 0.5, False: 5.0}
"""Seconds until a host is killed that cannot end, and one that can, on a busy machine too."""
Event = Callable[[Bench, Request, int], str | None]
"""What happens while the host (its process id) waits at the step; gives the outcome of the order where it knows it."""


def leave(bench: Bench, request: Request, host: int) -> str:
    """The page goes away, and the daemon notices."""
    before = bench.log().count("page_closed")
    request.leave()
    wait_until(lambda: bench.log().count("page_closed") > before)
    return "page_closed"


def kill(bench: Bench, request: Request, host: int) -> None:
    """The host dies."""
    os.kill(host, signal.SIGKILL)


def terminate(bench: Bench, request: Request, host: int) -> None:
    """The host is told to end, as a session that ends does it."""
    os.kill(host, signal.SIGTERM)


def stop(bench: Bench, request: Request, host: int) -> str:
    """The host does nothing any more; the person at the page waits for a while and then loads it anew."""
    os.kill(host, signal.SIGSTOP)
    return leave(bench, request, host)


def cancel(bench: Bench, request: Request, host: int) -> None:
    """The person cancels."""
    bench.gate.open(cancel=True)


def crowd(bench: Bench, request: Request, host: int) -> str | None:
    """Other pages ask."""
    codes = {bench.ask().outcome() for _ in range(OTHERS)}
    return None if codes == {"busy"} else f"others: {', '.join(sorted(codes))}"


def at(step: str, fault: str, event: Event, code: str) -> Case:
    """A row with an event at a step, while the page has no answer."""

    def during(bench: Bench, request: Request) -> str:
        known = event(bench, request, bench.gate.wait())
        bench.gate.open()
        return known or request.outcome()

    plan = Plan(gate=step, limits=LATE, end_limit=END[event is stop])
    return Case("process", fault, step, frozenset({code}), plan, during=during)


def late(step: str, fault: str, number: signal.Signals) -> Case:
    """A row with a signal to a host whose signature the daemon has already, and keeps until that host has ended."""

    def during(bench: Bench, request: Request) -> str:
        os.kill(bench.gate.wait(), number)
        bench.gate.open()
        return request.outcome()

    plan = Plan(gate=step, limits=LATE, end_limit=END[number is signal.SIGSTOP])
    return Case("process", fault, step, frozenset({TOKEN}), plan, during=during)


def to_signature(steps: list[str]) -> list[str]:
    """The steps up to the signature."""
    return steps[: steps.index("C_Sign#1") + 1]


def before_the_signature(fault: str, event: Event, code: str, steps: list[str]) -> Iterator[Case]:
    """Something happens to a host, its page or others while it works."""
    return (at(step, fault, event, code) for step in to_signature(steps))


def person_cancels(steps: list[str]) -> Iterator[Case]:
    """Nothing is signed, or at least nothing handed out."""
    return (at(step, "person cancels", cancel, "user_cancelled") for step in to_signature(steps))


def after_the_signature(fault: str, number: signal.Signals, steps: list[str]) -> Iterator[Case]:
    """The page gets its token, when the host has ended."""
    return (late(step, fault, number) for step in steps[len(to_signature(steps)) :])


def page_leaves_late(steps: list[str]) -> Iterator[Case]:
    """The card has signed, and nobody gets it."""
    return (at(step, "page gone", leave, "page_closed") for step in steps[len(to_signature(steps)) :])


EVENTS: dict[str, tuple[Event, str]] = {
    "host killed": (kill, "host_failed"),
    "host terminated": (terminate, "host_failed"),
    "host stopped, page loaded anew": (stop, "page_closed"),
    "page gone": (leave, "page_closed"),
    "other pages ask": (crowd, TOKEN),
}
GROUPS: dict[str, Group] = {
    **{fault: partial(before_the_signature, fault, *event) for fault, event in EVENTS.items()},
    "person cancels": person_cancels,
    "late: host killed": partial(after_the_signature, "host killed", signal.SIGKILL),
    "late: host stopped": partial(after_the_signature, "host stopped", signal.SIGSTOP),
    "late: page gone": page_leaves_late,
}


@pytest.fixture(scope="module")
def selection(hicos_steps: list[str], pytestconfig: pytest.Config) -> Selection:
    """The rows of this run."""
    return select(GROUPS, hicos_steps, pytestconfig)


@pytest.mark.parametrize("group", GROUPS)
def test_event(hicos: Benches, matrix: Matrix, selection: Selection, group: str) -> None:
    matrix(hicos, selection.chosen[group], selection.whole[group])


def is_program(pid: int) -> bool:
    """Whether a new process runs its own program; one that is stopped before that holds up its parent, which waits."""
    return b"-I" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")


def spare_case(fault: str, codes: set[str], event: Callable[[int], None], plan: Plan) -> Case:
    """A row whose order meets a spare host to which something has happened."""
    navigation = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "cross-site"}

    def before(bench: Bench) -> None:
        send(bench.agent, "GET", "/v1/popup", headers={**navigation, "Host": bench.agent.own.partition("://")[2]})
        wait_until(lambda: len(bench.hosts()) == 1 and is_program(bench.hosts()[0]))
        event(bench.hosts()[0])

    def during(bench: Bench, request: Request) -> str:
        if "page_closed" in codes:
            # A page that leaves before its request was read has not asked; nobody is told of such a one.
            wait_until(lambda: is_asked(bench.folder))
            return leave(bench, request, 0)
        return request.outcome()

    return Case("process", fault, "spare", frozenset(codes), plan, before=before, during=during)


def test_spare(hicos: Benches, matrix: Matrix) -> None:
    """A host that was started ahead of its order."""

    def to(number: int) -> Callable[[int], None]:
        return lambda pid: os.kill(pid, number)

    matrix(
        hicos,
        [
            spare_case("spare", {TOKEN}, lambda pid: None, Plan()),
            spare_case("spare killed", {TOKEN}, to(signal.SIGKILL), Plan()),
            spare_case("spare terminated", {TOKEN}, to(signal.SIGTERM), Plan()),
            spare_case(
                "spare stopped, page loaded anew", {"page_closed"}, to(signal.SIGSTOP), Plan(end_limit=END[True])
            ),
        ],
    )
