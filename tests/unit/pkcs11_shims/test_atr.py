"""Kinds of cards by their answer to reset."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkcs11_shims import atr
from pkcs11_shims.atr import MAX_ATR, kinds, recognise_atr

GPKI = [
    "3BB8130081 31FA52 43 48 54 4D 4F 49 43 41 A5",
    "3BD8960081 B1FE451F07 43 48 54 47 50 4B 49 4A DD",
    "3B8B80010031C164084021300090 0057",
]
NHI = "3BEE00008131FE4580318066409093060F17830F9000F3"


@pytest.mark.parametrize("text", GPKI)
def test_cards_of_the_government_are_certificate_cards(text: str) -> None:
    kind = recognise_atr(bytes.fromhex(text))
    assert kind is not None
    assert (kind.key, kind.certificate) == ("gpki", True)


def test_health_insurance_card_is_none() -> None:
    kind = recognise_atr(bytes.fromhex(NHI))
    assert kind is not None
    assert (kind.key, kind.zh, kind.certificate) == ("nhi", "健保卡", False)


@pytest.mark.parametrize(
    "text",
    ["", "3B", "3B00", NHI + "00", NHI[:-2], "3B04348544D4F4943410", "3BFD1300008131FE158073C021C057597562694B657940"],
)
def test_other_cards_are_unknown(text: str) -> None:
    assert recognise_atr(bytes.fromhex(text)) is None


def test_answer_that_is_too_long_is_unknown() -> None:
    assert recognise_atr(b"CHTMOICA".rjust(MAX_ATR, b"\0")) is not None
    assert recognise_atr(b"CHTMOICA".rjust(MAX_ATR + 1, b"\0")) is None


@given(st.binary(max_size=40))
def test_any_answer_has_a_kind_or_none(answer: bytes) -> None:
    assert recognise_atr(answer) in (None, *kinds())


@pytest.mark.parametrize("text", ["", "3B8", "3b80", "3B(80)+", "."])
def test_pattern_that_is_not_in_pairs_of_hexadecimal_digits_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="ATR"):
        atr._pattern(text)


def test_any_byte_and_any_number_of_bytes() -> None:
    pattern = atr._pattern("3B .. 00 *")
    assert pattern.fullmatch("3BFF00")
    assert pattern.fullmatch("3BFF001234")
    assert not pattern.fullmatch("3BFF00123")
    assert not pattern.fullmatch("3B00")
