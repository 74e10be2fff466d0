"""The HiCOS-like driver as the agent's driver thread sees it: habits, and any fault in any call of look and sign."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.failures import Code
from cardsim.hicos.driver import HicosDriver
from cardsim.hicos.faults import (
    CANCELED,
    CHANGING_CALLS,
    EXTREMES,
    GARBAGE_CALLS,
    GARBAGE_TEXT,
    TIMED_OUT,
    Fault,
    Habits,
    PinCodes,
    PinPad,
    SlotState,
    answer,
    exclusive,
    garbage,
    other_key,
    remove,
    steps,
    swap,
)
from pkcs11_shims.cryptoki import _FUNCTIONS
from tests.card.driver import Driver
from tests.stand.hicos import start_hicos
from tests.stand.parts import PIN

WRONG = "000000"
# A fault never ends as one of the two codes for mistakes of our own.
_CODES = {code.value for code in Code} - {"internal", "host_failed"}
FIELDS = ("label", "manufacturer", "model", "serial", "reader")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, pki: Path) -> HicosDriver:
    """The driver with the cards of a citizen and a company."""
    cards = (pki / "cards" / f"{name}.json" for name in ("citizen", "company", "encryption-only"))
    return start_hicos(tmp_path_factory.mktemp("hicos") / "cards", *cards)


@pytest.fixture
def hicos(made: HicosDriver) -> HicosDriver:
    """The citizen's card in reader 1, three tries, no fault."""
    made.reset()
    return made


@pytest.fixture
def driver(hicos: HicosDriver) -> Iterator[Driver]:
    """A process with the driver in it; there is no PC/SC service."""
    environment = {**hicos.environment, "PCSCLITE_CSOCK_NAME": "/nonexistent/pcscd"}
    # A row that is not installed here: otherwise all rows for citizens are looked for, too.
    started = Driver(environment, "hca", str(hicos.module))
    yield started
    started.stop()


def code_of(outcome: Any) -> str | None:
    """The code of a failure; None for a success."""
    return outcome.get("code") if isinstance(outcome, dict) else None


def test_signing_certificate_comes_first_and_the_issuers_are_not_offered(driver: Driver) -> None:
    found = [(key_id, problem) for _, problem, _, _, key_id in driver.do("look")]
    assert found == [("SIGN", None), ("KEYX", "certificate_encryption_only")]
    assert driver.do("sign", PIN) is True


def test_one_login_one_signature_one_logout_and_nothing_that_changes_a_card(driver: Driver, hicos: HicosDriver) -> None:
    driver.do("look")
    driver.do("sign", PIN)
    assert "C_Logout" not in hicos.calls()
    driver.do("reset")
    calls = hicos.calls()
    assert [calls.count(name) for name in ("C_Login", "C_Sign", "C_Logout")] == [1, 1, 1]
    assert calls.count("C_OpenSession") == calls.count("C_CloseSession")
    assert not set(calls) & CHANGING_CALLS
    assert hicos.overlapping() == []


@pytest.mark.parametrize("codes", [PinCodes.VENDOR, PinCodes.EXTENDED, PinCodes.WIDE])
def test_tries_are_told_in_every_spelling_until_the_card_locks(
    driver: Driver, hicos: HicosDriver, codes: PinCodes
) -> None:
    hicos.set(pin_codes=codes)
    driver.do("look")
    assert [driver.do("sign", WRONG) for _ in range(3)] == [
        {"code": "pin_wrong", "tries": 2},
        {"code": "pin_wrong", "tries": 1},
        {"code": "pin_locked", "tries": 0},
    ]
    assert hicos.calls().count("C_Login") == 3


def test_locked_card_is_explained_where_the_driver_tells_flags(driver: Driver, hicos: HicosDriver) -> None:
    hicos.set(pin_flags=True)
    hicos.cards["citizen"].tries = 0
    assert driver.do("look")[0][1:3] == ["pin_locked", 0]
    hicos.cards["citizen"].tries = 1
    assert driver.do("look")[0][1:3] == [None, 1]


@pytest.mark.parametrize("pin", ["12345", "123456789"])
def test_pin_of_a_wrong_length_costs_nothing(driver: Driver, hicos: HicosDriver, pin: str) -> None:
    driver.do("look")
    assert driver.do("sign", pin)["code"] == "pin_malformed"
    assert hicos.cards["citizen"].tries == 3


