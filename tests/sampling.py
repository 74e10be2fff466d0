"""Matrices in ordinary runs: a sample chosen by a seed, with everything distinct in it; `--full` takes the whole."""

import subprocess
from collections.abc import Callable, Hashable, Iterable, Sequence
from pathlib import Path
from random import Random
from typing import TypeVar

import pytest

T = TypeVar("T")
Feature = Callable[[T], Hashable]
"""Says something of a case that has to occur in a sample; None where it has nothing to say."""


def add_options(parser: pytest.Parser) -> None:
    """The options of every run."""
    parser.addoption("--full", action="store_true", help="whole matrices and many examples instead of samples")
    parser.addoption("--seed", type=int, help="what chooses the samples; by default the commit does")


def is_full(config: pytest.Config) -> bool:
    """Whether everything is to be run."""
    return bool(config.getoption("--full"))


def seed_of(config: pytest.Config) -> int:
    """What chooses the samples: `--seed`, else the number of the commit, else (no repository here) 0."""
    given: int | None = config.getoption("--seed")
    return _commit() if given is None else given


def sample(cases: Iterable[T], distinct: Sequence[Feature[T]], config: pytest.Config) -> list[T]:
    """Some of the cases, in their order: each value that a function of `distinct` has for any case occurs in them.

    With `--full` all cases. The same seed, cases and functions give the same sample.
    """
    whole = list(cases)
    if is_full(config):
        return whole
    features = [{(number, value) for number, feature in enumerate(distinct) if (value := feature(case)) is not None}
                for case in whole]  # fmt: skip
    chosen = _cover(features, Random(seed_of(config)))
    return [case for number, case in enumerate(whole) if number in chosen]


def _cover(features: list[set[tuple[int, Hashable]]], random: Random) -> set[int]:
    """The numbers of sets that hold together what all hold: always one with most that is new, by lot among equals."""
    order = list(range(len(features)))
    random.shuffle(order)
    missing = set().union(*features)
    chosen = set()
    while missing:
        best = max(order, key=lambda number: len(features[number] & missing))
        chosen.add(best)
        missing -= features[best]
    return chosen


def _commit() -> int:
    command = ["git", "rev-parse", "HEAD"]
    found = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    return int(found.stdout[:8], 16) if found.returncode == 0 else 0
