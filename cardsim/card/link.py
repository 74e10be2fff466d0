"""The card's TCP connection to vsmartcard's virtual reader (vpcd)."""

import contextlib
import socket
import struct
import time

from cardsim.errors import SimulatorError

POWER_OFF, POWER_ON, RESET, GET_ATR = 0, 1, 2, 4
"""One-byte messages from the reader; only GET_ATR is answered."""


class Link:
    """One stay of a card in the reader; closing it pulls the card."""

    def __init__(self, connection: socket.socket) -> None:
        """Take over a connected socket."""
        self._socket = connection
        # vpcd writes length and body apart: without both options every APDU waits 40 ms for an acknowledgement.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def receive(self) -> bytes | None:
        """The next message (up to 65535 bytes), None when the connection has ended."""
        head = self._read(2)
        return None if head is None else self._read(struct.unpack(">H", head)[0])

    def _read(self, size: int) -> bytes | None:
        parts: list[bytes] = []
        while size:
            try:
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
                part = self._socket.recv(size)
            except OSError:
                return None
            if not part:
                return None
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def send(self, body: bytes) -> None:
        """Send an answer of at most 65535 bytes; a card already pulled sends nothing."""
        with contextlib.suppress(OSError):
            self._socket.sendall(struct.pack(">H", len(body)) + body)

    def close(self) -> None:
        """Pull the card; wakes a receive() in another thread. May be called twice."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def connect(port: int, patience: float) -> Link:
    """A link to the virtual reader on this machine's `port`, tried again for `patience` seconds.

    Raises SimulatorError when nothing listens there by then.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            return Link(socket.create_connection(("127.0.0.1", port), timeout=None))
        except OSError:
            if time.monotonic() >= deadline:
                raise SimulatorError(
                    f"no virtual reader listens on port {port}; start one with: python -m cardsim reader"
                ) from None
            time.sleep(0.05)
