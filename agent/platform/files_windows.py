"""Windows: how many files and connections this process may have open."""


def raise_file_limit() -> int:
    """What the daemon counts on: sockets are handles here, and handles are limited by memory alone."""
    return 4096
