"""Who holds a port: not told on this system; the same name as the module of Linux."""


def holder_of(port: int) -> str:
    """Nothing is known."""
    return ""
