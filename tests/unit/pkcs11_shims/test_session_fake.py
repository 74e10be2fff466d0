"""One module's tokens and PIN tries, with readers that misbehave."""

from pathlib import Path
from typing import Any

import pytest
from pkcs11 import TokenFlag, exceptions

from pkcs11_shims.catalogue import Driver, TriesQuestion
from pkcs11_shims.discovery import Found
from pkcs11_shims.errors import CardError, Fault
from pkcs11_shims.keys import Scheme
from pkcs11_shims.session import CardToken, Module

DRIVER = Driver("fake", True, (), (b"\1",), (TriesQuestion("piv_II", b"\0\x20\0\x80"),))
INITIALIZED = TokenFlag.TOKEN_INITIALIZED


class FakeToken:
    """A token as python-pkcs11 shows it."""

    def __init__(self, serial: bytes = b"0001", flags: TokenFlag = INITIALIZED, manufacturer: str = "piv_II") -> None:
        self.serial, self.flags, self.manufacturer_id = serial, flags, manufacturer


class FakeSlot:
    """A reader; a token that is an exception is raised."""

    def __init__(self, token: FakeToken | Exception, description: str = "Reader 00 00", slot_id: int = 0) -> None:
        self.token, self.slot_description, self.slot_id = token, description, slot_id

    def get_token(self) -> FakeToken:
        """The token."""
        if isinstance(self.token, Exception):
            raise self.token
        return self.token


class FakeLib:
    """A loaded module."""

    def __init__(self, *slots: FakeSlot) -> None:
        self.slots: list[FakeSlot] | Exception = list(slots)

    def get_slots(self, token_present: bool = False) -> list[FakeSlot]:
        """The readers."""
        if isinstance(self.slots, Exception):
            raise self.slots
        return self.slots


@pytest.fixture
def lib() -> FakeLib:
    """A module with one card."""
    return FakeLib(FakeSlot(FakeToken()))


@pytest.fixture
def module(lib: FakeLib, monkeypatch: pytest.MonkeyPatch) -> Module:
    """The driver over it."""
    monkeypatch.setattr("pkcs11_shims.session.pkcs11.lib", lambda path: lib)
    return Module(Found(DRIVER, Path("/fake.so")))


def fault_of(call: Any) -> Fault:
    """The fault that a call ends with."""
    with pytest.raises(CardError) as caught:
        call()
    return caught.value.fault


def nobody(reader: str, apdu: bytes) -> int | None:
    """A card that does not answer."""
    return None


def test_module_that_cannot_be_loaded_is_no_driver(tmp_path: Path) -> None:
    broken = tmp_path / "broken.so"
    broken.write_bytes(b"not a library")
    assert fault_of(lambda: Module(Found(DRIVER, broken))) is Fault.NO_DRIVER


def test_card_is_told_by_reader_serial_and_manufacturer(module: Module) -> None:
    assert module.tokens() == [CardToken("Reader 00 00", "0001", "piv_II")]


def test_computer_without_readers(module: Module, lib: FakeLib) -> None:
    lib.slots = []
    assert fault_of(module.tokens) is Fault.NO_READER


@pytest.mark.parametrize(
    "error", [exceptions.TokenNotPresent(), exceptions.GeneralError(), exceptions.TokenNotRecognised()]
)
def test_slot_that_fails_does_not_hide_the_next(module: Module, lib: FakeLib, error: Exception) -> None:
    lib.slots = [FakeSlot(error), FakeSlot(FakeToken(), "Second")]
    assert [token.reader for token in module.tokens()] == ["Second"]


def test_readers_without_a_usable_card(module: Module, lib: FakeLib) -> None:
    lib.slots = [FakeSlot(exceptions.TokenNotPresent()), FakeSlot(FakeToken(flags=TokenFlag(0)))]
    assert fault_of(module.tokens) is Fault.NO_CARD


def test_failing_list_of_readers_is_translated(module: Module, lib: FakeLib) -> None:
    lib.slots = exceptions.GeneralError()
    assert fault_of(module.tokens) is Fault.CARD_ERROR


@pytest.mark.parametrize("serial", [b"TP00000001 ", b"TP00000001\t", b" TP00000001", b"TP00000001"])
def test_blanks_around_a_serial_do_not_make_another_card(module: Module, lib: FakeLib, serial: bytes) -> None:
    lib.slots = [FakeSlot(FakeToken(serial))]
    assert module.tokens()[0].serial == "TP00000001"


def test_serial_that_is_no_text_is_no_obstacle(module: Module, lib: FakeLib) -> None:
    lib.slots = [FakeSlot(FakeToken(b"\xff\xfe"))]
    assert module.tokens()[0].serial == "\ufffd\ufffd"


def test_card_that_was_swapped_since_it_was_seen_is_a_removed_card(module: Module, lib: FakeLib) -> None:
    (token,) = module.tokens()
    lib.slots[0].token = FakeToken(b"0002")  # type: ignore[index]  # a list in this test
    for call in (
        lambda: module.tries_left(token, nobody),
        lambda: module.certificates(token),
        lambda: module.sign(token, b"\1", "123456", b"", Scheme.PKCS1),
    ):
        assert fault_of(call) is Fault.CARD_REMOVED


def test_card_that_was_never_seen_is_a_removed_card(module: Module) -> None:
    stranger = CardToken("Other reader", "9", "m")
    assert fault_of(lambda: module.tries_left(stranger, nobody)) is Fault.CARD_REMOVED


COUNT_LOW, FINAL, LOCKED = TokenFlag.USER_PIN_COUNT_LOW, TokenFlag.USER_PIN_FINAL_TRY, TokenFlag.USER_PIN_LOCKED


@pytest.mark.parametrize(
    ("flags", "status", "tries"),
    [
        (TokenFlag(0), None, None),
        (TokenFlag(0), 0x63C3, 3),
        (TokenFlag(0), 0x63C0, 0),
        (TokenFlag(0), 0x6983, 0),
        (TokenFlag(0), 0x9000, None),
        (COUNT_LOW, None, None),
        (COUNT_LOW, 0x63C2, 2),
        (FINAL, None, 1),
        (FINAL, 0x63C1, 1),
        (FINAL, 0x6A88, 1),
        (LOCKED, 0x63C3, 0),
        (LOCKED, None, 0),
    ],
)
def test_tries_come_from_the_card_and_else_from_the_flags(
    module: Module, lib: FakeLib, flags: TokenFlag, status: int | None, tries: int | None
) -> None:
    lib.slots = [FakeSlot(FakeToken(flags=INITIALIZED | flags))]
    (token,) = module.tokens()
    assert module.tries_left(token, lambda reader, apdu: status) == tries


def test_question_goes_to_the_cards_reader_without_a_pin(module: Module) -> None:
    asked: list[tuple[str, bytes]] = []
    (token,) = module.tokens()
    module.tries_left(token, lambda reader, apdu: asked.append((reader, apdu)))
    assert asked == [("Reader 00 00", b"\0\x20\0\x80")]


def test_card_of_another_family_is_not_asked(module: Module, lib: FakeLib) -> None:
    lib.slots = [FakeSlot(FakeToken(manufacturer="Other"))]
    (token,) = module.tokens()
    asked: list[str] = []
    assert module.tries_left(token, lambda reader, apdu: asked.append(reader)) is None
    assert asked == []
