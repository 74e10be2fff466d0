"""What has been proved once and need not be proved again: a bounded table, safe for threads."""

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

MOST = 4_096

_Value = TypeVar("_Value")


class Remembered(Generic[_Value]):
    """Values by the bytes they were proved for, at most so many; the longest unused is forgotten first.

    Put in only what a genuine certificate was needed for, so that nobody else can push the others out.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._values: OrderedDict[bytes, _Value] = OrderedDict()

    def of(self, key: bytes) -> _Value | None:
        """What is remembered for exactly these bytes, or None."""
        with self._lock:
            found = self._values.get(key)
            if found is not None:
                self._values.move_to_end(key)
            return found

    def remember(self, key: bytes, value: _Value) -> None:
        """Keeps the value for these bytes, in the place of an older one."""
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            if len(self._values) > self._most:
                self._values.popitem(last=False)
