"""The PIN of the HiCOS-like driver: tries, their codes, several processes, and readers with keys."""

import pytest

from cardsim.hicos.driver import HicosDriver
from cardsim.hicos.faults import CANCELED, TIMED_OUT, WAITING, PinCodes, PinPad, slow
from tests.stand.cryptoki import Cryptoki

RIGHT, WRONG = "123456", "000000"
INCORRECT, LENGTH, LOCKED = 0xA0, 0xA2, 0xA4
COUNT_LOW, FINAL_TRY, PIN_LOCKED, PROTECTED_PATH = 0x10000, 0x20000, 0x40000, 0x100


@pytest.fixture
def session(client: Cryptoki) -> int:
    """An open session, nobody logged in."""
    return int(client.ok("open")["session"])


@pytest.mark.parametrize(
    ("codes", "two_left", "one_left"),
    [
        (PinCodes.VENDOR, 0x80000002, 0x80000001),
        (PinCodes.EXTENDED, 0xFFFFFFFF80000002, 0xFFFFFFFF80000001),
        (PinCodes.WIDE, 0x8000000000000002, 0x8000000000000001),
        (PinCodes.PLAIN, INCORRECT, INCORRECT),
    ],
)
def test_three_wrong_pins_lock(
    client: Cryptoki, hicos: HicosDriver, session: int, codes: PinCodes, two_left: int, one_left: int
) -> None:
    hicos.set(pin_codes=codes)
    answers = [client.code("login", session=session, pin=WRONG) for _ in range(4)]
    assert answers == [two_left, one_left, LOCKED, LOCKED]
    assert client.code("login", session=session, pin=RIGHT) == LOCKED
    assert hicos.cards["citizen"].tries == 0
    assert hicos.calls().count("C_Login") == 5


def test_last_failure_as_the_image_says(client: Cryptoki, hicos: HicosDriver) -> None:
    hicos.insert(hicos.cards["citizen2"])  # its image says 63C0: wrong, none left
    hicos.cards["citizen2"].tries = 1
    session = client.ok("open")["session"]
    assert client.code("login", session=session, pin=WRONG) == INCORRECT
    assert client.code("login", session=session, pin=RIGHT) == LOCKED
    assert hicos.cards["citizen"].tries == 3


def test_right_pin_restores_the_tries(client: Cryptoki, hicos: HicosDriver, session: int) -> None:
    client.call("login", session=session, pin=WRONG)
    client.call("login", session=session, pin=WRONG)
    assert hicos.cards["citizen"].tries == 1
    client.ok("login", session=session, pin=RIGHT)
    assert hicos.cards["citizen"].tries == 3
    assert client.code("login", session=session, pin=RIGHT) == 0x100  # already logged in: costs nothing
    assert hicos.cards["citizen"].tries == 3


@pytest.mark.parametrize("pin", ["", "12345", "123456789"])
def test_wrong_length_costs_nothing(client: Cryptoki, hicos: HicosDriver, session: int, pin: str) -> None:
    assert client.code("login", session=session, pin=pin) == LENGTH
    assert hicos.cards["citizen"].tries == 3


def test_other_lengths_can_be_told(client: Cryptoki, hicos: HicosDriver, session: int) -> None:
    hicos.set(pin_length=(4, 12))
    assert client.ok("token")["pin_max"] == 12
    assert client.code("login", session=session, pin="1234") == 0x80000002


def test_no_other_user_can_log_in(client: Cryptoki, hicos: HicosDriver, session: int) -> None:
    assert client.code("login", session=session, pin=RIGHT, user=0) == 0x103
    assert client.code("login", session=session, pin=None) == 0x7
    assert hicos.cards["citizen"].tries == 3


