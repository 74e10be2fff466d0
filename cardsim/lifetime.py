"""Runs a foreground command until somebody asks it to end."""

import signal
import threading
from types import FrameType


def stop_requested() -> threading.Event:
    """An event that SIGTERM or SIGINT (Ctrl-C) sets; call it from the main thread.

    Installing a handler instead of catching KeyboardInterrupt lets every command end
    the same way, with its sockets and child processes put away.
    """
    event = threading.Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        event.set()

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)
    return event
