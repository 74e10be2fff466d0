"""Which rows a run makes: all with --full, otherwise a sample in which everything that differs occurs."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pytest

from tests.card.faults.cases import Case
from tests.sampling import sample

Group = Callable[[list[str]], Iterable[Case]]
"""Makes the cases of one test from the steps of a good order."""


@dataclass(frozen=True)
class Selection:
    """The cases to be gone through and the number of all cases, by the name of the test."""

    chosen: Mapping[str, list[Case]]
    whole: Mapping[str, int]


def select(groups: Mapping[str, Group], steps: list[str], config: pytest.Config) -> Selection:
    """Every test, fault and step at least once, and every kind of fault in every phase of an order where it can happen.

    The kind of a return code is what a page is told of it; all other faults are a kind of their own.
    """
    cases = [(name, case) for name, make in groups.items() for case in make(steps)]
    phases = dict(phases_of(steps))
    chosen = sample(
        cases,
        [
            lambda item: item[0],
            lambda item: (item[1].part, item[1].fault),
            lambda item: (item[1].part, item[1].step),
            lambda item: (item[1].part, item[1].kind or item[1].fault, phases.get(item[1].step, item[1].step)),
        ],
        config,
    )
    return Selection(
        {name: [case for group, case in chosen if group == name] for name in groups},
        Counter(name for name, _ in cases),
    )


def phases_of(steps: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The steps of a good order, each with its phase."""
    begins = {"C_GetSlotList#1": "looking", "PIN typed#1": "PIN", "C_FindObjectsInit#3": "signing"}
    phase = "loading"
    for step in steps:
        phase = begins.get(step, phase)
        yield step, phase
        if step == "answer#1":
            phase = "after"
