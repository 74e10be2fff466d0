"""The product with its own deadlines: a reader that does not answer is named, and nobody has to wait for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cardsim.hicos.faults import hang
from tests.card.faults.bench import Bench, Benches, Request
from tests.card.faults.cases import Case
from tests.card.faults.conftest import SCREENS, Matrix
from tests.card.faults.driver_cases import driver
from tests.card.faults.person import close, enter
from tests.card.faults.simulated import Hicos
from tests.stand.asking import wait_until
from tests.stand.screen import Screen

pytestmark = [pytest.mark.card, pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def products(
    tmp_path_factory: pytest.TempPathFactory, logs: Path, pki: Path, empty_service: dict[str, str]
) -> Iterator[Benches]:
    """Benches with the agent as people have it."""

    def make(number: int) -> Bench:
        folder = tmp_path_factory.mktemp(f"product-{number}")
        cards = Hicos(folder / "cards", [pki / "cards" / "citizen.json"], empty_service)
        return Bench(folder / "b", cards, Screen.start(logs), program="agent", next_operation=sign, allows=True)

    benches = Benches(SCREENS, make)
    yield benches
    benches.stop()


def sign(bench: Bench, request: Request) -> str:
    """A person types the PIN."""
    enter(bench)
    return request.outcome()


def row(step: str, name: str, typed: int, closes: bool) -> Case:
    """A call that hangs for ever; the window says so, and the person closes it or does nothing."""

    def during(bench: Bench, request: Request) -> str:
        bench.screen.wait_window()  # its title tells when it no longer waits for the card
        if typed:
            enter(bench)
            wait_until(lambda: name in driver(bench).calls())
            bench.screen.wait_window()
        if closes:
            close(bench, request)
        return request.outcome()

    return Case(
        "window", f"hang, product's deadlines, person {'closes' if closes else 'waits'}", step,
        frozenset({"reader_hung"}), before=lambda bench: driver(bench).inject(hang(name)), during=during,
        cure=lambda bench: driver(bench).release(), typed=typed,
    )  # fmt: skip


def test_hang_with_the_deadlines_of_the_product(products: Benches, matrix: Matrix) -> None:
    matrix(
        products,
        [
            row("C_FindObjects#1", "C_FindObjects", 0, True),
            row("C_FindObjects#1", "C_FindObjects", 0, False),
            row("C_Sign#1", "C_Sign", 1, True),
        ],
    )
