"""The stage for pages of the old component, the table and the closing line."""

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.hipki import table
from tests.hipki.rows import Brand, Row
from tests.hipki.stage import Stage, Theatre
from tests.stand.browser import chromium
from tests.stand.firefox import firefox_esr
from tests.stand.parts import run
from tests.stand.screen import Screen

RESULTS = pytest.StashKey[table.Results]()


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory, pki: Path, screen: Screen) -> Iterator[Stage]:
    """Everything but the browsers."""
    with Stage(tmp_path_factory.mktemp("hipki"), pki, screen) as stage:
        yield stage


@pytest.fixture(scope="session")
def theatre(stage: Stage) -> Iterator[Theatre]:
    """The browsers, one at a time."""
    theatre = Theatre(stage)
    yield theatre
    theatre.close()


def row_of(item: pytest.Item) -> Row | None:
    """The row that a test is about."""
    if isinstance(item, pytest.Function) and hasattr(item, "callspec"):
        row = item.callspec.params.get("row")
        return row if isinstance(row, Row) else None
    return None


def _brand_without_row(item: pytest.Item) -> str:
    uses_stage = isinstance(item, pytest.Function) and "theatre" in item.fixturenames
    return Brand.CHROMIUM if uses_stage else ""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks everything in this folder, and puts what one browser does together: it is started once for that.

    What has no browser of the stage comes first: it needs the port that the stage keeps from then on.
    """
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
    items.sort(key=lambda item: row.brand if (row := row_of(item)) else _brand_without_row(item))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Notes which rows are to be gone."""
    rows = [row for item in session.items if (row := row_of(item))]
    session.config.stash[RESULTS] = {row.name: (row, False) for row in rows}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Notes what became of a row; one that fails at its end has failed."""
    report = yield
    row = row_of(item)
    if row is not None and (report.when == "call" or not report.passed):
        item.config.stash[RESULTS][row.name] = (row, report.passed)
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Writes the table; a row that did not come to its turn fails the run as well."""
    results = session.config.stash.get(RESULTS, {})
    if not results:
        return
    versions = [run("version", [browser, "--version"]).strip() for browser in (chromium(), firefox_esr())]
    table.FILE.parent.mkdir(exist_ok=True)
    table.FILE.write_text(table.page(results, versions), "utf-8")
    if session.exitstatus == pytest.ExitCode.OK and not all(passed for _, passed in results.values()):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Prints the closing line below everything that pytest and the other closing lines print."""
    if results := config.stash.get(RESULTS, {}):
        config.get_terminal_writer().line(table.closing_line(results))
