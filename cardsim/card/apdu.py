"""Commands and status words of ISO 7816-4, as far as the card needs them."""

from dataclasses import dataclass
from enum import IntEnum

CHAINING = 0x10
"""The class bit that says "more of this command follows" (ISO 7816-4 5.1.1.1)."""


class SW(IntEnum):
    """Status words, named by their meaning (ISO 7816-4 table 5; SP 800-73-4 part 2)."""

    OK = 0x9000
    MORE_DATA = 0x6100
    TRIES_LEFT = 0x63C0
    WRONG_LENGTH = 0x6700
    CHAIN_BROKEN = 0x6883
    NO_CHAINING = 0x6884
    NOT_VERIFIED = 0x6982
    BLOCKED = 0x6983
    CONDITIONS = 0x6985
    BAD_DATA = 0x6A80
    NOT_FOUND = 0x6A82
    BAD_PARAMETER = 0x6A86
    NO_KEY = 0x6A88
    BAD_INSTRUCTION = 0x6D00
    BAD_CLASS = 0x6E00
    FAILURE = 0x6F00


class Refusal(Exception):
    """The card answers with this status word and no data."""

    def __init__(self, status: int) -> None:
        super().__init__(f"{status:04X}")
        self.status = status


@dataclass(frozen=True, slots=True)
class Command:
    """One command: header, data, and the number of bytes asked for (None = none asked)."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = b""
    le: int | None = None

    @property
    def parameters(self) -> int:
        """P1 and P2 as one number, for comparison with the tables of the standard."""
        return self.p1 << 8 | self.p2


def parse(raw: bytes) -> Command:
    """The command in `raw`, one of the four short cases of ISO 7816-3 12.1.3.

    Raises Refusal(WRONG_LENGTH) for everything else; extended lengths too, which a PIV
    card does not announce (SP 800-73-4 uses command chaining instead).
    """
    if len(raw) < 4:
        raise Refusal(SW.WRONG_LENGTH)
    header = raw[0], raw[1], raw[2], raw[3]
    if len(raw) == 4:
        return Command(*header)
    if len(raw) == 5:
        return Command(*header, le=raw[4] or 256)
    size = raw[4]
    if size and len(raw) == 5 + size:
        return Command(*header, data=raw[5:])
    if size and len(raw) == 6 + size:
        return Command(*header, data=raw[5:-1], le=raw[-1] or 256)
    raise Refusal(SW.WRONG_LENGTH)
