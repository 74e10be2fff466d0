"""macOS: what the kernel can do for a process that is to hold a PIN."""

import ctypes

_PT_DENY_ATTACH = 31  # <sys/ptrace.h>


def seal() -> None:
    """Nobody of the same user traces this process. It learns from the end of its stdin that its parent has died."""
    ctypes.CDLL(None).ptrace(_PT_DENY_ATTACH, 0, None, 0)
