"""Benches for the fault matrix, and the table of its rows."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

import pytest

from tests.card.faults import rows
from tests.card.faults.bench import Bench, Benches
from tests.card.faults.cases import Case
from tests.card.faults.rows import Row
from tests.card.faults.simulated import Hicos, Service
from tests.sampling import is_full, seed_of
from tests.stand.parts import Reader
from tests.stand.screen import Screen

# A few more than a small machine has processors: rows wait for processes to start and end.
WORKERS, SCREENS = 4, 2
ROWS, WHOLE = pytest.StashKey[list[Row]](), pytest.StashKey[Counter[str]]()
"""All rows of this run, and of how many they are a sample, by test."""


class Matrix(Protocol):
    """Makes rows."""

    def __call__(self, benches: Benches, cases: Iterable[Case], whole: int = 0) -> None:
        """Fails when one was not survived. `whole`: the number of rows that these are a sample of, if they are."""


def pytest_unconfigure(config: pytest.Config) -> None:
    """Writes the table, and the closing line below everything that pytest prints."""
    found = config.stash.get(ROWS, [])
    if found:
        whole = config.stash[WHOLE].total()
        seed = None if is_full(config) else seed_of(config)
        rows.write(found, whole, seed)
        config.get_terminal_writer().line(rows.summary(found, whole, seed))


@pytest.fixture
def matrix(request: pytest.FixtureRequest) -> Matrix:
    """Makes rows, keeps them for the table, and fails when one was not survived."""
    table, sizes = request.config.stash.setdefault(ROWS, []), request.config.stash.setdefault(WHOLE, Counter())

    def make(benches: Benches, cases: Iterable[Case], whole: int = 0) -> None:
        made = benches.run(cases)
        table.extend(made)
        sizes[request.node.nodeid] += whole or len(made)
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
