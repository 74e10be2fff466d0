"""The words of the control file: functions, faults, habits. Everything here is a value; nothing is sent anywhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

CALLS: tuple[str, ...] = (
    "C_Initialize", "C_Finalize", "C_GetInfo", "C_GetFunctionList", "C_GetSlotList", "C_GetSlotInfo",
    "C_GetTokenInfo", "C_GetMechanismList", "C_GetMechanismInfo", "C_InitToken", "C_InitPIN", "C_SetPIN",
    "C_OpenSession", "C_CloseSession", "C_CloseAllSessions", "C_GetSessionInfo", "C_GetOperationState",
    "C_SetOperationState", "C_Login", "C_Logout", "C_CreateObject", "C_CopyObject", "C_DestroyObject",
    "C_GetObjectSize", "C_GetAttributeValue", "C_SetAttributeValue", "C_FindObjectsInit", "C_FindObjects",
    "C_FindObjectsFinal", "C_EncryptInit", "C_Encrypt", "C_EncryptUpdate", "C_EncryptFinal", "C_DecryptInit",
    "C_Decrypt", "C_DecryptUpdate", "C_DecryptFinal", "C_DigestInit", "C_Digest", "C_DigestUpdate", "C_DigestKey",
    "C_DigestFinal", "C_SignInit", "C_Sign", "C_SignUpdate", "C_SignFinal", "C_SignRecoverInit", "C_SignRecover",
    "C_VerifyInit", "C_Verify", "C_VerifyUpdate", "C_VerifyFinal", "C_VerifyRecoverInit", "C_VerifyRecover",
    "C_DigestEncryptUpdate", "C_DecryptDigestUpdate", "C_SignEncryptUpdate", "C_DecryptVerifyUpdate",
    "C_GenerateKey", "C_GenerateKeyPair", "C_WrapKey", "C_UnwrapKey", "C_DeriveKey", "C_SeedRandom",
    "C_GenerateRandom", "C_GetFunctionStatus", "C_CancelFunction", "C_WaitForSlotEvent",
)  # fmt: skip
"""Every function of PKCS#11 2.40, in the order of CK_FUNCTION_LIST."""
CHANGING_CALLS: frozenset[str] = frozenset(
    ("C_InitToken", "C_InitPIN", "C_SetPIN", "C_CreateObject", "C_CopyObject", "C_DestroyObject",
     "C_SetAttributeValue", "C_GenerateKey", "C_GenerateKeyPair", "C_UnwrapKey")
)  # fmt: skip
"""Functions that would change a card; the module refuses them, and the agent must never call them."""
HUGE = 0x7FFFFFFFFFFFFFFF
"""A length that no computer has memory for; the largest that fits a signed 64-bit number."""


class SlotState(StrEnum):
    """What a reader looks like to the driver."""

    CARD = "card"
    EMPTY = "empty"
    VIRTUAL = "virtual"  # a slot without hardware behind it, always empty
    UNINITIALISED = "uninitialised"  # a token without a PIN; a session cannot be opened
    FAILING = "failing"  # C_GetTokenInfo, C_OpenSession and open sessions answer CKR_GENERAL_ERROR
    EXCLUSIVE = "exclusive"  # another program uses the card: CKR_DEVICE_ERROR, also in sessions that are open
    FOREIGN = "foreign"  # a card that this driver does not know, such as a health card: CKR_TOKEN_NOT_RECOGNIZED


class PinCodes(StrEnum):
    """How C_Login tells a wrong PIN when n tries are left."""

    VENDOR = "vendor"  # 0x80000000 + n: HiCOS
    EXTENDED = "extended"  # 0xFFFFFFFF80000000 + n: the same, sign-extended to 64 bits
    WIDE = "wide"  # 0x8000000000000000 + n: CKR_VENDOR_DEFINED taken for the highest bit of a 64-bit number
    PLAIN = "plain"  # 0xA0, CKR_PIN_INCORRECT: the tries are not told


class Kind(StrEnum):
    """What can go wrong in a call."""

    HANG = "hang"  # until the fault is taken away; then the call goes on
    ABORT = "abort"  # the process dies of SIGABRT
    SEGV = "segv"  # the process dies of SIGSEGV
    EXIT = "exit"  # the driver ends the process with status 0
    SLOW = "slow"
    NOISE = "noise"  # the driver writes a line that is not UTF-8 to standard output and standard error
    ANSWER = "answer"  # a return code instead of the work
    GARBAGE = "garbage"  # a wrong length or count, after the work
    OTHER_KEY = "other-key"
    REMOVE = "remove"
    SWAP = "swap"


ANYWHERE = (Kind.HANG, Kind.ABORT, Kind.SEGV, Kind.EXIT, Kind.SLOW, Kind.NOISE, Kind.ANSWER, Kind.REMOVE)
"""Faults that make sense in every call."""
GARBAGE_CALLS = (
    "C_GetSlotList", "C_GetMechanismList", "C_FindObjects", "C_GetAttributeValue", "C_Sign", "C_SignFinal",
    "C_Decrypt",
)  # fmt: skip
"""Functions whose lengths or counts Kind.GARBAGE falsifies."""


@dataclass(frozen=True)
class Fault:
    """One fault: in every call of `call`, or only in the `nth` (1 is the next) of each process.

    A process counts from the moment the fault was set, or from its own start.
    """

    kind: Kind
    call: str
    nth: int | None = None
    argument: str = "0"

    def __post_init__(self) -> None:
        if self.call not in CALLS or (self.nth is not None and self.nth < 1):
            raise ValueError(f"no function {self.call!r} or no call number {self.nth}")

    def line(self, number: int) -> str:
        """The fault in the control file; `number` must never have been used there before."""
        return f"fault {number} {self.kind} {self.call} {self.nth or 0} {self.argument}"


