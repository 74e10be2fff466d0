"""From return codes, in all their spellings, to failures."""

import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pkcs11 import exceptions

from pkcs11_shims.errors import CardError, Fault
from pkcs11_shims.returncodes import card_error, tries_of_status

CLASSES = [
    item for _, item in inspect.getmembers(exceptions, inspect.isclass) if issubclass(item, exceptions.PKCS11Error)
]
# PKCS#11 v2.40, section 5.1: what the codes about PIN and token say.
TOLD = {
    "PinIncorrect": (Fault.PIN_WRONG, None),
    "PinLocked": (Fault.PIN_LOCKED, 0),
    "PinLenRange": (Fault.PIN_MALFORMED, None),
    "PinInvalid": (Fault.PIN_MALFORMED, None),
    "TokenNotPresent": (Fault.CARD_REMOVED, None),
    "DeviceRemoved": (Fault.CARD_REMOVED, None),
    "SlotIDInvalid": (Fault.CARD_REMOVED, None),
}


def unmapped(spelling: str) -> CardError:
    """The failure behind a return code that python-pkcs11 does not know."""
    return card_error(exceptions.PKCS11Error(f"Unmapped error code {spelling}"))


def test_python_pkcs11_has_its_many_classes() -> None:
    assert len(CLASSES) > 60
    assert set(TOLD) <= {item.__name__ for item in CLASSES}


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_exception_of_python_pkcs11_has_its_fault(kind: type[exceptions.PKCS11Error]) -> None:
    error = card_error(kind())
    assert (error.fault, error.tries_left) == TOLD.get(kind.__name__, (Fault.CARD_ERROR, None))
    assert error.detail == kind.__name__


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_text_of_an_exception_does_not_come_through(kind: type[exceptions.PKCS11Error]) -> None:
    error = card_error(kind("PIN 123456"))
    assert "123456" not in f"{error} {error.detail}"


@pytest.mark.parametrize("tries", [1, 2, 15])
@pytest.mark.parametrize(
    "form", ["hex", "HEX", "sign-extended", "negative decimal", "decimal", "decimal 64 bit", "negative hex"]
)
def test_vendor_code_of_hicos_tells_the_tries_left_in_every_spelling(tries: int, form: str) -> None:
    code = 0x80000000 + tries
    spelling = {
        "hex": f"0x{code:x}",
        "HEX": f"0X{code:X}",
        "sign-extended": f"0x{0xFFFFFFFF00000000 | code:x}",
        "negative decimal": str(code - 2**32),
        "decimal": str(code),
        "decimal 64 bit": str(0xFFFFFFFF00000000 | code),
        "negative hex": hex(code - 2**32),
    }[form]
    error = unmapped(spelling)
    assert (error.fault, error.tries_left, error.detail) == (Fault.PIN_WRONG, tries, f"0x{code:08X}")


@pytest.mark.parametrize("code", [0x80000000, 0x80000010, 0x80000100, 0x8000FFFF, 0xFFFFFFFF, 0x1, 0x7FFFFFFF, 0x150])
def test_other_unmapped_code_is_a_card_error_with_its_number(code: int) -> None:
    error = unmapped(hex(code))
    assert (error.fault, error.tries_left, error.detail) == (Fault.CARD_ERROR, None, f"0x{code:08X}")


@pytest.mark.parametrize(
    "text", ["", "Unmapped error code", "Unmapped error code zz", "OS exception while loading /x: y"]
)
def test_text_without_a_number_is_a_card_error(text: str) -> None:
    error = card_error(exceptions.PKCS11Error(text))
    assert (error.fault, error.detail) == (Fault.CARD_ERROR, "PKCS11Error")


def test_number_in_the_text_of_another_exception_does_not_count() -> None:
    assert card_error(exceptions.GeneralError("Unmapped error code 0x80000001")).fault is Fault.CARD_ERROR


def test_subclass_of_a_known_exception_is_known() -> None:
    class Special(exceptions.PinLocked):
        """A later version's finer class."""

    assert card_error(Special()).fault is Fault.PIN_LOCKED


@given(st.text(max_size=60))
def test_any_text_has_a_fault(text: str) -> None:
    error = card_error(exceptions.PKCS11Error(text))
    assert error.fault in (Fault.CARD_ERROR, Fault.PIN_WRONG)


@given(st.integers(-(2**70), 2**70), st.booleans())
def test_any_number_is_a_wrong_pin_only_in_the_vendors_range(number: int, hexadecimal: bool) -> None:
    error = unmapped(hex(number) if hexadecimal else str(number))
    low = number & 0xFFFFFFFF
    if 0x80000001 <= low <= 0x8000000F:
        assert (error.fault, error.tries_left) == (Fault.PIN_WRONG, low - 0x80000000)
    else:
        assert (error.fault, error.tries_left) == (Fault.CARD_ERROR, None)


@pytest.mark.parametrize(
    ("status", "tries"),
    [
        (0x63C0, 0), (0x63C1, 1), (0x63C3, 3), (0x63CF, 15), (0x6983, 0), (0x9000, None), (0x6300, None), (0x6982,
        None),
        (0x6A82, None), (0x0000, None), (0xFFFF, None),
    ],
)  # fmt: skip
def test_tries_in_a_status_word(status: int, tries: int | None) -> None:
    assert tries_of_status(status) == tries


@given(st.integers(0, 0xFFFF))
def test_any_status_word_tells_at_most_fifteen_tries(status: int) -> None:
    tries = tries_of_status(status)
    assert tries is None or (0 <= tries <= 15 and status >> 8 in (0x63, 0x69))
