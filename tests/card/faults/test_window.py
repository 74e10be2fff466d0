"""Faults while a real window is open, with a person who types: each kind of fault at least once."""

import os
import signal
from collections.abc import Callable

import pytest

from cardsim.hicos import faults
from cardsim.hicos.faults import CANCELED, GARBAGE_TEXT, Fault, Kind, PinCodes, PinPad, SlotState
from tests.card.faults.bench import Bench, Benches, Request
from tests.card.faults.cases import Case
from tests.card.faults.conftest import Matrix
from tests.card.faults.driver_cases import SHORT, driver, fault_case, overdue
from tests.card.faults.person import During, close, enter, person, window
from tests.card.faults.plan import PIN, WRONG_PIN, Plan, journal
from tests.card.faults.rows import TOKEN
from tests.card.faults.test_cards import ALONE, place
from tests.card.faults.test_process import OTHERS
from tests.stand.asking import wait_until

pytestmark = [pytest.mark.card, pytest.mark.slow, pytest.mark.timeout(900)]
# What is said to be wrong with a card may be over, or another card there, before the person closes: that is to cancel.
BACK = "user_cancelled"
GONE = {"card_removed", "no_card", "card_error"}
Moment = Callable[[Bench, Request], None]
"""Brings a window to where something is to happen."""


def open_(bench: Bench, request: Request) -> None:
    """The window asks for the PIN."""
    wait_until(lambda: journal(bench.folder, "card"))
    bench.screen.wait_window()


def half_typed(bench: Bench, request: Request) -> None:
    """Some digits are typed."""
    open_(bench, request)
    bench.screen.type(PIN[:3])


def signing(bench: Bench, request: Request) -> None:
    """The card is at work, for a while."""
    driver(bench).inject(faults.slow("C_Sign", 1500))
    open_(bench, request)
    enter(bench)
    wait_until(lambda: "C_Sign" in driver(bench).calls())


MOMENTS = {"window open": open_, "PIN half typed": half_typed, "signing": signing}


def at(step: str, fault: str, happen: During, codes: set[str]) -> Case:
    """A row with something that happens at a moment."""

    def during(bench: Bench, request: Request) -> str:
        MOMENTS[step](bench, request)
        return happen(bench, request)

    return Case(
        "window", fault, step, frozenset(codes), Plan(prompt="window"), during=during,
        cure=lambda bench: driver(bench).reset(),
    )  # fmt: skip


def outcome(act: Callable[[Bench], None]) -> During:
    """What comes of something done."""

    def during(bench: Bench, request: Request) -> str:
        act(bench)
        return request.outcome()

    return during


def host_gets(number: signal.Signals) -> During:
    """A signal for the card host."""
    return outcome(lambda bench: os.kill(bench.hosts()[0], number))


def leave(bench: Bench, request: Request) -> str:
    """The page goes, and its window with it."""
    before = bench.log().count("page_closed")
    request.leave()
    wait_until(lambda: bench.log().count("page_closed") > before)
    bench.screen.wait_no_window()
    return "page_closed"


def stop(bench: Bench, request: Request) -> str:
    """The host stands still; the page is loaded anew, and the dead window is taken away."""
    os.kill(bench.hosts()[0], signal.SIGSTOP)
    return leave(bench, request)


def crowd(bench: Bench, request: Request) -> str:
    """Other pages ask, in vain; the person finishes."""
    codes = {bench.ask().outcome() for _ in range(OTHERS)}
    if bench.screen.windows() and "C_Sign" not in driver(bench).calls():
        bench.screen.key("BackSpace", "BackSpace", "BackSpace")
        enter(bench)
    answer = request.outcome()
    return answer if codes == {"busy"} else f"others: {', '.join(sorted(codes))}"


def pull(bench: Bench, request: Request) -> str:
    """The card is pulled; the person closes the window that says so."""
    driver(bench).remove()
    driver(bench).release()
    wait_until(lambda: bench.shown() or request.answered())
    close(bench, request)
    return request.outcome()


def pull_and_put_back(bench: Bench, request: Request) -> str:
    """The card is pulled and put back; the person types the PIN anew."""
    driver(bench).remove()
    wait_until(lambda: bench.shown())
    before = len(journal(bench.folder, "card"))
    driver(bench).insert(driver(bench).cards["citizen"])
    wait_until(lambda: len(journal(bench.folder, "card")) > before)
    enter(bench)
    return request.outcome()


def swap(bench: Bench, request: Request) -> str:
    """Another card lies in the reader; the window shows it before it can be used."""
    before = len(journal(bench.folder, "card"))
    driver(bench).insert(driver(bench).cards["company"])
    wait_until(lambda: len(journal(bench.folder, "card")) > before)
    enter(bench)
    return request.outcome()


