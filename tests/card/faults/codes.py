"""Return codes of PKCS#11 that a driver may give anywhere, and what a page may then be told."""

from tests.card.faults.rows import TOKEN

# PKCS#11 v2.40, 5.1. These are given by every call of an order in turn, ...
EVERYWHERE = {
    "general error": 0x5,
    "function failed": 0x6,
    "device error": 0x30,
    "device removed": 0x32,
    "session handle invalid": 0xB3,
    "buffer too small": 0x150,
}
# ... and these by the calls that they are most likely from. HiCOS has 0x80000000 + tries left, in three spellings.
SOMEWHERE = {
    "host memory": 0x2,
    "slot id invalid": 0x3,
    "arguments bad": 0x7,
    "device memory": 0x31,
    "function canceled": 0x50,
    "function not supported": 0x54,
    "key handle invalid": 0x60,
    "key function not permitted": 0x68,
    "mechanism invalid": 0x70,
    "operation active": 0x90,
    "operation not initialised": 0x91,
    "PIN incorrect": 0xA0,
    "PIN invalid": 0xA1,
    "PIN length": 0xA2,
    "PIN expired": 0xA3,
    "PIN locked": 0xA4,
    "session count": 0xB1,
    "token not present": 0xE0,
    "token not recognised": 0xE1,
    "user already logged in": 0x100,
    "user not logged in": 0x101,
    "user PIN not initialised": 0x102,
    "not initialised": 0x190,
    "already initialised": 0x191,
    "function rejected": 0x200,
    "wrong PIN, 2 tries left": 0x80000002,
    "wrong PIN, 1 try left, sign-extended": 0xFFFFFFFF80000001,
    "wrong PIN, 2 tries left, 64 bits": 0x8000000000000002,
    "vendor's own": 0xFFFFFFFF80000042,
    "all bits": 0xFFFFFFFFFFFFFFFF,
}
LIKELY = ("C_Initialize#1", "C_GetTokenInfo#1", "C_OpenSession#2", "C_Login#1", "C_SignInit#1", "C_Sign#1")
"""The calls of an order, loading to signing, for the codes of SOMEWHERE."""
_GONE = {"card_removed", "no_card"}
_MEANS = {
    "device removed": _GONE,
    "slot id invalid": _GONE,
    "token not present": _GONE,
    "function canceled": {"user_cancelled"},
    "function rejected": {"user_cancelled"},
    "PIN incorrect": {"pin_wrong"},
    "PIN invalid": {"pin_malformed"},
    "PIN length": {"pin_malformed"},
    "PIN expired": {"card_not_activated"},
    "PIN locked": {"pin_locked"},
    "token not recognised": {"card_unsupported"},
    "user PIN not initialised": {"card_not_activated"},
    "wrong PIN, 2 tries left": {"pin_wrong"},
    "wrong PIN, 1 try left, sign-extended": {"pin_wrong"},
    "wrong PIN, 2 tries left, 64 bits": {"pin_wrong"},
}
# One object that cannot be read hides no other; then what is left may be no certificate for signing.
_ONE_OBJECT = {TOKEN, "certificate_encryption_only", "card_swapped"}
# Calls whose failure needs no order to fail; what should have been closed may then stand in the way of the next call.
_BESIDE = {
    "C_GetSlotList#1": {TOKEN},
    "C_FindObjectsFinal": {TOKEN, "card_error"},
    "C_CloseSession": {TOKEN},
    "C_Logout": {TOKEN},
    "C_GetAttributeValue": _ONE_OBJECT,
}


def kind(name: str) -> str:
    """What return codes have in common: what a page is told of them."""
    return f"returns a code that means {' or '.join(sorted(_MEANS.get(name, {'card_error'})))}"


def told(step: str, name: str) -> frozenset[str]:
    """What a page may be given after a call that answered with a return code of that name."""
    call = step.partition("#")[0]
    if call == "C_GetFunctionList" or (call == "C_Initialize" and name != "already initialised"):
        return frozenset({"driver_refused"})
    if (call, name) == ("C_Sign", "buffer too small"):  # another buffer is offered
        return frozenset({TOKEN})
    return frozenset(_MEANS.get(name, {"card_error"}) | _BESIDE.get(call, set()) | _BESIDE.get(step, set()))
