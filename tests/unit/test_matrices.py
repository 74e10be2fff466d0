"""What an ordinary run goes through of the fault matrix and of the browser paths."""

from collections.abc import Callable, Iterable
from functools import partial
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from tests.browser.matrix.paths import DISTINCT, PATHS, Path
from tests.card.faults.cases import Case
from tests.card.faults.rows import TOKEN
from tests.card.faults.selection import phases_of, select
from tests.sampling import sample

STEPS = ["C_Initialize#1", "C_GetSlotList#1", "C_GetSlotInfo#1", "PIN typed#1", "C_Login#1", "C_FindObjectsInit#3",
         "C_Sign#1", "answer#1", "C_Logout#1"]  # fmt: skip
LOOKS: tuple[Callable[[Path], str], ...] = (
    lambda path: path.permission,
    lambda path: path.trust,
    lambda path: path.page,
    lambda path: path.way,
    lambda path: path.person,
    lambda path: path.end,
    lambda path: path.agent,
)


def config(seed: int, *, full: bool = False) -> Any:
    """The options of a run."""
    return SimpleNamespace(getoption={"--seed": seed, "--full": full}.get)


def made(fault: str, kind: str, steps: Iterable[str]) -> list[Case]:
    """A row at every step."""
    return [Case("driver", fault, step, frozenset({TOKEN}), kind=kind) for step in steps]


GROUPS = {
    "crash": partial(made, "crash", ""),
    "one code": partial(made, "returns 5", "code"),
    "another code": partial(made, "returns 6", "code"),
}


def test_phases_of_an_order() -> None:
    assert dict(phases_of(STEPS)) == {
        "C_Initialize#1": "loading", "C_GetSlotList#1": "looking", "C_GetSlotInfo#1": "looking", "PIN typed#1": "PIN",
        "C_Login#1": "PIN", "C_FindObjectsInit#3": "signing", "C_Sign#1": "signing", "answer#1": "signing",
        "C_Logout#1": "after",
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(5))
def test_every_fault_step_and_pair_of_kind_and_phase_is_made(seed: int) -> None:
    found = select(GROUPS, STEPS, config(seed))
    phases = dict(phases_of(STEPS))
    assert all(found.chosen.values())
    rows = [case for cases in found.chosen.values() for case in cases]
    assert {case.step for case in rows} == set(STEPS)
    pairs = {(case.kind, phases[case.step]) for case in rows}
    assert pairs == {(kind, phase) for kind in ("", "code") for phase in set(phases.values())}
    assert len(rows) < sum(found.whole.values()) == 3 * len(STEPS)


def test_full_matrix_is_every_row() -> None:
    found = select(GROUPS, STEPS, config(1, full=True))
    assert [len(cases) for cases in found.chosen.values()] == [len(STEPS)] * 3


@pytest.mark.parametrize("seed", range(5))
def test_every_step_of_a_path_is_gone_in_each_browser_and_every_pair_of_neighbours(seed: int) -> None:
    found = sample(PATHS, DISTINCT, config(seed))
    for look in LOOKS:
        assert {(path.brand, look(path)) for path in found} == {(path.brand, look(path)) for path in PATHS}
    for one, other in pairwise(LOOKS[:6]):
        assert {(one(path), other(path)) for path in found} == {(one(path), other(path)) for path in PATHS}
    assert len(found) < len(PATHS) / 2
