"""The list of readers, hidden in a picture, comes out again in both ways in which pages read it."""

import base64
import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.card.old_asks import ListedReader, ListedToken, Listing
from agent.web.hipki.answers import failed, listed, masked, unsupported
from agent.web.hipki.bitmap import ROOM, bitmap, short
from agent.web.hipki.codes import Major, OldError

# The header of a picture of 2000 pixels of 24 bits in one row, as a program for pictures writes it.
HEADER = "Qk2mFwAAAAAAADYAAAAoAAAA0AcAAAEAAAABABgAAAAAAHAXAAAAAAAAAAAAAAAAAAAAAAAA"
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=64)
tokens = st.builds(ListedToken, texts, texts, texts, texts, st.just(6), st.just(8), st.just(1037))
readers = st.builds(ListedReader, st.integers(0, 99), texts, texts, st.just(7), st.none() | tokens)
listings = st.builds(Listing, st.lists(readers, max_size=12).map(tuple), texts, texts)


def canvas_reading(picture: bytes) -> str:
    """As pages read a canvas: three characters a pixel, until one whose blue is nothing (hipki.md, 1.6)."""
    (offset,) = struct.unpack_from("<I", picture, 10)
    text = ""
    for pixel in range(2000):
        blue, green, red = picture[offset + 3 * pixel : offset + 3 * pixel + 3]
        if not blue:
            break
        text += chr(blue) + chr(green) + chr(red)
    return text


def text_reading(picture: bytes) -> str:
    """As old browsers read it: the file as text, the characters 54 to 1999 until the first zero (hipki.md, 1.6)."""
    text = picture.decode("utf-8", "replace")[54:2000]
    assert "\0" in text
    return text.partition("\0")[0]


def listing_of(count: int, name: str = "Castles EZ100PU {}") -> Listing:
    """Readers, each with a card."""
    token = ListedToken("HiCOS PKI Smart Card", "Chunghwa TeleCom Co., Ltd.", "T7S", "TP00000000000001", 6, 8, 1037)
    slots = tuple(ListedReader(number, name.format(number), "Maker", 7, token) for number in range(count))
    return Listing(slots, "Maker", "Module", (2, 4), (1, 0))


def test_picture_has_the_size_and_header_that_pages_know() -> None:
    picture = bitmap(masked([True]))
    assert len(picture) == 6054
    assert picture[:54] == base64.b64decode(HEADER)
    kind, size, offset = struct.unpack_from("<2sI4xI", picture)
    assert (kind, size, offset) == (b"BM", 6054, 54)
    info, width, height, planes, bits, compression, data = struct.unpack_from("<IiiHHII", picture, 14)
    assert (info, width, height, planes, bits, compression, data) == (40, 2000, 1, 1, 24, 0, 6000)
    assert picture[38:54] == bytes(16)


@pytest.mark.parametrize(
    "text", [masked([]), masked([True, False]), masked([True] * 5), failed("pkcs11info", OldError(Major.NO_ANSWER))]
)
@pytest.mark.parametrize("blanks", [0, 1, 2])
def test_both_ways_of_reading_find_the_text(text: str, blanks: int) -> None:
    # A reader name of another length moves the end against the pixels.
    text = text.replace('"libraryDescription":""', f'"libraryDescription":"{"x" * blanks}"')
    picture = bitmap(text)
    assert json.loads(canvas_reading(picture)) == json.loads(text_reading(picture)) == json.loads(text)


def test_padding_is_up_to_a_whole_pixel_and_of_blanks() -> None:
    lengths = set()
    for extra in range(3):
        data = bitmap(json.dumps({"a": "x" * extra}))[54:]
        end = data.index(0)
        lengths.add(end - len(data[:end].rstrip(b" ")))
        assert end % 3 == 0
        assert not any(data[end:])
    assert lengths == {0, 1, 2}


@given(listings)
def test_any_listing_is_read_in_both_ways(listing: Listing) -> None:
    text = listed(listing, certificates=False)
    picture = bitmap(text)
    assert len(picture) == 6054
    assert picture[54:].isascii()
    found = json.loads(canvas_reading(picture))
    assert found == json.loads(text_reading(picture)) == json.loads(short(text))
    slots = json.loads(text)["slots"]
    assert found["slots"] == slots[: len(found["slots"])]
    # What comes back is whole, or there is no room for one reader more.
    more = json.dumps(found | {"slots": slots[: len(found["slots"]) + 1]}, separators=(",", ":"))
    assert found["slots"] == slots or len(more) > ROOM


@pytest.mark.parametrize("count", [1, 2, 6, 7, 20, 200])
def test_readers_are_left_out_from_the_end(count: int) -> None:
    found = json.loads(text_reading(bitmap(listed(listing_of(count), certificates=False))))
    assert [slot["slotID"] for slot in found["slots"]] == list(range(len(found["slots"])))
    assert len(found["slots"]) == count if count < 5 else len(found["slots"]) >= 5
    assert found["serverVersion"] == "1.3.8"


def test_reader_without_room_is_left_out() -> None:
    found = json.loads(canvas_reading(bitmap(listed(listing_of(1, "名" * 400), certificates=False))))
    assert (found["ret_code"], found["slots"]) == (0, [])


def test_driver_that_says_too_much_costs_no_reader() -> None:
    listing = Listing(listing_of(1).readers, "名" * 200, "名" * 200)
    found = json.loads(text_reading(bitmap(listed(listing, certificates=False))))
    assert (found["func"], found["ret_code"], found["serverVersion"]) == ("pkcs11info", 0, "1.3.8")
    assert [slot["slotDescription"] for slot in found["slots"]] == ["Castles EZ100PU 0"]


def test_text_is_used_to_the_last_character_that_has_room() -> None:
    def text(length: int) -> str:
        return json.dumps(
            {"libraryDescription": "x" * (length - len('{"libraryDescription":""}'))}, separators=(",", ":")
        )

    assert ROOM < 1946
    assert text_reading(bitmap(text(ROOM))) == canvas_reading(bitmap(text(ROOM))) == text(ROOM)
    assert "x" not in text_reading(bitmap(text(ROOM + 1)))


def test_answer_of_another_kind_is_a_picture_too() -> None:
    assert json.loads(text_reading(bitmap(unsupported("x"))))["message"] == "不支援的方法"


def test_short_of_what_has_room_is_the_same_in_ascii() -> None:
    text = listed(listing_of(1, "讀卡機 🙂"), certificates=False)
    assert json.loads(short(text)) == json.loads(text)
    assert short(text).isascii()
