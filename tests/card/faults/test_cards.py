"""What lies in the readers: odd slots, foreign cards, wrong PINs, PIN-pads, readers that another program holds."""

from collections.abc import Iterator
from functools import partial

import pytest

from cardsim.hicos.faults import (
    CANCELED,
    GARBAGE_TEXT,
    TIMED_OUT,
    WAITING,
    Fault,
    PinCodes,
    PinPad,
    SlotState,
    answer,
    exclusive,
    garbage,
    hang,
    noise,
)
from tests.card.faults.bench import Bench, Benches, Request
from tests.card.faults.cases import Case
from tests.card.faults.conftest import Matrix
from tests.card.faults.driver_cases import SHORT, driver, overdue
from tests.card.faults.plan import PIN, WRONG_PIN, Plan
from tests.card.faults.rows import TOKEN
from tests.card.faults.selection import Group, Selection, select
from tests.card.faults.test_process import leave
from tests.stand.asking import wait_until

pytestmark = [pytest.mark.card, pytest.mark.slow, pytest.mark.timeout(900)]
FIELDS = ("label", "manufacturer", "model", "serial", "reader")
# With nothing else in the readers.
ALONE = {
    SlotState.EMPTY: {"no_card"},
    SlotState.VIRTUAL: {"no_card"},
    SlotState.UNINITIALISED: {"no_card"},
    SlotState.FAILING: {"card_error"},
    SlotState.EXCLUSIVE: {"card_error"},
    SlotState.FOREIGN: {"card_unsupported"},
}


def place(state: SlotState, beside: bool) -> Case:
    """A row with an odd slot, alone or before a reader with a card."""

    def before(bench: Bench) -> None:
        hicos = driver(bench)
        card = hicos.cards["citizen"]
        hicos.place(1, state, card if state in (SlotState.EXCLUSIVE, SlotState.FAILING) else None)
        if beside:
            hicos.insert(hicos.cards["company"], 2)

    return Case(
        "card", f"slot is {state}", "beside a card" if beside else "alone",
        frozenset({TOKEN} if beside else ALONE[state]), before=before, cure=lambda bench: driver(bench).reset(),
    )  # fmt: skip


def settings(fault: str, step: str, codes: set[str], plan: Plan | None = None, **habits: object) -> Case:
    """A row with other habits of the driver."""

    def before(bench: Bench) -> None:
        driver(bench).set(**habits)

    def cure(bench: Bench) -> None:
        driver(bench).reset()

    return Case("card", fault, step, frozenset(codes), plan or Plan(), before=before, cure=cure)


def always(fault: str, codes: set[str], *faults: Fault, plan: Plan | None = None) -> Case:
    """A row with a driver that never gets better; the person tries again for a while."""
    return Case(
        "driver", fault, "every call", frozenset(codes), plan or Plan(pins=(PIN,) * 5, patience=1.0, limits=SHORT),
        before=lambda bench: driver(bench).inject(*faults), cure=lambda bench: driver(bench).release(),
        struck=lambda bench: faults[0].call in driver(bench).calls(),
    )  # fmt: skip


@pytest.mark.parametrize("beside", [True, False], ids=["beside a card", "alone"])
def test_odd_slot(hicos: Benches, matrix: Matrix, beside: bool) -> None:
    matrix(hicos, (place(state, beside) for state in ALONE))


def test_garbage_texts(hicos: Benches, matrix: Matrix) -> None:
    matrix(hicos, (settings(f"{name} is garbage", "texts", {TOKEN}, fields={name: GARBAGE_TEXT}) for name in FIELDS))


def test_readers_of_another_program(hicos: Benches, matrix: Matrix) -> None:
    """The driver cannot say who has them; PC/SC could (test_service.py)."""
    matrix(hicos, [always("all readers exclusive", {"card_error"}, *exclusive(), plan=Plan(patience=1.0))])