def test_flags_tell_the_tries_only_when_switched_on(client: Cryptoki, hicos: HicosDriver) -> None:
    plain = client.ok("token")["flags"]
    told = []
    for tries in (3, 2, 1, 0):
        hicos.cards["citizen"].tries = tries
        hicos.set(pin_flags=False)
        assert client.ok("token")["flags"] == plain
        hicos.set(pin_flags=True)
        told.append(client.ok("token")["flags"] & ~plain)
    assert told == [0, COUNT_LOW, COUNT_LOW | FINAL_TRY, PIN_LOCKED]


def test_tries_are_shared_by_processes(client: Cryptoki, hicos: HicosDriver, session: int) -> None:
    assert client.code("login", session=session, pin=WRONG) == 0x80000002
    other = Cryptoki(hicos.module, hicos.environment)
    try:
        there = other.ok("open")["session"]
        assert other.code("login", session=there, pin=WRONG) == 0x80000001
    finally:
        other.stop()
    assert client.code("login", session=session, pin=WRONG) == LOCKED


def test_processes_at_once_lose_no_count(hicos: HicosDriver) -> None:
    card = hicos.cards["citizen"]
    card.tries = 15
    clients = [Cryptoki(hicos.module, hicos.environment) for _ in range(3)]
    try:
        sessions = [one.ok("open")["session"] for one in clients]
        for _ in range(4):
            for one, session in zip(clients, sessions, strict=True):
                one.send("login", session=session, pin=WRONG)
            answers = sorted(one.receive()["code"] for one in clients)
            assert len(set(answers)) == 3  # each wrong PIN was told another number
    finally:
        for one in clients:
            one.stop()
    assert card.tries == 3


def test_pin_is_in_no_file_of_the_driver(client: Cryptoki, hicos: HicosDriver, session: int) -> None:
    client.ok("login", session=session, pin=RIGHT)
    assert "C_Login" in hicos.calls()
    for name in ("hicos.conf", "hicos.control", "hicos.trace"):
        text = (hicos.folder / name).read_text()
        assert RIGHT not in text
        assert RIGHT.encode().hex() not in text


@pytest.mark.parametrize(
    ("pinpad", "code", "tries"),
    [
        (PinPad.enter(RIGHT), 0, 3),
        (PinPad.enter(WRONG), 0x80000002, 2),
        (PinPad.enter("12345"), LENGTH, 3),
        (CANCELED, 0x50, 3),
        (TIMED_OUT, 0x06, 3),
        (PinPad.refuse(0x30), 0x30, 3),
    ],
)
def test_reader_with_keys(
    client: Cryptoki, hicos: HicosDriver, session: int, pinpad: PinPad, code: int, tries: int
) -> None:
    assert client.ok("token")["flags"] & PROTECTED_PATH == 0
    hicos.set(pinpad=pinpad)
    assert client.ok("token")["flags"] & PROTECTED_PATH
    assert client.code("login", session=session, pin=None) == code
    assert hicos.cards["citizen"].tries == tries
    hicos.set(pinpad=PinPad.enter(RIGHT))
    assert client.code("login", session=session, pin=None) == (0x100 if code == 0 else 0)


def test_reader_with_keys_waits_for_the_person(client: Cryptoki, hicos: HicosDriver, session: int) -> None:
    hicos.set(pinpad=WAITING)
    client.send("login", session=session, pin=None)
    assert not client.answers(0.3)
    hicos.set(pinpad=PinPad.enter(RIGHT))
    assert client.receive()["code"] == 0


def test_card_pulled_while_the_reader_waits(client: Cryptoki, hicos: HicosDriver, session: int) -> None:
    hicos.set(pinpad=WAITING)
    client.send("login", session=session, pin=None)
    assert not client.answers(0.3)
    hicos.remove()
    assert client.receive()["code"] == 0x32
    assert hicos.cards["citizen"].tries == 3


def test_person_takes_time(client: Cryptoki, hicos: HicosDriver, session: int) -> None:
    hicos.set(pinpad=PinPad.enter(RIGHT))
    hicos.inject(slow("C_Login", 300))
    client.send("login", session=session, pin=None)
    assert not client.answers(0.1)
    assert client.receive()["code"] == 0
