"""From PKCS#11 return codes to failures with tries left."""

from pkcs11_shims.errors import CardError, Fault

OK = 0x00000000
GENERAL_ERROR = 0x00000005
FUNCTION_FAILED = 0x00000006
ATTRIBUTE_SENSITIVE = 0x00000011
ATTRIBUTE_TYPE_INVALID = 0x00000012
FUNCTION_NOT_SUPPORTED = 0x00000054
BUFFER_TOO_SMALL = 0x00000150
ALREADY_INITIALIZED = 0x00000191

_VENDOR_DEFINED = 0x80000000
_MAX_TRIES = 15

# PKCS#11 v2.40, section 5.1. What is not listed is CARD_ERROR: the state of the card is lost and has to be looked at
# anew.
_FAULTS = {
    0x00000003: Fault.CARD_REMOVED,  # SLOT_ID_INVALID
    0x00000032: Fault.CARD_REMOVED,  # DEVICE_REMOVED
    0x000000E0: Fault.CARD_REMOVED,  # TOKEN_NOT_PRESENT
    0x000000E1: Fault.CARD_UNSUPPORTED,  # TOKEN_NOT_RECOGNIZED
    0x00000050: Fault.USER_CANCELLED,  # FUNCTION_CANCELED: a key of the PIN-pad, and its own time limit
    0x00000200: Fault.USER_CANCELLED,  # FUNCTION_REJECTED
    0x000000A0: Fault.PIN_WRONG,  # PIN_INCORRECT
    0x000000A1: Fault.PIN_MALFORMED,  # PIN_INVALID
    0x000000A2: Fault.PIN_MALFORMED,  # PIN_LEN_RANGE
    0x000000A3: Fault.CARD_NOT_ACTIVATED,  # PIN_EXPIRED: has to be changed before its first use
    0x000000A4: Fault.PIN_LOCKED,  # PIN_LOCKED
    0x00000102: Fault.CARD_NOT_ACTIVATED,  # USER_PIN_NOT_INITIALIZED
}


class ReturnCodeError(Exception):
    """A function of a module returned something else than CKR_OK; `code` is its number in 32 bits.

    A CK_RV is as wide as a long, and drivers set the vendors' bit in three ways: in the 32-bit number, sign-extended to
    64 bits (a negative number, too), and as the highest of 64 bits.
    """

    def __init__(self, code: int) -> None:
        highest = code >> 32 & 0xFFFFFFFF == _VENDOR_DEFINED
        self.code = code & 0xFFFFFFFF | (_VENDOR_DEFINED if highest else 0)
        super().__init__(f"0x{self.code:08X}")


def card_error(error: ReturnCodeError) -> CardError:
    """The failure behind a return code.

    HiCOS answers a wrong PIN with CKR_VENDOR_DEFINED plus the tries left; such a number becomes PIN_WRONG with its
    tries. The detail holds the number of the return code and nothing else.
    """
    detail = f"0x{error.code:08X}"
    if _VENDOR_DEFINED < error.code <= _VENDOR_DEFINED + _MAX_TRIES:
        return CardError(Fault.PIN_WRONG, tries_left=error.code - _VENDOR_DEFINED, detail=detail)
    fault = _FAULTS.get(error.code, Fault.CARD_ERROR)
    return CardError(fault, tries_left=0 if fault is Fault.PIN_LOCKED else None, detail=detail)


def tries_of_status(status: int) -> int | None:
    """PIN tries in the status word of an empty VERIFY (ISO 7816-4, 11.5.6); None where it does not tell."""
    if status & 0xFFF0 == 0x63C0:
        return status & 0x0F
    return 0 if status == 0x6983 else None
