"""A PC/SC service that a test stops and starts, always on the same socket, with a card that comes back with it."""

import signal
from pathlib import Path
from typing import Any

import psutil

from tests.stand.parts import Reader
from tests.stand.waiting import LIMIT


class Service:
    """A private pcscd and its card."""

    def __init__(self, state: Path, logs: Path, image: Path) -> None:
        self._state, self._logs, self._image = state, logs, image
        self.reader: Reader | None = None
        # Known before the first start (cardsim/pcscd.py): programs keep it over all of them.
        self.env = {"PCSCLITE_CSOCK_NAME": str(state.resolve() / "sock" / "pcscd.comm")}

    def start(self, *, empty: bool = False) -> None:
        """Starts the service, with the card in its reader, or with no reader at all."""
        self.reader = Reader(self._state, self._logs, empty=empty)
        assert self.reader.env == self.env
        if not empty:
            self.reader.insert(self._image)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Ends the service, first the daemon itself by a signal; may be called twice."""
        if self.reader is None:
            return
        for process in self.processes():
            process.send_signal(number)
            process.wait(LIMIT)
        self.reader.stop()
        self.reader = None

    def card(self, *command: str) -> dict[str, Any]:
        """Tells the card something."""
        assert self.reader is not None
        return self.reader.control(*command)

    def processes(self) -> list[psutil.Process]:
        """The service's own process."""
        assert self.reader is not None
        children = psutil.Process(self.reader.program.pid).children(recursive=True)
        return [child for child in children if child.name() == "pcscd"]