def test_driver_faults(windows: Benches, matrix: Matrix) -> None:
    gone: list[tuple[str, Fault, set[str]]] = [
        ("crash (segv)", faults.crash("C_Login", 1), {"host_failed"}),
        ("crash (abort)", faults.crash("C_Initialize", 1, Kind.ABORT), {"host_failed"}),
        ("crash (exit)", faults.crash("C_Sign", 1, Kind.EXIT), {"host_failed"}),
        ("slow", faults.slow("C_Sign", 700, 1), {TOKEN}),
        ("noise", faults.noise("C_Sign", 1), {TOKEN}),
        ("returns general error", faults.answer("C_OpenSession", 0x5, 1), {TOKEN, "card_error", BACK}),
        ("returns general error", faults.answer("C_Sign", 0x5, 1), {"card_error"}),
        ("returns device removed", faults.answer("C_SignInit", 0x32, 1), {"card_removed", BACK}),
        ("returns session handle invalid", faults.answer("C_Sign", 0xB3, 1), {"card_error"}),
        ("returns PIN locked", faults.answer("C_Login", 0xA4, 1), {"pin_locked"}),
        ("returns user not logged in", faults.answer("C_SignInit", 0x101, 1), {"card_error"}),
        ("wrong length", faults.garbage("C_Sign", nth=1), {"card_error"}),
        ("another key signs", faults.other_key(1), {"card_error"}),
        ("card pulled", faults.remove("C_Login"), GONE | {BACK}),
        ("card swapped", faults.swap("C_Login", "company"), GONE | {"card_swapped", BACK}),
    ]
    hangs: list[tuple[str, set[str]]] = [
        ("C_FindObjects", {"reader_hung"}),
        ("C_Sign", {"reader_hung"}),
        ("C_Logout", {TOKEN}),
    ]
    matrix(
        windows,
        [
            *(window(fault_case(name, fault, codes)) for name, fault, codes in gone),
            *(overdue(window(fault_case("hang", faults.hang(name, 1), codes, Plan(limits=SHORT))))
              for name, codes in hangs),
        ],
    )  # fmt: skip


def test_odd_cards(windows: Benches, matrix: Matrix) -> None:
    states = (SlotState.FAILING, SlotState.FOREIGN, SlotState.VIRTUAL)
    matrix(windows, (window(place(state, False)) for state in states))


def habit(fault: str, codes: set[str], during: During, spent: int = 0, **habits: object) -> Case:
    """A row with other habits of the driver."""

    def before(bench: Bench) -> None:
        driver(bench).set(**habits)

    def cure(bench: Bench) -> None:
        driver(bench).reset()

    return Case(
        "window", fault, "PIN typed", frozenset(codes), Plan(prompt="window"), before=before, during=during, cure=cure,
        spent=spent,
    )  # fmt: skip


def start_pinpad(bench: Bench, request: Request) -> str:
    """The person starts the entry on the reader."""
    open_(bench, request)
    bench.screen.key("Return")
    wait_until(lambda: bench.shown() or request.answered() or len(journal(bench.folder, "card")) > 1)
    close(bench, request)
    return request.outcome()


def test_pins(windows: Benches, matrix: Matrix) -> None:
    matrix(
        windows,
        [
            *(habit(f"wrong PIN, told as {codes}", {"pin_wrong"}, person(WRONG_PIN), 1, pin_codes=codes)
              for codes in PinCodes),
            habit("wrong PIN, then the right one", {TOKEN}, person(WRONG_PIN, PIN)),
            habit("garbage texts", {TOKEN}, person(PIN), fields={"reader": GARBAGE_TEXT, "serial": GARBAGE_TEXT}),
            habit("PIN-pad: right PIN", {TOKEN}, start_pinpad, pinpad=PinPad.enter(PIN)),
            habit("PIN-pad: wrong PIN", {"pin_wrong"}, start_pinpad, 1, pinpad=PinPad.enter(WRONG_PIN)),
            habit("PIN-pad: cancelled", {"user_cancelled"}, start_pinpad, pinpad=CANCELED),
        ],
    )  # fmt: skip


@pytest.mark.parametrize("step", MOMENTS)
def test_at_a_moment(windows: Benches, matrix: Matrix, step: str) -> None:
    """What happens around the window while it is open."""

    def destroy(bench: Bench) -> None:
        for found in bench.screen.windows():
            bench.screen.destroy(found)

    rows = [
        at(step, "person closes the window", outcome(lambda bench: bench.screen.key("Escape")), {"user_cancelled"}),
        at(step, "window destroyed", outcome(destroy), {"host_failed"}),
        at(step, "page gone", leave, {"page_closed"}),
        at(step, "host killed", host_gets(signal.SIGKILL), {"host_failed"}),
        at(step, "host terminated", host_gets(signal.SIGTERM), {"host_failed"}),
        at(step, "host stopped, page loaded anew", stop, {"page_closed"}),
        at(step, "other pages ask", crowd, {TOKEN}),
        at(step, "card pulled", pull, GONE),
    ]
    if step != "signing":
        rows += [
            at(step, "card pulled and put back", pull_and_put_back, {TOKEN}),
            at(step, "card swapped", swap, {TOKEN}),
        ]
    matrix(windows, rows)


def test_every_kind_of_odd_slot_is_in_the_matrix() -> None:
    assert set(ALONE) == set(SlotState) - {SlotState.CARD}
