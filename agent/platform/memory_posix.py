"""Linux and macOS: memory that is free inside this process goes back to the system."""

import ctypes


def release_memory() -> None:
    """Gives freed memory back where the C library keeps it (glibc); elsewhere the library does so by itself."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
