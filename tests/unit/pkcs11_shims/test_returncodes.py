"""From return codes, in all their spellings, to failures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkcs11_shims.errors import CardError, Fault
from pkcs11_shims.returncodes import ReturnCodeError, card_error, tries_of_status

# Every return code of PKCS#11 v2.40, section 5.1 (and 3.0's two about cancelling).
CODES = {
    "CANCEL": 0x1, "HOST_MEMORY": 0x2, "SLOT_ID_INVALID": 0x3, "GENERAL_ERROR": 0x5, "FUNCTION_FAILED": 0x6,
    "ARGUMENTS_BAD": 0x7, "NO_EVENT": 0x8, "NEED_TO_CREATE_THREADS": 0x9, "CANT_LOCK": 0xA,
    "ATTRIBUTE_READ_ONLY": 0x10, "ATTRIBUTE_SENSITIVE": 0x11, "ATTRIBUTE_TYPE_INVALID": 0x12,
    "ATTRIBUTE_VALUE_INVALID": 0x13, "ACTION_PROHIBITED": 0x1B, "DATA_INVALID": 0x20, "DATA_LEN_RANGE": 0x21,
    "DEVICE_ERROR": 0x30, "DEVICE_MEMORY": 0x31, "DEVICE_REMOVED": 0x32, "ENCRYPTED_DATA_INVALID": 0x40,
    "ENCRYPTED_DATA_LEN_RANGE": 0x41, "FUNCTION_CANCELED": 0x50, "FUNCTION_NOT_PARALLEL": 0x51,
    "FUNCTION_NOT_SUPPORTED": 0x54, "KEY_HANDLE_INVALID": 0x60, "KEY_SIZE_RANGE": 0x62, "KEY_TYPE_INCONSISTENT": 0x63,
    "KEY_NOT_NEEDED": 0x64, "KEY_CHANGED": 0x65, "KEY_NEEDED": 0x66, "KEY_INDIGESTIBLE": 0x67,
    "KEY_FUNCTION_NOT_PERMITTED": 0x68, "KEY_NOT_WRAPPABLE": 0x69, "KEY_UNEXTRACTABLE": 0x6A,
    "MECHANISM_INVALID": 0x70, "MECHANISM_PARAM_INVALID": 0x71, "OBJECT_HANDLE_INVALID": 0x82,
    "OPERATION_ACTIVE": 0x90, "OPERATION_NOT_INITIALIZED": 0x91, "PIN_INCORRECT": 0xA0, "PIN_INVALID": 0xA1,
    "PIN_LEN_RANGE": 0xA2, "PIN_EXPIRED": 0xA3, "PIN_LOCKED": 0xA4, "SESSION_CLOSED": 0xB0, "SESSION_COUNT": 0xB1,
    "SESSION_HANDLE_INVALID": 0xB3, "SESSION_PARALLEL_NOT_SUPPORTED": 0xB4, "SESSION_READ_ONLY": 0xB5,
    "SESSION_EXISTS": 0xB6, "SESSION_READ_ONLY_EXISTS": 0xB7, "SESSION_READ_WRITE_SO_EXISTS": 0xB8,
    "SIGNATURE_INVALID": 0xC0, "SIGNATURE_LEN_RANGE": 0xC1, "TEMPLATE_INCOMPLETE": 0xD0,
    "TEMPLATE_INCONSISTENT": 0xD1, "TOKEN_NOT_PRESENT": 0xE0, "TOKEN_NOT_RECOGNIZED": 0xE1,
    "TOKEN_WRITE_PROTECTED": 0xE2, "UNWRAPPING_KEY_HANDLE_INVALID": 0xF0, "UNWRAPPING_KEY_SIZE_RANGE": 0xF1,
    "UNWRAPPING_KEY_TYPE_INCONSISTENT": 0xF2, "USER_ALREADY_LOGGED_IN": 0x100, "USER_NOT_LOGGED_IN": 0x101,
    "USER_PIN_NOT_INITIALIZED": 0x102, "USER_TYPE_INVALID": 0x103, "USER_ANOTHER_ALREADY_LOGGED_IN": 0x104,
    "USER_TOO_MANY_TYPES": 0x105, "WRAPPED_KEY_INVALID": 0x110, "WRAPPED_KEY_LEN_RANGE": 0x112,
    "WRAPPING_KEY_HANDLE_INVALID": 0x113, "WRAPPING_KEY_SIZE_RANGE": 0x114, "WRAPPING_KEY_TYPE_INCONSISTENT": 0x115,
    "RANDOM_SEED_NOT_SUPPORTED": 0x120, "RANDOM_NO_RNG": 0x121, "DOMAIN_PARAMS_INVALID": 0x130,
    "CURVE_NOT_SUPPORTED": 0x140, "BUFFER_TOO_SMALL": 0x150, "SAVED_STATE_INVALID": 0x160,
    "INFORMATION_SENSITIVE": 0x170, "STATE_UNSAVEABLE": 0x180, "CRYPTOKI_NOT_INITIALIZED": 0x190,
    "CRYPTOKI_ALREADY_INITIALIZED": 0x191, "MUTEX_BAD": 0x1A0, "MUTEX_NOT_LOCKED": 0x1A1, "NEW_PIN_MODE": 0x1B0,
    "NEXT_OTP": 0x1B1, "EXCEEDED_MAX_ITERATIONS": 0x1B5, "FIPS_SELF_TEST_FAILED": 0x1B6, "LIBRARY_LOAD_FAILED": 0x1B7,
    "PIN_TOO_WEAK": 0x1B8, "PUBLIC_KEY_INVALID": 0x1B9, "FUNCTION_REJECTED": 0x200, "TOKEN_RESOURCE_EXCEEDED": 0x201,
    "OPERATION_CANCEL_FAILED": 0x202, "VENDOR_DEFINED": 0x80000000,
}  # fmt: skip
TOLD = {
    "PIN_INCORRECT": (Fault.PIN_WRONG, None),
    "PIN_LOCKED": (Fault.PIN_LOCKED, 0),
    "PIN_LEN_RANGE": (Fault.PIN_MALFORMED, None),
    "PIN_INVALID": (Fault.PIN_MALFORMED, None),
    "PIN_EXPIRED": (Fault.CARD_NOT_ACTIVATED, None),
    "USER_PIN_NOT_INITIALIZED": (Fault.CARD_NOT_ACTIVATED, None),
    "FUNCTION_CANCELED": (Fault.USER_CANCELLED, None),
    "FUNCTION_REJECTED": (Fault.USER_CANCELLED, None),
    "TOKEN_NOT_PRESENT": (Fault.CARD_REMOVED, None),
    "DEVICE_REMOVED": (Fault.CARD_REMOVED, None),
    "SLOT_ID_INVALID": (Fault.CARD_REMOVED, None),
    "TOKEN_NOT_RECOGNIZED": (Fault.CARD_UNSUPPORTED, None),
}


def failure(code: int) -> CardError:
    """The failure behind a number that a function returned."""
    return card_error(ReturnCodeError(code))


@pytest.mark.parametrize("name", CODES)
def test_every_return_code_of_the_standard_has_its_fault(name: str) -> None:
    error = failure(CODES[name])
    assert (error.fault, error.tries_left) == TOLD.get(name, (Fault.CARD_ERROR, None))
    assert error.detail == f"0x{CODES[name]:08X}"


@pytest.mark.parametrize("tries", [1, 2, 15])
@pytest.mark.parametrize(
    "vendor",
    [0x80000000, 0xFFFFFFFF80000000, 0x80000000 - 2**32, 0x8000000000000000, -(2**63)],
    ids=["32 bit", "sign-extended", "negative", "highest of 64 bits", "negative 64 bit"],
)
def test_vendor_code_of_hicos_tells_the_tries_left_in_every_spelling(tries: int, vendor: int) -> None:
    error = failure(vendor + tries)
    assert (error.fault, error.tries_left, error.detail) == (Fault.PIN_WRONG, tries, f"0x{0x80000000 + tries:08X}")


@pytest.mark.parametrize("code", [0x80000000, 0x80000010, 0x80000100, 0x8000FFFF, 0xFFFFFFFF, 0x7FFFFFFF, 0xBEEF])
def test_other_unknown_code_is_a_card_error_with_its_number(code: int) -> None:
    error = failure(code)
    assert (error.fault, error.tries_left, error.detail) == (Fault.CARD_ERROR, None, f"0x{code:08X}")


@given(st.integers(-(2**63), 2**64 - 1) | st.integers(2**31, 2**31 + 20) | st.integers(2**63, 2**63 + 20))
def test_any_number_is_a_wrong_pin_only_in_the_vendors_range(number: int) -> None:
    error, low = failure(number), number & 0xFFFFFFFF
    if number >> 32 & 0xFFFFFFFF == 0x80000000:
        low |= 0x80000000
    if 0x80000001 <= low <= 0x8000000F:
        assert (error.fault, error.tries_left) == (Fault.PIN_WRONG, low - 0x80000000)
    else:
        known = [TOLD[name] for name in TOLD if CODES[name] == low]
        assert (error.fault, error.tries_left) == (known or [(Fault.CARD_ERROR, None)])[0]


@pytest.mark.parametrize(
    ("status", "tries"),
    [
        (0x63C0, 0), (0x63C1, 1), (0x63C3, 3), (0x63CF, 15), (0x6983, 0), (0x9000, None), (0x6300, None),
        (0x6982, None), (0x6A82, None), (0x0000, None), (0xFFFF, None),
    ],
)  # fmt: skip
def test_tries_in_a_status_word(status: int, tries: int | None) -> None:
    assert tries_of_status(status) == tries


@given(st.integers(0, 0xFFFF))
def test_any_status_word_tells_at_most_fifteen_tries(status: int) -> None:
    tries = tries_of_status(status)
    assert tries is None or (0 <= tries <= 15 and status >> 8 in (0x63, 0x69))
