"""Benches for the fault matrix, and the table of its rows."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from tests.card.faults import rows
from tests.card.faults.bench import Bench, Benches
from tests.card.faults.cases import Case
from tests.card.faults.rows import Row
from tests.card.faults.simulated import Hicos, Service
from tests.stand.parts import Reader
from tests.stand.screen import Screen

# More than there are processors: most rows wait for something most of the time.
WORKERS, SCREENS = 8, 4
ROWS = pytest.StashKey[list[Row]]()
"""All rows of this run."""
Matrix = Callable[[Benches, Iterable[Case]], None]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Writes the table, and the closing line below everything that pytest prints."""
    found = config.stash.get(ROWS, [])
    if found:
        rows.write(found)
        config.get_terminal_writer().line(rows.summary(found))


@pytest.fixture
def matrix(request: pytest.FixtureRequest) -> Matrix:
    """Makes rows, keeps them for the table, and fails when one was not survived."""
    table = request.config.stash.setdefault(ROWS, [])

    def make(benches: Benches, cases: Iterable[Case]) -> None:
        made = benches.run(cases)
        table.extend(made)
        assert made
        assert not [row.line() for row in made if not row.survived]

    return make


@pytest.fixture(scope="session")
def empty_service(tmp_path_factory: pytest.TempPathFactory, logs: Path) -> Iterator[dict[str, str]]:
    """A PC/SC service without a reader, so that nothing but the driver decides what is said."""
    reader = Reader(tmp_path_factory.mktemp("service"), logs, empty=True)
    yield reader.env
    reader.stop()


@pytest.fixture(scope="session")
def hicos(tmp_path_factory: pytest.TempPathFactory, pki: Path, empty_service: dict[str, str]) -> Iterator[Benches]:
    """Benches with the HiCOS-like driver and two cards."""
    images = [pki / "cards" / f"{name}.json" for name in ("citizen", "company")]

    def make(number: int) -> Bench:
        folder = tmp_path_factory.mktemp(f"bench-{number}")
        return Bench(folder / "b", Hicos(folder / "cards", images, empty_service))

    benches = Benches(WORKERS, make)
    yield benches
    benches.stop()


@pytest.fixture(scope="session")
def hicos_steps(hicos: Benches) -> list[str]:
    """The steps of a good order, as the host of the first bench reaches them."""
    return hicos.all[0].steps()


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory, pki: Path) -> Iterator[Benches]:
    """Benches with OpenSC, a pcscd each and the virtual card."""
    image, other = (pki / "cards" / f"{name}.json" for name in ("citizen", "citizen2"))

    def make(number: int) -> Bench:
        folder = tmp_path_factory.mktemp(f"service-{number}")
        return Bench(folder / "b", Service(folder / "p", image, other))

    benches = Benches(WORKERS, make)
    yield benches
    benches.stop()


@pytest.fixture(scope="session")
def service_steps(services: Benches) -> list[str]:
    """The steps of a good order."""
    return services.all[0].steps()


@pytest.fixture(scope="session")
def windows(
    tmp_path_factory: pytest.TempPathFactory, logs: Path, pki: Path, empty_service: dict[str, str]
) -> Iterator[Benches]:
    """Benches with the HiCOS-like driver and a screen each."""
    images = [pki / "cards" / f"{name}.json" for name in ("citizen", "company")]

    def make(number: int) -> Bench:
        folder = tmp_path_factory.mktemp(f"window-{number}")
        return Bench(folder / "b", Hicos(folder / "cards", images, empty_service), Screen.start(logs))

    benches = Benches(SCREENS, make)
    yield benches
    benches.stop()
