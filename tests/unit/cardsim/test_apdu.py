"""Commands are cut by the four short cases of ISO 7816-3, everything else is refused."""

import pytest

from cardsim.card.apdu import SW, Command, Refusal, parse


@pytest.mark.parametrize(
    ("raw", "command"),
    [
        ("00200080", Command(0, 0x20, 0, 0x80)),
        ("00c0000008", Command(0, 0xC0, 0, 0, le=8)),
        ("00c0000000", Command(0, 0xC0, 0, 0, le=256)),
        ("00a4040002aabb", Command(0, 0xA4, 4, 0, b"\xaa\xbb")),
        ("00a4040002aabb10", Command(0, 0xA4, 4, 0, b"\xaa\xbb", 16)),
        ("00a4040002aabb00", Command(0, 0xA4, 4, 0, b"\xaa\xbb", 256)),
    ],
)
def test_short_cases(raw: str, command: Command) -> None:
    assert parse(bytes.fromhex(raw)) == command


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "00",
        "0020",
        "002000",
        "00a4040002aa",
        "00a4040002aabb0000",
        "00a40400000002aabb",
        "00cb3fff000100",
        "00200080000000",
    ],
)
def test_other_lengths_are_refused(raw: str) -> None:
    with pytest.raises(Refusal) as refusal:
        parse(bytes.fromhex(raw))
    assert refusal.value.status == SW.WRONG_LENGTH


def test_parameters_are_one_number() -> None:
    assert parse(bytes.fromhex("00cb3fff")).parameters == 0x3FFF
