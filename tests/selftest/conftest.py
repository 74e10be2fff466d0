"""The stage for the self-test, the table and the closing line."""

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests import closing
from tests.selftest import table
from tests.selftest.faults import ROWS
from tests.selftest.rows import Row, Scene
from tests.selftest.stage import Stage
from tests.stand.screen import Screen

RESULTS = pytest.StashKey[table.Results]()
_SCENES = list(Scene)


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory, screen: Screen) -> Iterator[Stage]:
    """Everything but the faults."""
    with Stage(tmp_path_factory.mktemp("selftest") / "stage", screen) as stage:
        yield stage


def row_of(item: pytest.Item) -> Row | None:
    """The row that a test is about."""
    if isinstance(item, pytest.Function) and hasattr(item, "callspec"):
        row = item.callspec.params.get("row")
        return row if isinstance(row, Row) else None
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks everything in this folder, and puts what one agent is needed for together: it is started once for that.

    Within that the rows keep their order, whatever the seed: to exchange the card takes longer than most of them.
    """
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.card)
    places = {row.fault: place for place, row in enumerate(ROWS)}
    items.sort(key=lambda item: (_SCENES.index(row.scene), places[row.fault]) if (row := row_of(item)) else (-1, 0))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Notes which rows are to be gone."""
    rows = [row for item in session.items if (row := row_of(item))]
    session.config.stash[RESULTS] = {row.fault: (row, table.Result()) for row in rows}


@pytest.fixture
def result(request: pytest.FixtureRequest, row: Row) -> table.Result:
    """What a row notes down."""
    return request.config.stash[RESULTS][row.fault][1]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Notes what became of a row; one that fails at its end has failed."""
    report = yield
    row = row_of(item)
    if row is not None and (report.when == "call" or not report.passed):
        item.config.stash[RESULTS][row.fault][1].right = report.passed
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Writes the table; a row that did not come to its turn fails the run as well."""
    results = session.config.stash.get(RESULTS, {})
    if not results:
        return
    table.FILE.parent.mkdir(exist_ok=True)
    table.FILE.write_text(table.page(results), "utf-8")
    closing.close_with(session.config, table.closing_line(results))
    if session.exitstatus == pytest.ExitCode.OK and not all(result.right for _, result in results.values()):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
