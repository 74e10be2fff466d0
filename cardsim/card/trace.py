"""The APDU trace: every command and answer in hexadecimal, but never a PIN."""

import contextlib
import os
from pathlib import Path
from typing import TextIO

from cardsim.errors import SimulatorError

SECRET_INSTRUCTIONS = frozenset({0x20, 0x24, 0x2C})
"""VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER: their data are PINs."""


def masked(raw: bytes) -> str:
    """`raw` in hexadecimal, with everything after the header and length of a PIN command as `**`.

    The class byte is ignored on purpose: a malformed or chained PIN command still holds a PIN.
    """
    if len(raw) > 5 and raw[1] in SECRET_INSTRUCTIONS:
        return raw[:5].hex().upper() + "**" * (len(raw) - 5)
    return raw.hex().upper()


class Trace:
    """An open trace file, readable by its owner only."""

    def __init__(self, path: Path) -> None:
        """Open `path` for appending; raises SimulatorError if that is not possible."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
        try:
            self._file: TextIO = os.fdopen(os.open(path, flags, 0o600), "a", encoding="ascii", buffering=1)
        except OSError as error:
            raise SimulatorError(f"cannot write the trace {path}: {error.strerror}") from None

    def write(self, milliseconds: float, command: bytes, answer: bytes) -> None:
        """Add one exchange with the time the card took."""
        # A full disk, or a trace closed meanwhile, must not silence the card.
        with contextlib.suppress(OSError, ValueError):
            self._file.write(f"{milliseconds:9.3f} ms > {masked(command)} < {answer.hex().upper()}\n")

    def close(self) -> None:
        """Close the file."""
        with contextlib.suppress(OSError):
            self._file.close()
