"""TLV structures: what is made can be read, and nothing malformed passes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardsim.tlv import TlvError, decode, encode


@pytest.mark.parametrize(
    ("size", "head"), [(0, "5300"), (127, "537f"), (128, "538180"), (255, "5381ff"), (256, "53820100")]
)
def test_length_has_its_shortest_form(size: int, head: str) -> None:
    assert encode(0x53, bytes(size)) == bytes.fromhex(head) + bytes(size)


def test_tags_of_one_and_two_bytes() -> None:
    assert encode(0x5F2F, b"\x40\x00").hex() == "5f2f024000"
    assert decode(bytes.fromhex("5f2f0240004f0101")) == {0x5F2F: b"\x40\x00", 0x4F: b"\x01"}


def test_a_value_too_long_is_refused() -> None:
    with pytest.raises(TlvError):
        encode(0x53, bytes(65536))


@pytest.mark.parametrize(
    "text",
    [
        "53",
        "5f",
        "5f81",
        "5f818101",
        "5302aa",
        "5380aa0000",
        "5383000001aa",
        "538101",
        "53820001",
        "530053",
        "53005300",
    ],
)
def test_malformed_structures_are_refused(text: str) -> None:
    with pytest.raises(TlvError):
        decode(bytes.fromhex(text))


@given(st.dictionaries(st.sampled_from([0x53, 0x7C, 0x81, 0x82, 0x5F2F, 0x7F49]), st.binary(max_size=400)))
def test_what_is_encoded_is_decoded(fields: dict[int, bytes]) -> None:
    assert decode(b"".join(encode(tag, value) for tag, value in fields.items())) == fields


@given(st.binary(max_size=64))
def test_random_bytes_decode_or_raise_the_one_error(data: bytes) -> None:
    try:
        fields = decode(data)
    except TlvError:
        return
    assert sum(len(value) + 2 for value in fields.values()) <= len(data)
