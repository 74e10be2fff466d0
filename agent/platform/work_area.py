"""Which part of the screen windows have: what panels, docks and task bars leave free."""

from __future__ import annotations

import ctypes
import sys
from typing import Any, NamedTuple

_SPI_GETWORKAREA = 0x0030  # <winuser.h>
_CARDINAL = 6  # <X11/Xatom.h>


class Area(NamedTuple):
    """A part of the screen in pixels; right and bottom are the first ones outside."""

    left: int
    top: int
    right: int
    bottom: int


def free_of_panels(display: str, whole: Area) -> Area:
    """The free part of a screen (X11: by its display's name); all of it where the desktop does not say.

    macOS keeps windows below its menu and above its dock by itself.
    """
    if sys.platform == "win32":
        found = _of_windows()
    elif sys.platform == "darwin":
        found = None
    else:
        found = _of_x11(display)
    return whole if found is None else within(found, whole)


def within(found: Area, whole: Area) -> Area:
    """A part that is nowhere outside the screen; the screen itself for one that is empty."""
    area = Area(
        max(found.left, whole.left), max(found.top, whole.top),
        min(found.right, whole.right), min(found.bottom, whole.bottom),
    )  # fmt: skip
    return area if area.left < area.right and area.top < area.bottom else whole


def _of_windows() -> Area | None:
    area = (ctypes.c_long * 4)()
    user32 = ctypes.WinDLL("user32.dll", winmode=0x0800)  # type: ignore[attr-defined,unused-ignore]  # from System32
    return Area(*area) if user32.SystemParametersInfoW(_SPI_GETWORKAREA, 0, ctypes.byref(area), 0) else None


def _of_x11(display: str) -> Area | None:
    """_NET_WORKAREA of the root window (Extended Window Manager Hints): left, top, width, height of a desktop."""
    try:
        x11 = ctypes.CDLL("libX11.so.6")
    except OSError:
        return None
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XDefaultRootWindow.restype = x11.XInternAtom.restype = ctypes.c_ulong
    opened = ctypes.c_void_p(x11.XOpenDisplay(display.encode()))
    if opened.value is None:
        return None
    try:
        return _property(x11, opened)
    finally:
        x11.XCloseDisplay(opened)


def _property(x11: Any, display: ctypes.c_void_p) -> Area | None:
    kind, left, count = ctypes.c_ulong(), ctypes.c_ulong(), ctypes.c_ulong()
    form, data = ctypes.c_int(), ctypes.POINTER(ctypes.c_ulong)()
    root = ctypes.c_ulong(x11.XDefaultRootWindow(display))
    name = ctypes.c_ulong(x11.XInternAtom(display, b"_NET_WORKAREA", 1))
    if not name.value:  # no window manager of this display has ever named it
        return None
    status = x11.XGetWindowProperty(
        display, root, name, ctypes.c_long(0), ctypes.c_long(4), 0, ctypes.c_ulong(_CARDINAL), ctypes.byref(kind),
        ctypes.byref(form), ctypes.byref(count), ctypes.byref(left), ctypes.byref(data),
    )  # fmt: skip
    if status != 0 or count.value == 0:  # with no value there is nothing to free
        return None
    try:
        if form.value != 32 or count.value != 4:
            return None
        x, y, width, height = data[:4]  # 32 bits each, given in C longs
    finally:
        x11.XFree(data)
    return Area(x, y, x + width, y + height)
