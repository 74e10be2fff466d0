"""Bytes that claim to be an answer of the old component: whatever they are, they are refused, quickly."""

import base64
import time
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardlogin_server import CardLoginError, Purpose
from cardlogin_server import failures as f
from cardlogin_server.answers.cms_decoding import LARGEST, CmsMalformed, read_signed_content
from cardlogin_server.certificates.der_shape import NotDer, require_der
from tests.unit.cardlogin_server.answers.cms_building import Answer
from tests.unit.cardlogin_server.pki import der, issue
from tests.unit.cardlogin_server.site import SESSION, Site

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


@cache
def site() -> Site:
    """One portal for all examples: each takes a challenge of its own."""
    return Site()


@cache
def good() -> bytes:
    """A good answer to a challenge that is never used."""
    return Answer(card=issue(), challenge=site().issue()).der()


def refused(text: str, challenge: str = "x") -> str:
    with pytest.raises(CardLoginError) as caught:
        site().old_component().verify_pkcs7(text, challenge=challenge, session_id=SESSION, purpose=Purpose.LOGIN)
    return caught.value.code


def nested(depth: int, inner: bytes = b"") -> bytes:
    for _ in range(depth):
        inner = der(0x30, inner)
    return inner


BOMBS = {
    "indefinite_length": b"\x30\x80" + good() + b"\0\0",
    "indefinite_lengths_nested_six_thousand_deep": b"\x30\x80" * 6_000,
    "indefinite_octet_string_in_pieces": b"\x24\x80" + b"\x04\x01A" * 2_000 + b"\0\0",
    "definite_lengths_nested_three_thousand_deep": nested(3_000),
    "a_thousand_elements_and_more": der(0x30, b"\x05\0" * 1_001),
    "length_of_four_gigabytes": b"\x30\x84\xff\xff\xff\xff",
    "length_of_126_bytes": b"\x30\xfe" + b"\xff" * 126,
    "length_not_as_short_as_can_be": b"\x30\x82\x00\x02\x05\x00",
    "length_with_leading_zero": b"\x30\x81\x02\x05\x00",
    "long_tag": b"\x3f" + b"\xff" * 100,
    "cut_off": good()[:-1],
    "trailing_byte": good() + b"\0",
    "two_answers": good() * 2,
    "empty": b"",
    "one_byte": b"\x30",
}


@pytest.mark.parametrize("name", BOMBS)
def test_bomb(name: str) -> None:
    begun = time.thread_time()
    with pytest.raises(CmsMalformed):
        read_signed_content(BOMBS[name])
    assert time.thread_time() - begun < 0.1
    assert refused(base64.b64encode(BOMBS[name]).decode()) == "token_malformed"


@pytest.mark.parametrize("size", [LARGEST + 1, 50_000_000])
def test_huge(size: int) -> None:
    begun = time.thread_time()
    assert refused("A" * size) == "token_malformed"
    with pytest.raises(CmsMalformed):
        read_signed_content(bytes(size))
    assert time.thread_time() - begun < 0.5


def test_content_as_large_as_fits_is_still_only_compared() -> None:
    challenge = site().issue()
    answer = Answer(card=issue(), challenge=challenge, content=bytes(8_000))
    assert refused(answer.text, challenge) == "signature_invalid"


@pytest.mark.parametrize(
    "data",
    [b"\x05\0", der(0x30), nested(16), good(), der(0x04, bytes(300))],
    ids=["null", "empty", "nested", "signed", "long"],
)
def test_der_is_der(data: bytes) -> None:
    require_der(data)


@pytest.mark.parametrize("data", [nested(17), b"\x05\0\x05\0", b"\x30\x03\x05\0", b"\x30\x03\x04\x05\x00", b"\x05"])
def test_what_is_not_der(data: bytes) -> None:
    with pytest.raises(NotDer):
        require_der(data)


@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    with pytest.raises(CmsMalformed):
        read_signed_content(data)


@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    assert refused(text) == "token_malformed"


@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=12))
def test_any_change_of_an_answer(place: int, change: bytes) -> None:
    place %= len(good())
    bad = good()[:place] + change + good()[place + len(change) :]
    if bad == good():
        return
    challenge = site().issue()
    try:
        read = read_signed_content(bad)
    except CmsMalformed:
        assert refused(base64.b64encode(bad).decode(), challenge) == "token_malformed"
    else:
        assert read.hash_name
        refused(base64.b64encode(bad).decode(), challenge)


@given(st.integers(0, 63), st.sampled_from([b"", b"\0", b"\x30\0", b"\xa0\0", b"\x05\0", b"\x31\0", b"\x02\1\1"]))
def test_any_element_replaced(number: int, other: bytes) -> None:
    """Each element in turn is replaced by another one, lengths put right, which reaches behind the first checks."""
    bad = _replaced(good(), [number], other)
    if bad == good():
        return
    challenge = site().issue()
    refused(base64.b64encode(bad).decode(), challenge)


def _replaced(data: bytes, countdown: list[int], other: bytes) -> bytes:
    made = bytearray()
    position = 0
    while position < len(data):
        start, end = _bounds(data, position)
        countdown[0] -= 1
        if countdown[0] == -1:
            made += other
        elif data[position] & 0x20:
            made += der(data[position], _replaced(data[start:end], countdown, other))
        else:
            made += data[position:end]
        position = end
    return bytes(made)


def _bounds(data: bytes, position: int) -> tuple[int, int]:
    length, start = data[position + 1], position + 2
    if length >= 0x80:
        width = length - 0x80
        length, start = int.from_bytes(data[start : start + width]), start + width
    return start, start + length


def test_site_still_works_after_all_of_it() -> None:
    challenge = site().issue()
    made = Answer(card=issue(), challenge=challenge)
    found = (
        site().old_component().verify_pkcs7(made.text, challenge=challenge, session_id=SESSION, purpose=Purpose.LOGIN)
    )
    assert found.identity.holder_name == "王小明"
    with pytest.raises(f.ChallengeUsed):
        site().challenges.take(challenge, SESSION, Purpose.LOGIN)
