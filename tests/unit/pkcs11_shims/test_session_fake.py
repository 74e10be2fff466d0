"""One module's tokens, certificates and PIN state, with readers and cards that misbehave."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pkcs11_shims import cryptoki
from pkcs11_shims.catalogue import Driver, TriesQuestion
from pkcs11_shims.discovery import Found
from pkcs11_shims.errors import CardError, Fault
from pkcs11_shims.objects import MAX_CERTIFICATE
from pkcs11_shims.session import MAX_CERTIFICATES, CardToken, Module, PinState
from tests.unit.pkcs11_shims.fake_module import (
    CERTIFICATE,
    MANUFACTURER,
    READY,
    SERIAL,
    FakeCard,
    FakeModule,
    FakeSlot,
    certificate,
    private_key,
)

DRIVER = Driver("fake", True, (), (b"SIGN",), (TriesQuestion("piv_II", b"\0\x20\0\x80"),))
TOKEN = CardToken("Reader 00 00", SERIAL, MANUFACTURER, 0)
DEVICE_ERROR = 0x30
Make = Callable[..., tuple[Module, FakeModule]]


def fault_of(call: Callable[[], Any]) -> Fault:
    """The fault that a call ends with."""
    with pytest.raises(CardError) as caught:
        call()
    return caught.value.fault


def nobody(reader: str, apdu: bytes) -> int | None:
    """A card that does not answer."""
    return None


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Make:
    """Drivers over fake modules with these slots."""

    def build(*slots: FakeSlot) -> tuple[Module, FakeModule]:
        fake = FakeModule(*slots)
        fake.load(monkeypatch)
        return Module(Found(DRIVER, Path("/fake.so"))), fake

    return build


@pytest.mark.parametrize(
    ("content", "detail"), [(b"not a library", "load"), (None, "no PKCS#11 module")], ids=["no library", "no module"]
)
def test_file_that_is_no_module_is_a_refused_driver(tmp_path: Path, content: bytes | None, detail: str) -> None:
    broken = tmp_path / "broken.so"
    broken.write_bytes(content or b"")
    path = broken if content else Path("libc.so.6")
    with pytest.raises(CardError) as caught:
        Module(Found(DRIVER, path))
    assert (caught.value.fault, caught.value.detail) == (Fault.DRIVER_REFUSED, detail)


def test_module_that_does_not_start_is_a_refused_driver_with_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeModule()
    fake.answers["C_Initialize"] = 0xFFFFFFFF80000005
    fake.load(monkeypatch)
    with pytest.raises(CardError) as caught:
        Module(Found(DRIVER, Path("/fake.so")))
    assert (caught.value.fault, caught.value.detail) == (Fault.DRIVER_REFUSED, "0x80000005")


def test_card_is_told_by_reader_serial_and_manufacturer(make: Make) -> None:
    module, _ = make(FakeSlot())
    assert module.tokens() == [TOKEN]


@pytest.mark.parametrize("filler", [b" ", b"\t", b"\0", b"\t ", b"\0\0"])
def test_what_drivers_fill_fields_up_with_does_not_make_another_card(make: Make, filler: bytes) -> None:
    card = FakeCard(serial=SERIAL[:15].encode() + filler[:1], manufacturer=MANUFACTURER.encode() + filler)
    module, _ = make(FakeSlot(card))
    (token,) = module.tokens()
    assert (token.serial, token.manufacturer) == (SERIAL[:15], MANUFACTURER)


def test_two_serials_that_are_no_text_are_two_cards(make: Make) -> None:
    module, fake = make(FakeSlot(FakeCard(serial=b"\xff\xfe")))
    (token,) = module.tokens()
    fake.slots[0].card = FakeCard(serial=b"\xfe\xff")
    assert not module.present(token)


def test_computer_without_readers(make: Make) -> None:
    assert fault_of(make()[0].tokens) is Fault.NO_READER


def test_readers_without_a_card(make: Make) -> None:
    module, _ = make(FakeSlot(None), FakeSlot(FakeCard(flags=0)))
    assert fault_of(module.tokens) is Fault.NO_CARD


@pytest.mark.parametrize("function", ["C_GetSlotInfo", "C_GetTokenInfo"])
@pytest.mark.parametrize("code", [DEVICE_ERROR, 0x3, 0x5, 0xE1, 0x80000042])
def test_slot_that_fails_does_not_hide_the_others(make: Make, function: str, code: int) -> None:
    """One reader held by another program makes python-pkcs11's get_slots fail as a whole; ours not."""
    module, fake = make(FakeSlot(description=b"Broken"), FakeSlot(description=b"Second"))
    good = getattr(fake, f"_{function[2:].lower()}")
    fake.answers[function] = lambda slot, place: code if slot == 0 else good(slot, place)
    assert [token.reader for token in module.tokens()] == ["Second"]


