"""Windows: memory that is free inside this process goes back to the system."""


def release_memory() -> None:
    """Nothing to do: the heap of Windows gives freed pages back by itself."""
