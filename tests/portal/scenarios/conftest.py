"""One portal for each profile, one person for each scenario; the table and the closing line."""

from collections.abc import Callable, Generator, Iterable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from tests.portal.audit_rows import faults
from tests.portal.scenarios import table
from tests.portal.scenarios.album import Album
from tests.portal.scenarios.database import Database
from tests.portal.scenarios.desk import Desk
from tests.portal.scenarios.person import PASSWORD, Person
from tests.portal.scenarios.plan import PROFILES, ROWS, Row
from tests.stand.asking import wait_until
from tests.stand.browser import strangers
from tests.stand.parts import free_port
from tests.stand.screen import Screen
from tests.stand.stack import Stack, Staging

SECONDS = 600
"""For one test, on a machine that is busy with others."""
RESULTS = pytest.StashKey[dict[Row, table.Result]]()
UNSEEN = pytest.StashKey[dict[str, Iterable[str]]]()
_NOBODY = 99  # of no scenario


@pytest.fixture(scope="session", params=PROFILES)
def profile(request: pytest.FixtureRequest) -> str:
    """The portal's policy profile."""
    return str(request.param)


@pytest.fixture(scope="session")
def stack(profile: str, tmp_path_factory: pytest.TempPathFactory, screen: Screen) -> Iterator[Stack]:
    """Reader, agent, revocation server and a portal of that profile."""
    ports = {"portal_port": free_port(), "crl_port": free_port(), "agent_http_port": free_port()}
    folder, cards = tmp_path_factory.mktemp(profile), Path(__file__).with_name("cards.toml")
    with Stack(folder, screen.display, Staging(profile, cards), agent_ports=[free_port()], **ports) as stack:
        yield stack


@pytest.fixture(scope="session")
def album(profile: str, stack: Stack, pytestconfig: pytest.Config) -> Iterator[Album]:
    """The pictures of that profile."""
    album = Album(table.PICTURES / profile)
    yield album
    pytestconfig.stash[UNSEEN][profile] = album.unseen(stack.portal)


@pytest.fixture(scope="session")
def sit_down(stack: Stack) -> Iterator[Callable[[], BrowserContext]]:
    """The browser, as somebody finds it who has never used it."""
    with strangers(stack.home, stack.portal.port) as sit_down:
        yield sit_down


@pytest.fixture(scope="session")
def holders(stack: Stack) -> set[str]:
    """The names of accounts that were made beforehand."""
    return set()


@pytest.fixture
def desk(stack: Stack, screen: Screen, album: Album) -> Iterator[Desk]:
    """Reader and screen; no window is left open."""
    yield Desk(stack, screen, album)
    if screen.windows():
        screen.key("Escape")
    wait_until(lambda: not screen.windows())


@pytest.fixture
def person(
    request: pytest.FixtureRequest, sit_down: Callable[[], BrowserContext], stack: Stack, desk: Desk, album: Album
) -> Iterator[Person]:
    """Somebody who comes an hour after the one before."""
    database = Database(stack.portal.env)
    database.pass_time(timedelta(hours=1))
    album.seen.clear()
    number = int(row_of(request.node).scenario[1:]) if is_scenario(request.node) else _NOBODY
    with sit_down() as context:
        yield Person(number, context, stack.portal, database, desk, album)
    assert faults(database.events()) == []
    if is_scenario(request.node):
        request.config.stash[RESULTS][row_of(request.node)].see(album.seen)


@pytest.fixture
def card_holder(person: Person, stack: Stack, holders: set[str]) -> Person:
    """Somebody with an account whose card is bound to it, and in the reader."""
    if person.account not in holders:
        stack.portal.add(person.account, PASSWORD, person.card)
        holders.add(person.account)
    person.desk.insert(person.card)
    return person


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks everything in this folder and puts it in order: one profile after the other, scenarios by their number.

    All of it comes last: the browser's driver must not run beside tests with a loop or a database of their own.
    """
    mine = [item for item in items if Path(__file__).parent in item.path.parents]
    for item in mine:
        item.add_marker(pytest.mark.browser)
        item.add_marker(pytest.mark.timeout(SECONDS))
    items[:] = [item for item in items if item not in mine] + sorted(mine, key=order)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Notes what is to be shown, if anything is to be run."""
    if session.config.option.collectonly:
        return
    session.config.stash[UNSEEN] = {}
    results = session.config.stash[RESULTS] = {}
    for item in filter(is_scenario, session.items):
        results.setdefault(row_of(item), table.Result()).tests.add(item.nodeid)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Notes what became of a test; one that fails at its end has failed."""
    report = yield
    if is_scenario(item):
        result = item.config.stash[RESULTS][row_of(item)]
        if report.when == "call":
            result.seconds += report.duration
        if not report.passed:
            result.passed.discard(item.nodeid)
        elif report.when == "call":
            result.passed.add(item.nodeid)
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Writes the table; a scenario that did not come to its turn fails the run as well."""
    results = session.config.stash.get(RESULTS, {})
    if not results:
        return
    table.FILE.parent.mkdir(exist_ok=True)
    table.FILE.write_text(table.page(results, session.config.stash[UNSEEN]), "utf-8")
    if session.exitstatus == pytest.ExitCode.OK and not all(result.good for result in results.values()):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_unconfigure(config: pytest.Config) -> None:
    """Prints the pages without a picture, and the closing line below everything that pytest prints."""
    results = config.stash.get(RESULTS, {})
    if results:
        writer = config.get_terminal_writer()
        for line in table.unseen_lines(config.stash[UNSEEN]):
            writer.line(line)
        writer.line(table.closing_line(results))


def is_scenario(item: pytest.Item) -> bool:
    """Whether a test shows a part of a scenario."""
    return Path(__file__).parent in item.path.parents and row_of(item) in ROWS


def order(item: pytest.Item) -> tuple[int, int, int]:
    """Where a test comes: what is no scenario comes last in its profile."""
    row = row_of(item)
    number = ROWS.index(row) if is_scenario(item) else len(ROWS)
    return PROFILES.index(row.profile), number, item.location[1] or 0


def row_of(item: pytest.Item) -> Row:
    """The row of the table that a test (in `test_e01_…`) shows a part of; no row of the plan for another test."""
    assert isinstance(item, pytest.Function)
    number = item.path.stem.split("_")[1].removeprefix("e").lstrip("0")
    return Row(f"E{number}", str(item.callspec.params["profile"]))