@pytest.mark.parametrize(
    ("code", "fault"),
    [(DEVICE_ERROR, Fault.CARD_ERROR), (0xE1, Fault.CARD_UNSUPPORTED), (0xE0, Fault.NO_CARD), (0x32, Fault.NO_CARD)],
)
def test_without_a_card_the_most_telling_slot_is_told(make: Make, code: int, fault: Fault) -> None:
    module, fake = make(FakeSlot(None), FakeSlot(None))
    fake.answers["C_GetTokenInfo"] = lambda slot, place: code if slot == 0 else 0xE0
    assert fault_of(module.tokens) is fault


def test_failing_list_of_slots_is_translated(make: Make) -> None:
    module, fake = make(FakeSlot())
    fake.answers["C_GetSlotList"] = 0x5
    assert fault_of(module.tokens) is Fault.CARD_ERROR


def test_two_slots_of_one_card_are_both_looked_at(make: Make) -> None:
    """OpenSC shows a card with two PINs as two slots of one reader and one serial."""
    module, _ = make(FakeSlot(), FakeSlot())
    assert [token.slot for token in module.tokens()] == [0, 1]


def test_same_card_is_present_and_another_or_none_is_not(make: Make) -> None:
    module, fake = make(FakeSlot(), FakeSlot(description=b"Other"))
    assert module.present(TOKEN)
    assert "C_GetSlotList" not in fake.calls, "only the card's own slot is asked"
    fake.slots[0].card = FakeCard(serial=b"another")
    assert not module.present(TOKEN)
    fake.slots[0].card = None
    assert not module.present(TOKEN)


def test_certificates_are_read_without_those_of_issuers(make: Make) -> None:
    objects = [
        certificate(b"SIGN"), certificate(b"KEYX", b"der2", b"cert2"), certificate(b"CACert", b"ca"),
        certificate(b"ROOTCACert", b"root"), private_key(),
    ]  # fmt: skip
    module, fake = make(FakeSlot(FakeCard(objects=objects)))
    found = module.certificates(TOKEN)
    assert [(item.key_id, item.label, item.der) for item in found] == [
        (b"SIGN", "cert1", CERTIFICATE),
        (b"KEYX", "cert2", b"der2"),
    ]
    assert fake.logins == []
    assert not fake.sessions


@pytest.mark.parametrize(
    "broken",
    [
        certificate(b""),
        certificate(der=b""),
        certificate(der=b"x" * (MAX_CERTIFICATE + 1)),
        certificate(b"i" * 300),
        {cryptoki.CLASS: certificate()[cryptoki.CLASS]},
    ],
)
def test_broken_certificate_does_not_hide_the_next(make: Make, broken: dict[int, bytes]) -> None:
    module, _ = make(FakeSlot(FakeCard(objects=[broken, certificate()])))
    assert [item.key_id for item in module.certificates(TOKEN)] == [b"SIGN"]


