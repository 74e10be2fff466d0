"""What a page sends back as the name of a reader."""

import pytest

from agent.web.hipki.slots import masked_name, reader_of

NAMES = ("Castles EZ100PU 00 00", "Generic USB2.0-CRW 01 00", "讀卡機")


@pytest.mark.parametrize("name", NAMES)
def test_name_of_its_own_is_that_reader(name: str) -> None:
    assert reader_of(name, NAMES) == name


@pytest.mark.parametrize("number", [1, 2, 3])
def test_masked_name_is_the_reader_of_that_number(number: int) -> None:
    assert reader_of(masked_name(number), NAMES) == NAMES[number - 1]


def test_own_name_wins_over_a_masked_one() -> None:
    assert reader_of("Reader 1", ("A", "Reader 1")) == "Reader 1"


@pytest.mark.parametrize(
    "text",
    ["", "Reader 0", "Reader 4", "Reader -1", "Reader 01", "Reader 1 ", "reader 1", "Reader １", "Reader 9999", "x"],
)
def test_other_text_is_no_reader(text: str) -> None:
    assert reader_of(text, NAMES) == text


def test_no_reader_has_no_name() -> None:
    assert reader_of("Reader 1", ()) == "Reader 1"
