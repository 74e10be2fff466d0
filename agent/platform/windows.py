"""Windows."""

import ctypes

HOST_ENVIRONMENT = ("SYSTEMROOT", "WINDIR", "USERPROFILE", "LOCALAPPDATA", "APPDATA", "TEMP", "TMP", "SOFTHSM2_CONF")
WINDOW_FONT = "Microsoft JhengHei UI"

_NO_ERROR_BOXES = 0x0001 | 0x0002  # SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX: no crash dump dialogue


def harden() -> None:
    """Makes a crash of this process end quietly, without a dialogue that offers to save its memory."""
    ctypes.windll.kernel32.SetErrorMode(_NO_ERROR_BOXES)  # type: ignore[attr-defined,unused-ignore]
