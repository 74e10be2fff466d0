"""Linux and macOS: memory that is free inside this process goes back to the system."""


def release_memory() -> None:
    """Gives freed memory back where the C library keeps it (glibc); elsewhere the library does so by itself."""
    # Imported here: a card host loads this file too and never calls this, and the start of the daemon need not wait.
    import ctypes

    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
