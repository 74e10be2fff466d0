"""OpenSC, a real pcscd and the virtual card, without a window: what is offered, and cards that change in between."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.card.driver import Driver
from tests.stand.asking import wait_until
from tests.stand.parts import PIN, Reader

pytestmark = pytest.mark.card
Start = Callable[[], "Driver"]


@pytest.fixture
def card(reader: Reader, pki: Path, looking: Driver) -> Reader:
    """The demo card in the reader with three tries."""
    reader.renew(pki / "cards" / "citizen.json")
    # The service resets the card of a driver that was ended before it looks who has come.
    wait_until(lambda: any(item["present"] for item in looking.do("readers")))
    return reader


@pytest.fixture
def start(card: Reader) -> Iterator[Start]:
    """Starts drivers; all are ended after the test."""
    started: list[Driver] = []

    def new() -> Driver:
        started.append(Driver(card.env, "opensc"))
        return started[-1]

    yield new
    for driver in started:
        driver.stop()


def image(pki: Path, name: str) -> str:
    """The image of a card of the test PKI."""
    return str(pki / "cards" / f"{name}.json")


def tries_and_checks(card: Reader) -> tuple[int, int]:
    """PIN tries left on the card, and how often it has been asked to check one."""
    status = card.control("status")
    return status["tries"], status["verifies"]


def test_card_is_offered_with_its_tries_and_signs(start: Start) -> None:
    driver = start()
    ((holder, problem, tries, pinpad, _), *_) = driver.do("look")
    assert holder
    assert (problem, tries, pinpad) == (None, 3, False)
    assert driver.do("present") is True
    assert driver.do("sign", PIN) is True


@pytest.mark.parametrize(
    ("name", "problem"), [("expired", "certificate_expired"), ("encryption-only", "certificate_encryption_only")]
)
def test_certificate_that_cannot_be_used_is_explained(
    start: Start, card: Reader, pki: Path, name: str, problem: str
) -> None:
    card.control("swap", image(pki, name))
    driver = start()
    assert driver.do("look")[0][1] == problem
    before = tries_and_checks(card)
    assert driver.do("sign", PIN)["code"] == problem
    assert tries_and_checks(card) == before


def test_locked_card_is_explained(start: Start, card: Reader) -> None:
    card.control("tries", "0")
    assert start().do("look")[0][1:3] == ["pin_locked", 0]


def test_card_exchanged_between_look_and_sign_gets_no_pin(start: Start, card: Reader, pki: Path) -> None:
    driver = start()
    driver.do("look")
    card.control("swap", image(pki, "company"))
    before = tries_and_checks(card)
    assert driver.do("sign", PIN)["code"] in ("card_swapped", "card_removed")
    assert tries_and_checks(card) == before == (3, before[1])
    assert driver.do("look")[0][1] is None
    assert driver.do("sign", PIN) is True


def test_card_exchanged_long_before_sign_is_called_swapped(start: Start, card: Reader, pki: Path) -> None:
    driver = start()
    driver.do("look")
    card.control("swap", image(pki, "company"))
    wait_until(lambda: driver.do("present") is False)
    before = tries_and_checks(card)
    assert driver.do("sign", PIN)["code"] == "card_swapped"
    assert tries_and_checks(card) == before


def test_card_pulled_between_look_and_sign_is_removed(start: Start, card: Reader) -> None:
    driver = start()
    driver.do("look")
    card.control("remove")
    wait_until(lambda: driver.do("present") is False)
    assert driver.do("sign", PIN)["code"] == "card_removed"
    card.control("insert")


def test_wrong_pin_costs_one_try_and_is_never_repeated(start: Start, card: Reader) -> None:
    driver = start()
    driver.do("look")
    assert driver.do("sign", "999999") == {"code": "pin_wrong", "tries": 2}
    assert tries_and_checks(card)[0] == 2
    assert driver.do("sign", PIN) is True


def test_readers_tell_card_and_answer_to_reset(start: Start, card: Reader) -> None:
    driver = start()
    readers = driver.do("readers")
    assert [item["present"] for item in readers].count(True) == 1
    (there,) = (item for item in readers if item["present"])
    assert there["atr"].startswith("3b")
    assert (there["exclusive"], there["mute"]) == (False, False)
    card.control("remove")
    wait_until(lambda: not any(item["present"] for item in driver.do("readers")))
    assert driver.do("look")["code"] == "no_card"
    card.control("insert")


def test_card_that_comes_is_never_called_anything_but_absent_before_it_is_found(start: Start, card: Reader) -> None:
    driver = start()
    for moment in range(6):
        card.control("remove")
        wait_until(lambda: driver.do("look") == {"code": "no_card", "tries": None})
        insertion = threading.Timer(0.05 * moment, card.control, ["insert"])
        insertion.start()
        while isinstance(told := driver.do("look"), dict):
            assert told["code"] == "no_card"
        insertion.join()


def test_card_that_another_program_keeps_for_itself_is_busy_and_then_free(start: Start) -> None:
    holder = start()
    assert holder.do("hold") == 0
    driver = start()
    wait_until(lambda: any(item["exclusive"] for item in driver.do("readers")))
    assert driver.do("look")["code"] == "card_busy"
    holder.stop()
    wait_until(lambda: isinstance(driver.do("look"), list))
