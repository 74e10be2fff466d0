"""A card that does not answer as one: its answer to reset is longer than there can be (ISO 7816-3, 8.2.1)."""

import threading

from cardsim.card.link import GET_ATR, connect
from tests.stand.waiting import LIMIT

_NO_ATR = b"\x3b" + bytes(63)


class MuteCard:
    """Lies in the virtual reader at a port; a context manager."""

    def __init__(self, port: int) -> None:
        self._link = connect(port, LIMIT)
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> "MuteCard":
        """It is put in."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """It is pulled."""
        self._link.close()
        self._thread.join()

    def _serve(self) -> None:
        while (message := self._link.receive()) is not None:
            if message == bytes([GET_ATR]):
                self._link.send(_NO_ATR)
