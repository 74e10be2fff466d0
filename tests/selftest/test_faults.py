"""Each injected fault: the first red check is the cause, with its remedy, and no PIN try is spent."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.selftest.faults import ROWS
from tests.selftest.judging import judge, judge_report
from tests.selftest.rows import Row
from tests.selftest.stage import Stage
from tests.selftest.table import Result

_AT_MOST, _LEAST, _PAIRS = 2, 60, 8


@pytest.mark.parametrize("row", ROWS, ids=[row.fault for row in ROWS])
def test_fault(stage: Stage, row: Row, result: Result, tmp_path: Path) -> None:
    stage.scene(row.scene)
    with ExitStack() as undo:
        computer = stage.computer(tmp_path / "computer", undo)
        computer.patient = row.patience
        row.inject(computer)
        before = stage.spent()
        run = computer.begin(trial=row.trial)
        try:
            row.person(computer)
        except BaseException:
            run[0].kill()
            raise
        told = computer.told(run)
        result.seconds = told.seconds
        judge(row, told)
        judge_report(told.report, computer)
        _judge_spent(row, before, stage.spent())


def _judge_spent(row: Row, before: tuple[int, int, int, int], after: tuple[int, int, int, int]) -> None:
    """No try is lost, and none is made without a trial."""
    assert before[0] - after[0] == row.spent
    assert after[2] == before[2]
    if not row.trial:
        assert after == before


def test_rows_are_many_and_of_many_kinds() -> None:
    names = [row.fault for row in ROWS]
    assert len(set(names)) == len(names)
    single = [row for row in ROWS if not row.pair and (row.first or row.warns)]
    kinds = {(row.first, row.warns, row.trial) for row in single}
    assert len(single) >= _LEAST
    assert sum(row.pair for row in ROWS) >= _PAIRS
    for kind in kinds:
        assert sum((row.first, row.warns, row.trial) == kind for row in single) <= _AT_MOST, kind
