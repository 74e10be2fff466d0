"""The form of a PIN."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.card.pin import check_pin, half_width, only_allowed, wipe
from agent.failures import Code, FailureError
from agent.settings import PinForm

PRINTABLE = string.ascii_letters + string.digits + string.punctuation


def malformed(text: str, form: PinForm = "digits") -> bool:
    """Whether a text is no PIN."""
    try:
        check_pin(text, form)
    except FailureError as error:
        return error.code is Code.PIN_MALFORMED
    return False


@pytest.mark.parametrize("pin", ["123456", "1234567", "12345678", "000000"])
def test_six_to_eight_digits_are_a_pin(pin: str) -> None:
    assert check_pin(pin) == pin.encode()
    assert check_pin(pin, "printable") == pin.encode()


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


@given(st.text(max_size=12) | st.text(alphabet=PRINTABLE, max_size=12))
def test_printable_pin_has_six_to_eight_visible_ascii_characters(text: str) -> None:
    assert malformed(text, "printable") is not (6 <= len(text) <= 8 and all(c in PRINTABLE for c in text))


@pytest.mark.parametrize("text", ["abc12345", "A!b@C#", "~~~~~~", '"quote"', "%0A%0A%", "\\\\\\\\\\\\"])
def test_letters_and_signs_are_a_pin_where_the_switch_is_set_only(text: str) -> None:
    assert check_pin(text, "printable") == text.encode()
    assert malformed(text, "digits")


@pytest.mark.parametrize(
    "text", ["12345 ", "abc def", "12345\t", "12345\x7f", "pässword", "王小明王小明", "１２３４５６"]
)
def test_blanks_controls_and_other_alphabets_are_never_part_of_a_pin(text: str) -> None:
    assert malformed(text, "printable")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("１２３４５６", "123456"), ("Ａｂ１！～＠", "Ab1!~@"), ("123456", "123456"), ("１2３", "123"), ("", "")],
)
def test_full_width_characters_become_ordinary_ones(typed: str, meant: str) -> None:
    assert half_width(typed) == meant


def test_every_full_width_character_has_its_own_and_nothing_else_changes() -> None:
    full = "".join(chr(ord(character) + 0xFEE0) for character in PRINTABLE)
    assert half_width(full) == PRINTABLE
    others = "٣²①㊀一　 \n\u202e"
    assert half_width(others) == others


@pytest.mark.parametrize(("text", "form", "yes"), [("1", "digits", True), ("a", "digits", False),
                                                   ("a", "printable", True), (" ", "printable", False),
                                                   ("", "digits", True)])  # fmt: skip
def test_what_may_be_typed(text: str, form: PinForm, yes: bool) -> None:
    assert only_allowed(text, form) is yes


def test_pin_in_a_buffer_is_not_copied_and_a_malformed_one_is_wiped() -> None:
    typed = bytearray(b"123456")
    assert check_pin(typed) is typed
    wipe(typed)
    assert typed == bytes(6)
    short = bytearray(b"12345")
    with pytest.raises(FailureError):
        check_pin(short)
    assert short == bytes(5)
