"""A fault at a step: what is done before, during and after an order, and what may come of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tests.card.faults.plan import Plan

if TYPE_CHECKING:
    from tests.card.faults.bench import Bench, Request


def nothing(bench: Bench) -> None:
    """Nothing to do."""


def wait(bench: Bench, request: Request) -> str:
    """The order's answer."""
    return request.outcome()


@dataclass(frozen=True)
class Case:
    """One row to be made.

    `codes`: what may be given, TOKEN for a token. `during` gives the outcome of the order. `struck` tells afterwards
    whether the fault has happened at all; a row in which it has not proves nothing, and is not survived.
    """

    part: str
    fault: str
    step: str
    codes: frozenset[str]
    plan: Plan = field(default_factory=Plan)
    before: Callable[[Bench], None] = nothing
    during: Callable[[Bench, Request], str] = wait
    cure: Callable[[Bench], None] = nothing
    struck: Callable[[Bench], bool] = lambda bench: True
    typed: int | None = None  # PINs typed, where the host's journal does not tell
    spent: int = 0
    kind: str = ""  # what its fault has in common with others; the fault itself where nothing is said

    def with_during(self, during: Callable[[Bench, Request], str]) -> Case:
        """The same row with something done while the order is under way."""
        return replace(self, during=during)

    def with_window(self, plan: Plan, during: Callable[[Bench, Request], str]) -> Case:
        """The same row with another plan, that of a window."""
        return replace(self, part="window", plan=plan, during=during)
