"""Tells to the millisecond when a window appears on an X display; xdotool itself takes 10 ms for every look."""

import ctypes
import ctypes.util
import select
import time

from tests.stand.processes import StandError

_SUBSTRUCTURE_NOTIFY_MASK = 1 << 19
_MAP_NOTIFY = 19
_EVENT_BYTES = 192


class Mapped:
    """Listens to the root window of a display."""

    def __init__(self, display: str) -> None:
        self._x = ctypes.CDLL(ctypes.util.find_library("X11") or "libX11.so.6")
        self._x.XOpenDisplay.restype = ctypes.c_void_p
        self._x.XDefaultRootWindow.restype = ctypes.c_ulong
        opened: int | None = self._x.XOpenDisplay(display.encode())
        if opened is None:
            raise StandError(f"no X display {display}")
        self._display = ctypes.c_void_p(opened)
        root = ctypes.c_ulong(self._x.XDefaultRootWindow(self._display))
        self._x.XSelectInput(self._display, root, ctypes.c_long(_SUBSTRUCTURE_NOTIFY_MASK))
        self._x.XSync(self._display, 0)
        self._socket = int(self._x.XConnectionNumber(self._display))

    def forget(self) -> None:
        """What has happened until now does not count."""
        self._x.XSync(self._display, 1)

    def wait(self, seconds: float = 20.0) -> float:
        """The time (perf_counter) at which the next window appears; raises StandError when none does."""
        event = ctypes.create_string_buffer(_EVENT_BYTES)
        deadline = time.perf_counter() + seconds
        while time.perf_counter() < deadline:
            if not self._x.XPending(self._display):
                select.select([self._socket], [], [], 0.1)
                continue
            self._x.XNextEvent(self._display, event)
            if int.from_bytes(event.raw[:4], "little") == _MAP_NOTIFY:
                return time.perf_counter()
        raise StandError("no window appears")

    def close(self) -> None:
        """Leaves the display."""
        self._x.XCloseDisplay(self._display)