def hang(call: str, nth: int | None = None) -> Fault:
    """The call does not return until the fault is taken away."""
    return Fault(Kind.HANG, call, nth)


def crash(call: str, nth: int | None = None, how: Kind = Kind.SEGV) -> Fault:
    """The call kills its process: `how` is SEGV, ABORT or EXIT."""
    return Fault(how, call, nth)


def slow(call: str, milliseconds: int, nth: int | None = None) -> Fault:
    """The call takes longer."""
    return Fault(Kind.SLOW, call, nth, str(milliseconds))


def noise(call: str, nth: int | None = None) -> Fault:
    """The call writes to standard output and standard error first."""
    return Fault(Kind.NOISE, call, nth)


def answer(call: str, code: int, nth: int | None = None) -> Fault:
    """The call returns `code` and does nothing."""
    return Fault(Kind.ANSWER, call, nth, hex(code))


def garbage(call: str, length: int = HUGE, nth: int | None = None) -> Fault:
    """The call (one of GARBAGE_CALLS) works and reports `length` as length or count."""
    if call not in GARBAGE_CALLS:
        raise ValueError(f"{call} has no length to falsify")
    return Fault(Kind.GARBAGE, call, nth, str(length))


def other_key(nth: int | None = None) -> Fault:
    """C_SignInit takes another private key of the card than the one asked for."""
    return Fault(Kind.OTHER_KEY, "C_SignInit", nth)


def remove(call: str, slot: int = 1, nth: int = 1) -> Fault:
    """The card is pulled when the call begins, and stays out for this process until the fault is taken away."""
    return Fault(Kind.REMOVE, call, nth, str(slot))


def swap(call: str, card: str, slot: int = 1, nth: int = 1) -> Fault:
    """The card called `card` (one of the driver's) lies in the slot from the moment the call begins."""
    return Fault(Kind.SWAP, call, nth, f"{slot} {card}")


def exclusive() -> tuple[Fault, ...]:
    """Another program holds all readers: the functions that reach for a card answer CKR_DEVICE_ERROR."""
    return tuple(answer(call, 0x30) for call in ("C_GetSlotList", "C_GetTokenInfo", "C_OpenSession"))


@dataclass(frozen=True)
class PinPad:
    """A reader with keys: what happens when C_Login comes without a PIN."""

    line: str = "pinpad wait"

    @staticmethod
    def enter(pin: str) -> "PinPad":
        """The person types `pin` (right or wrong) at the reader."""
        return PinPad(f"pinpad enter {pin.encode().hex()}")

    @staticmethod
    def refuse(code: int) -> "PinPad":
        """C_Login answers `code`; no try is spent."""
        return PinPad(f"pinpad refuse {code:#x}")


WAITING = PinPad()
"""Nobody has touched the keys yet: C_Login waits for another setting."""
CANCELED = PinPad.refuse(0x50)
"""The person pressed cancel: CKR_FUNCTION_CANCELED."""
TIMED_OUT = PinPad.refuse(0x06)
"""Nobody typed anything in time: CKR_FUNCTION_FAILED (OpenSC answers CKR_FUNCTION_CANCELED here, too)."""


@dataclass(frozen=True)
class Habits:
    """How the driver behaves when nothing is wrong.

    `fields` replaces texts (label, manufacturer, model, serial, reader) by any bytes; too long ones are cut.
    """

    pin_codes: PinCodes = PinCodes.VENDOR
    pin_set: bool = True  # the holder has set a PIN: CKF_USER_PIN_INITIALIZED
    pin_flags: bool = False  # CKF_USER_PIN_COUNT_LOW, FINAL_TRY and LOCKED are told
    length_query: bool = False  # C_Sign without a buffer answers the length instead of CKR_BUFFER_TOO_SMALL
    removed_code: int = 0x32  # CKR_DEVICE_REMOVED; 0xE0 is CKR_TOKEN_NOT_PRESENT
    pin_length: tuple[int, int] = (6, 8)
    pinpad: PinPad | None = None
    fields: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def lines(self) -> list[str]:
        """The habits in the control file."""
        return [
            f"pin-codes {self.pin_codes}",
            f"pin-set {'on' if self.pin_set else 'off'}",
            f"pin-flags {'on' if self.pin_flags else 'off'}",
            f"length-query {'on' if self.length_query else 'off'}",
            f"removed-code {self.removed_code:#x}",
            f"pin-length {self.pin_length[0]} {self.pin_length[1]}",
            self.pinpad.line if self.pinpad else "pinpad none",
            *(f"field {name} {value.hex()}" for name, value in self.fields.items()),
        ]


GARBAGE_TEXT = b"\xa4\xa4\xff\xfe\x00\x1b[2J" * 8
"""Bytes for `fields` that are no UTF-8 and contain an escape sequence."""
EXTREMES = (0, 1, 1 << 20, HUGE, (1 << 64) - 1)
"""Lengths worth trying with garbage(); the last is CK_UNAVAILABLE_INFORMATION."""


def steps(calls: list[str]) -> list[tuple[str, int]]:
    """The calls of a traced run as (name, nth): the places where a fault can be put into the same run again."""
    seen: dict[str, int] = {}
    found = []
    for call in calls:
        seen[call] = seen.get(call, 0) + 1
        found.append((call, seen[call]))
    return found