def test_object_whose_reading_fails_does_not_hide_the_next(make: Make) -> None:
    module, fake = make(FakeSlot(FakeCard(objects=[certificate(b"KEYX"), certificate()])))
    fake.answers["C_GetAttributeValue"] = lambda session, handle, *rest: (
        0x5 if handle == 0 else fake._getattributevalue(session, handle, *rest)
    )
    assert [item.key_id for item in module.certificates(TOKEN)] == [b"SIGN"]


def test_card_whose_every_object_fails_is_not_called_empty(make: Make) -> None:
    module, fake = make(FakeSlot())
    fake.answers["C_GetAttributeValue"] = 0x32
    assert fault_of(lambda: module.certificates(TOKEN)) is Fault.CARD_REMOVED


def test_label_in_big5_is_no_obstacle(make: Make) -> None:
    module, _ = make(FakeSlot(FakeCard(objects=[certificate(label="憑證".encode("big5"))])))
    assert [item.key_id for item in module.certificates(TOKEN)] == [b"SIGN"]


def test_card_full_of_certificates_is_read_to_a_limit(make: Make) -> None:
    objects = [certificate(bytes([index + 1])) for index in range(MAX_CERTIFICATES + 10)]
    module, _ = make(FakeSlot(FakeCard(objects=objects)))
    assert len(module.certificates(TOKEN)) == MAX_CERTIFICATES


@pytest.mark.parametrize(("card", "fault"), [(None, Fault.CARD_REMOVED), (FakeCard(serial=b"2"), Fault.CARD_SWAPPED)])
def test_card_that_went_away_or_was_exchanged_is_told(make: Make, card: FakeCard | None, fault: Fault) -> None:
    module, fake = make(FakeSlot(FakeCard()))
    fake.slots[0].card = card
    assert fault_of(lambda: module.certificates(TOKEN)) is fault
    assert fault_of(lambda: module.pin_state(TOKEN, nobody)) is fault


COUNT_LOW, FINAL, LOCKED = 0x10000, cryptoki.USER_PIN_FINAL_TRY, cryptoki.USER_PIN_LOCKED


@pytest.mark.parametrize(
    ("flags", "status", "tries"),
    [
        (0, None, None),
        (0, 0x63C3, 3),
        (0, 0x63C0, 0),
        (0, 0x6983, 0),
        (0, 0x9000, None),
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
    make: Make, flags: int, status: int | None, tries: int | None
) -> None:
    module, _ = make(FakeSlot(FakeCard(flags=READY | flags, manufacturer=b"piv_II")))
    (token,) = module.tokens()
    assert module.pin_state(token, lambda reader, apdu: status).tries_left == tries


@pytest.mark.parametrize(
    ("flags", "state"),
    [
        (READY, PinState(None, activated=True, pinpad=False)),
        (cryptoki.TOKEN_INITIALIZED, PinState(None, activated=False, pinpad=False)),
        (READY | cryptoki.PROTECTED_PATH, PinState(None, activated=True, pinpad=True)),
    ],
)
def test_flags_tell_activation_and_pinpad(make: Make, flags: int, state: PinState) -> None:
    module, _ = make(FakeSlot(FakeCard(flags=flags)))
    assert module.pin_state(TOKEN, nobody) == state


def test_question_goes_to_the_cards_reader_without_a_pin(make: Make) -> None:
    asked: list[tuple[str, bytes]] = []
    module, _ = make(FakeSlot(FakeCard(manufacturer=b"piv_II")))
    (token,) = module.tokens()
    module.pin_state(token, lambda reader, apdu: asked.append((reader, apdu)))
    assert asked == [("Reader 00 00", b"\0\x20\0\x80")]


def test_card_of_another_family_is_not_asked(make: Make) -> None:
    asked: list[str] = []
    module, _ = make(FakeSlot())
    assert module.pin_state(TOKEN, lambda reader, apdu: asked.append(reader)).tries_left is None
    assert asked == []
