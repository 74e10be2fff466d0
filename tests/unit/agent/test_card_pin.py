"""The form of a PIN."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.card.pin import check_pin, may_become_pin
from agent.failures import Code, FailureError


def malformed(text: str) -> bool:
    """Whether a text is no PIN."""
    try:
        check_pin(text)
    except FailureError as error:
        return error.code is Code.PIN_MALFORMED
    return False


@pytest.mark.parametrize("pin", ["123456", "1234567", "12345678", "000000"])
def test_six_to_eight_digits_are_a_pin(pin: str) -> None:
    assert check_pin(pin) == pin


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12345",
        "123456789",
        "12345a",
        " 123456",
        "123456 ",
        "123456\n",
        "１２３４５６",
        "٣٤٥٦٧٨",
        "²²²²²²",
        "-12345",
        "1_3456",
        "12345\0",
    ],
)
def test_anything_else_is_malformed(text: str) -> None:
    assert malformed(text)


@given(st.text(max_size=12))
def test_any_text_is_a_pin_exactly_when_it_has_six_to_eight_ascii_digits(text: str) -> None:
    assert malformed(text) is not (6 <= len(text) <= 8 and all(c in "0123456789" for c in text))


@given(st.text(max_size=10))
def test_beginning_of_a_pin_may_be_typed(text: str) -> None:
    if not malformed(text):
        assert all(may_become_pin(text[:end]) for end in range(len(text) + 1))


@pytest.mark.parametrize("text", ["a", "123456789", "１", " ", "1\t"])
def test_what_can_become_no_pin_cannot_be_typed(text: str) -> None:
    assert not may_become_pin(text)
