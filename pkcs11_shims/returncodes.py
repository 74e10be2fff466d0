"""From PKCS#11 return codes, as python-pkcs11 raises them, to failures with tries left."""

import re

from pkcs11 import exceptions

from pkcs11_shims.errors import CardError, Fault

# PKCS#11 v2.40, section 5.1, in the classes of python-pkcs11. What is not listed is CARD_ERROR: the state of the card
# is lost and has to be looked at anew.
_FAULTS: dict[type[exceptions.PKCS11Error], Fault] = {
    exceptions.PinIncorrect: Fault.PIN_WRONG,
    exceptions.PinLocked: Fault.PIN_LOCKED,
    exceptions.PinLenRange: Fault.PIN_MALFORMED,
    exceptions.PinInvalid: Fault.PIN_MALFORMED,
    exceptions.TokenNotPresent: Fault.CARD_REMOVED,
    exceptions.DeviceRemoved: Fault.CARD_REMOVED,
    exceptions.SlotIDInvalid: Fault.CARD_REMOVED,
}
_UNMAPPED = re.compile(r"Unmapped error code (-?)(0x)?([0-9a-fA-F]+)", re.IGNORECASE)
_VENDOR_DEFINED = 0x80000000
_MAX_TRIES = 15


def card_error(error: exceptions.PKCS11Error) -> CardError:
    """The failure behind an exception of python-pkcs11.

    HiCOS answers a wrong PIN with CKR_VENDOR_DEFINED plus the tries left, on 64-bit systems also sign-extended; such a
    number becomes PIN_WRONG with its tries. The detail holds the name of the return code and nothing else.
    """
    code = _unmapped_code(error)
    if code is not None and _VENDOR_DEFINED < code <= _VENDOR_DEFINED + _MAX_TRIES:
        return CardError(Fault.PIN_WRONG, tries_left=code - _VENDOR_DEFINED, detail=f"0x{code:08X}")
    fault = next((_FAULTS[kind] for kind in type(error).__mro__ if kind in _FAULTS), Fault.CARD_ERROR)
    tries = 0 if fault is Fault.PIN_LOCKED else None
    return CardError(fault, tries_left=tries, detail=type(error).__name__ if code is None else f"0x{code:08X}")


def _unmapped_code(error: exceptions.PKCS11Error) -> int | None:
    match = _UNMAPPED.search(str(error)) if type(error) is exceptions.PKCS11Error else None
    if match is None:
        return None
    number = int(match[3], 16 if match[2] else 10)
    # Negative and sign-extended spellings are the same 32-bit number.
    return (-number if match[1] else number) & 0xFFFFFFFF


def tries_of_status(status: int) -> int | None:
    """PIN tries in the status word of an empty VERIFY (ISO 7816-4, 11.5.6); None where it does not tell."""
    if status & 0xFFF0 == 0x63C0:
        return status & 0x0F
    return 0 if status == 0x6983 else None
