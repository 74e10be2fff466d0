"""Names of readers: their own, and those that strangers are told."""

import re
from collections.abc import Sequence

# PKCS#11, CK_SLOT_INFO: bytes of a slot's description; names that PC/SC gives are often longer.
_DESCRIPTION = 64
_MASKED = re.compile(r"Reader ([1-9][0-9]{0,2})")


def masked_name(number: int) -> str:
    """What strangers are told of a reader: which it is by order, from 1."""
    return f"Reader {number}"


def reader_of(description: str, names: Sequence[str]) -> str:
    """The name of the reader that a page means: a name of its own, or one that `masked_name` has given.

    `names` is in the order in which they were told. Another text comes back as it is: no reader has that name.
    """
    masked = _MASKED.fullmatch(description)
    if description in names or masked is None or int(masked[1]) > len(names):
        return description
    return names[int(masked[1]) - 1]


def same_reader(name: str, other: str) -> bool:
    """Whether two names are of one reader, each as PC/SC has it or as PKCS#11 has cut it."""
    first, second = (text.encode()[:_DESCRIPTION].decode("utf-8", "ignore").strip() for text in (name, other))
    return first == second
