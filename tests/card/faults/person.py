"""The person before the real window: types and closes as the window allows."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.card.faults.bench import PATIENCE, Bench, Request
from tests.card.faults.cases import Case
from tests.card.faults.plan import PIN, Plan, journal

During = Callable[[Bench, Request], str]


def person(*pins: str) -> During:
    """Types these PINs as the window asks for them, closes it when it shows a problem or asks once more."""

    def act(bench: Bench, request: Request) -> str:
        left, cards, problems = list(pins), 0, 0
        deadline = time.monotonic() + PATIENCE
        while not request.answered() and time.monotonic() < deadline:
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
            time.sleep(0.01)
        return request.outcome()

    return act


def enter(bench: Bench, pin: str = PIN) -> None:
    """Types a PIN and Return."""
    bench.screen.wait_window(seconds=30)
    bench.screen.type(pin)
    bench.screen.key("Return")


def close(bench: Bench) -> None:
    """Closes the window by the keyboard."""
    bench.screen.wait_window(seconds=30)
    bench.screen.key("Escape")


def window(case: Case, during: During | None = None, limits: dict[str, float] | None = None) -> Case:
    """The same row with the product's own window; by default a person types the right PIN once."""
    plan = Plan(prompt="window", limits=limits or case.plan.limits, gate=case.plan.gate)
    return case.with_window(plan, during or person(PIN))
