"""The terminal that this process was started from, read key by key without showing what is typed.

Linux and macOS; Windows has no terminal that belongs to a process without a console of its own.
"""

from __future__ import annotations

import os
import select
import sys
from contextlib import suppress

TERMINAL = "/dev/tty"
_MAX_READ = 256


def has_terminal() -> bool:
    """Whether a person can be asked on the terminal."""
    if sys.platform == "win32":
        return False
    with suppress(OSError):
        os.close(os.open(TERMINAL, os.O_RDWR | os.O_NOCTTY))
        return True
    return False


class Keyboard:
    """The terminal with echo, line editing and signals off, until it is closed; raises OSError where there is none.

    Signals are off because Ctrl-C would end the daemon too, which runs in the same terminal.
    """

    def __init__(self) -> None:
        if sys.platform == "win32":
            raise OSError("no terminal")
        import termios

        self._file = os.open(TERMINAL, os.O_RDWR | os.O_NOCTTY)
        try:
            self._before = termios.tcgetattr(self._file)
            changed = termios.tcgetattr(self._file)
            changed[3] &= ~(termios.ECHO | termios.ICANON | termios.ISIG | termios.IEXTEN)
            termios.tcsetattr(self._file, termios.TCSAFLUSH, changed)
        except termios.error as error:
            os.close(self._file)
            raise OSError(*error.args) from None

    def write(self, text: str) -> None:
        """Shows text."""
        rest = text.encode("utf-8", "replace")
        while rest:
            rest = rest[os.write(self._file, rest) :]

    def read(self, seconds: float) -> bytes:
        """What was typed within some seconds; empty when nothing was. Raises EOFError when the terminal has gone."""
        if not select.select([self._file], [], [], seconds)[0]:
            return b""
        with suppress(OSError):
            typed = os.read(self._file, _MAX_READ)
            if typed:
                return typed
        raise EOFError

    def forget(self) -> None:
        """Throws away what was typed so far: it was meant for something else."""
        if sys.platform != "win32":
            import termios

            with suppress(termios.error):
                termios.tcflush(self._file, termios.TCIFLUSH)

    def close(self) -> None:
        """Puts the terminal back as it was."""
        if sys.platform != "win32":
            import termios

            with suppress(termios.error):
                termios.tcsetattr(self._file, termios.TCSAFLUSH, self._before)
            os.close(self._file)