@pytest.mark.parametrize(
    "name", ["C_GetSlotList", "C_GetTokenInfo", "C_OpenSession", "C_FindObjects", "C_Login", "C_SignInit", "C_Sign"]
)
def test_driver_that_never_works(hicos: Benches, matrix: Matrix, name: str) -> None:
    """The order ends, however often the person tries; who gives up when a card is back has cancelled."""
    rows = [
        always(f"{name} fails", {"card_error"}, answer(name, 0x30)),
        overdue(always(f"{name} hangs", {"reader_hung"}, hang(name))),
        always(f"{name} makes noise", {TOKEN}, noise(name)),
    ]
    if name in ("C_Login", "C_SignInit", "C_Sign"):
        rows.append(always(f"{name} says removed", {"card_removed", "user_cancelled"}, answer(name, 0x32)))
    if name == "C_Sign":
        rows.append(always(f"{name} gives nonsense", {"card_error"}, garbage(name)))
    matrix(hicos, rows)


def wrong_pin(spelling: PinCodes, pins: tuple[str, ...], codes: set[str], spent: int, flags: bool) -> Case:
    """A row with a person who types wrong PINs."""

    def cure(bench: Bench) -> None:
        driver(bench).reset()

    def before(bench: Bench) -> None:
        driver(bench).set(pin_codes=spelling, pin_flags=flags)

    typed = ", ".join("right" if pin == PIN else "wrong" for pin in pins)
    told = f"told as {spelling}{' and flags' if flags else ''}"
    (code,) = codes
    return Case(
        "card", f"PIN {typed}", told, frozenset(codes), Plan(pins=pins), before=before, cure=cure, spent=spent,
        kind=f"PINs that end with {code}",
    )  # fmt: skip


def wrong_pins(spelling: PinCodes, steps: list[str]) -> Iterator[Case]:
    """Cost exactly the tries that a person has used, and are told in every spelling."""
    bad = WRONG_PIN
    for flags in (False, True):
        for pins, code, spent in (
            ((bad,), "pin_wrong", 1),
            ((bad, bad), "pin_wrong", 2),
            ((bad, PIN), TOKEN, 0),
            ((bad, bad, PIN), TOKEN, 0),
            ((bad, bad, bad), "pin_locked", 3),
            (("12345",), "user_cancelled", 0),
            (("12345", PIN), TOKEN, 0),
        ):
            yield wrong_pin(spelling, pins, {code}, spent, flags)


GROUPS: dict[str, Group] = {spelling: partial(wrong_pins, spelling) for spelling in PinCodes}


@pytest.fixture(scope="module")
def selection(pytestconfig: pytest.Config) -> Selection:
    """The rows of this run."""
    return select(GROUPS, [], pytestconfig)


@pytest.mark.parametrize("spelling", PinCodes)
def test_wrong_pin(hicos: Benches, matrix: Matrix, selection: Selection, spelling: PinCodes) -> None:
    matrix(hicos, selection.chosen[spelling], selection.whole[spelling])


def pinpad(fault: str, pad: PinPad, codes: set[str], spent: int = 0) -> Case:
    """A row with a reader that has keys of its own."""

    def before(bench: Bench) -> None:
        driver(bench).set(pinpad=pad)

    def cure(bench: Bench) -> None:
        driver(bench).reset()

    return Case(
        "card", f"PIN-pad: {fault}", "C_Login#1", frozenset(codes), Plan(limits=SHORT), before=before, cure=cure,
        spent=spent, struck=lambda bench: "C_Login" in driver(bench).calls(),
    )  # fmt: skip


def test_pinpad(hicos: Benches, matrix: Matrix) -> None:
    def pull(bench: Bench, request: Request) -> str:
        wait_until(lambda: "C_Login" in driver(bench).calls())
        driver(bench).remove()
        return request.outcome()

    def go(bench: Bench, request: Request) -> str:
        wait_until(lambda: "C_Login" in driver(bench).calls())
        return leave(bench, request, 0)

    matrix(
        hicos,
        [
            pinpad("right PIN", PinPad.enter(PIN), {TOKEN}),
            pinpad("wrong PIN", PinPad.enter(WRONG_PIN), {"pin_wrong"}, 1),
            pinpad("PIN too long", PinPad.enter("1234567890"), {"pin_malformed"}),
            pinpad("cancelled", CANCELED, {"user_cancelled"}),
            pinpad("its own time is up", TIMED_OUT, {"timed_out"}),
            pinpad("card error", PinPad.refuse(0x30), {"card_error"}),
            overdue(pinpad("nobody types", WAITING, {"reader_hung"})),
            pinpad("card pulled", WAITING, {"card_removed"}).with_during(pull),
            pinpad("page gone", WAITING, {"page_closed"}).with_during(go),
        ],
    )