@pytest.mark.parametrize(
    ("pad", "outcome", "tries"),
    [
        (PinPad.enter(PIN), True, 3),
        (PinPad.enter(WRONG), {"code": "pin_wrong", "tries": 2}, 2),
        (CANCELED, {"code": "user_cancelled", "tries": None}, 3),
        (TIMED_OUT, {"code": "timed_out", "tries": None}, 3),
    ],
)
def test_pin_typed_on_the_reader(driver: Driver, hicos: HicosDriver, pad: PinPad, outcome: Any, tries: int) -> None:
    hicos.set(pinpad=pad)
    assert driver.do("look")[0][3] is True
    assert driver.do("sign", None) == outcome
    assert hicos.cards["citizen"].tries == tries


@pytest.mark.parametrize(
    "state", [SlotState.EMPTY, SlotState.VIRTUAL, SlotState.UNINITIALISED, SlotState.FAILING, SlotState.EXCLUSIVE,
              SlotState.FOREIGN]
)  # fmt: skip
def test_odd_slot_hides_no_card(driver: Driver, hicos: HicosDriver, state: SlotState) -> None:
    hicos.place(1, state)
    hicos.insert(hicos.cards["company"], 2)
    assert driver.do("look")[0][1] is None
    assert driver.do("sign", PIN) is True


@pytest.mark.parametrize("field", FIELDS)
def test_garbage_texts_are_no_obstacle(driver: Driver, hicos: HicosDriver, field: str) -> None:
    hicos.set(fields={field: GARBAGE_TEXT})
    assert driver.do("look")[0][1] is None
    assert driver.do("present") is True
    assert driver.do("sign", PIN) is True


def test_card_exchanged_between_look_and_sign_gets_no_pin(driver: Driver, hicos: HicosDriver) -> None:
    driver.do("look")
    hicos.insert(hicos.cards["company"])
    assert driver.do("present") is False
    assert driver.do("sign", PIN)["code"] == "card_swapped"
    assert "C_Login" not in hicos.calls()


def test_other_key_than_the_shown_certificates_gives_no_token(driver: Driver, hicos: HicosDriver) -> None:
    driver.do("look")
    with hicos.faulty(other_key()):
        assert code_of(driver.do("sign", PIN)) == "card_error"
    assert driver.do("sign", PIN) is True


def _faults(call: str, nth: int) -> Iterator[Fault]:
    for code in (0x5, 0x30, 0x32, 0x101, 0x150, 0xFFFFFFFF80000042):
        yield answer(call, code, nth)
    yield remove(call, nth=nth)
    yield swap(call, "company", nth=nth)
    if call in GARBAGE_CALLS:
        yield from (garbage(call, length, nth) for length in EXTREMES)


def _order(driver: Driver) -> list[str | None]:
    outcomes = [driver.do("look")]
    if code_of(outcomes[0]) is None and outcomes[0][0][1] is None:
        outcomes.append(driver.do("sign", PIN))
    driver.do("reset")
    return [code_of(outcome) for outcome in outcomes]


# Only a driver that has settings of ours is ended and begun anew; test_old_work and test_old_listing have the rest.
_OTHER = {"C_Initialize", "C_Finalize", "C_GetInfo", "C_DecryptInit", "C_Decrypt"}


@pytest.mark.parametrize("call", sorted(set(_FUNCTIONS) - _OTHER))
def test_any_fault_in_any_call_costs_no_try_and_the_next_order_works(
    driver: Driver, hicos: HicosDriver, call: str
) -> None:
    """The same process goes on: no fault here needs a new one."""
    driver.do("settle", "0")
    driver.do("look")  # the module is loaded, and started, before the faults
    hicos.forget_calls()
    assert _order(driver) == [None, None]
    places = [nth for name, nth in steps(hicos.calls()) if name == call]
    assert places
    for fault in (fault for nth in places for fault in _faults(call, nth)):
        with hicos.faulty(fault):
            outcomes = _order(driver)
        assert all(code is None or code in _CODES for code in outcomes), fault
        assert [card.tries for card in hicos.cards.values()] == [3, 3, 3], fault
        hicos.insert(hicos.cards["citizen"])
        assert _order(driver) == [None, None], fault


@pytest.mark.parametrize("habits", [Habits(), Habits(length_query=True)], ids=["buffer too small", "length told"])
def test_length_query_is_never_needed(driver: Driver, hicos: HicosDriver, habits: Habits) -> None:
    hicos.set(length_query=habits.length_query)
    driver.do("look")
    assert driver.do("sign", PIN) is True


def test_reader_that_another_program_holds_is_told_and_then_free(driver: Driver, hicos: HicosDriver) -> None:
    """Without a PC/SC service nobody can say who; with one it is card_busy (test_drivers)."""
    with hicos.faulty(*exclusive()):
        assert code_of(driver.do("look")) == "no_service"
    assert driver.do("look")[0][1] is None
