"""Frames between daemon and card host: round trips, and nothing but FrameError for anything else."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.card.frames import HEADER, MAX_FRAME, FrameError, HostAnswer, HostOrder, Token, body_length, decode, encode
from agent.card.old_asks import CmsAsk, OldAsk, Signed

# Text as it can come out of JSON: no lone surrogates.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
tokens = st.builds(Token, texts, texts, texts, texts, texts)
orders = st.builds(HostOrder, texts, texts, texts, pss=st.booleans())
signatures = st.builds(Signed, st.binary(), st.binary(), texts)
answers = st.builds(
    HostAnswer, token=st.none() | tokens, signed=st.none() | signatures, plain=st.none() | st.binary(),
    code=st.none() | texts, tries_left=st.none() | st.integers(0, 15),
)  # fmt: skip


@given(orders)
def test_order_comes_through_unchanged(order: HostOrder) -> None:
    frame = encode(order)
    assert body_length(frame[:4]) == len(frame) - 4
    assert decode(frame[4:], HostOrder) == order


@given(answers)
def test_answer_comes_through_unchanged(answer: HostAnswer) -> None:
    assert decode(encode(answer)[4:], HostAnswer) == answer


@pytest.mark.parametrize("length", [1, 2, MAX_FRAME])
def test_length_within_the_limit_is_taken(length: int) -> None:
    assert body_length(HEADER.pack(length)) == length


@pytest.mark.parametrize("length", [0, MAX_FRAME + 1, 2**31, 2**32 - 1])
def test_length_out_of_range_is_refused_before_anything_is_read(length: int) -> None:
    with pytest.raises(FrameError):
        body_length(HEADER.pack(length))


@given(st.binary(max_size=8))
def test_any_header_is_a_length_in_range_or_a_frame_error(header: bytes) -> None:
    try:
        assert 0 < body_length(header) <= MAX_FRAME
    except FrameError:
        assert len(header) != 4 or not 0 < int.from_bytes(header) <= MAX_FRAME


@given(st.binary(max_size=200).filter(lambda body: not _text(body).startswith("{")))
def test_any_bytes_that_are_no_object_are_a_frame_error(body: bytes) -> None:
    with pytest.raises(FrameError):
        decode(body, HostAnswer)


@given(st.recursive(st.none() | st.booleans() | st.integers() | texts, lambda inner: st.dictionaries(texts, inner)))
def test_any_json_of_another_shape_is_a_frame_error(value: object) -> None:
    with pytest.raises(FrameError):
        decode(msgspec.json.encode(value), HostOrder)


@pytest.mark.parametrize(
    "body",
    [
        b'{"origin":"a","challenge":"b"}', b'{"origin":"a","challenge":"b","language":1}',
        b'{"origin":"a","challenge":"b","language":"c","pin":"123456"}',
        b'{"origin":null,"challenge":"b","language":"c"}',
        b'{"origin":"a","challenge":"b","language":"c","drivers":"opensc"}',
        b'{"origin":"a","challenge":"b","language":"c"}x',
        b'{"origin":"a","challenge":"b","language":"c","drivers":[1]}', b"{" * 5000, b"[" * 60000,
    ],
)  # fmt: skip
def test_order_with_missing_unknown_or_odd_fields_is_a_frame_error(body: bytes) -> None:
    with pytest.raises(FrameError):
        decode(body, HostOrder)


def test_frame_error_does_not_repeat_what_was_sent() -> None:
    with pytest.raises(FrameError) as caught:
        decode(b'{"token": "123456"}', HostAnswer)
    assert "123456" not in str(caught.value)


def test_token_is_written_with_the_names_of_web_eid() -> None:
    text = msgspec.json.encode(Token("a", "b", "c", "d", "e"))
    assert msgspec.json.decode(text) == {
        "unverifiedCertificate": "a", "algorithm": "b", "signature": "c", "format": "d", "appVersion": "e",
    }  # fmt: skip


def _text(body: bytes) -> str:
    return body.decode("latin-1").lstrip(" \t\r\n")


def test_order_tells_nobody_what_a_page_has_sent() -> None:
    order = HostOrder("https://portal.example", "", "en", old=OldAsk(CmsAsk(b"content"), pin="123456"))
    assert "123456" not in repr(order)
    assert "content" not in repr(order)
