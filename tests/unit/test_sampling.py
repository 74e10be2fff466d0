"""What a sample of a matrix holds."""

from itertools import pairwise, product
from types import SimpleNamespace
from typing import Any

import pytest

from tests.sampling import sample

CASES = list(product("abcde", "123456", "xyz"))
DISTINCT = [lambda case: case[0], lambda case: case[1:], lambda case: case[0] if case[2] == "x" else None]


def config(seed: int | None = 1, *, full: bool = False) -> Any:
    """The options of a run."""
    return SimpleNamespace(getoption={"--seed": seed, "--full": full}.get)


@pytest.mark.parametrize("seed", range(5))
def test_everything_distinct_occurs_and_little_more(seed: int) -> None:
    found = sample(CASES, DISTINCT, config(seed))
    assert {case[0] for case in found} == set("abcde")
    assert {case[1:] for case in found} == {case[1:] for case in CASES}
    assert {case[0] for case in found if case[2] == "x"} == set("abcde")
    assert len(found) == 18
    assert all(CASES.index(one) < CASES.index(other) for one, other in pairwise(found))


def test_seed_decides() -> None:
    assert sample(CASES, DISTINCT, config(1)) == sample(iter(CASES), DISTINCT, config(1))
    assert sample(CASES, DISTINCT, config(1)) != sample(CASES, DISTINCT, config(2))


def test_commit_decides_where_no_seed_is_given() -> None:
    assert sample(CASES, DISTINCT, config(None)) == sample(CASES, DISTINCT, config(None))


def test_full_is_everything() -> None:
    assert sample(CASES, DISTINCT, config(full=True)) == CASES
