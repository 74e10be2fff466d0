"""The person before the real window: types and closes as the window allows."""

from __future__ import annotations

from collections.abc import Callable

from tests.card.faults.bench import Bench, Request
from tests.card.faults.cases import Case
from tests.card.faults.plan import PIN, Plan, journal
from tests.stand.waiting import wait_until

During = Callable[[Bench, Request], str]


def person(*pins: str) -> During:
    """Types these PINs as the window asks for them, closes it when it shows a problem or asks once more."""

    def act(bench: Bench, request: Request) -> str:
        left, cards, problems = list(pins), 0, 0

        def answered() -> bool:
            nonlocal cards, problems
            shown = len(journal(bench.folder, "card"))
            if len(bench.shown()) > problems:
                problems = len(bench.shown())
                close(bench)
            elif shown > cards:
                cards = shown
                if left:
                    enter(bench, left.pop(0))
                else:
                    close(bench)
            return request.answered()

        wait_until(answered, between=0.02)
        return request.outcome()

    return act


def enter(bench: Bench, pin: str = PIN) -> None:
    """Types a PIN and Return."""
    bench.screen.wait_window()
    bench.screen.type(pin)
    bench.screen.key("Return")


def close(bench: Bench) -> None:
    """Closes the window by the keyboard."""
    bench.screen.wait_window()
    bench.screen.key("Escape")


def window(case: Case) -> Case:
    """The same row with the product's own window; a person types the right PIN once."""
    plan = Plan(prompt="window", limits=case.plan.limits, gate=case.plan.gate)
    return case.with_window(plan, person(PIN))
