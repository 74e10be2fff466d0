"""A PC/SC service that does not let this user in, as pcscd with polkit does: two messages of pcsc-lite's protocol."""

import socket
import struct
import threading
from pathlib import Path

# pcsc-lite's winscard_msg.h: a header of length and command, then the structure; both sides send it back and forth.
_HEADER, _ESTABLISH, _VERSION = struct.Struct("=II"), 0x01, 0x11
_DENIED = 0x8010006A  # SCARD_W_SECURITY_VIOLATION


class DenyingService:
    """Listens on a socket; a context manager."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(path))
        self._socket.listen(16)
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> "DenyingService":
        """Starts to serve."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Ends it."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                connection = self._socket.accept()[0]
            except OSError:
                return
            threading.Thread(target=_answer, args=(connection,), daemon=True).start()


def _answer(connection: socket.socket) -> None:
    with connection:
        while header := connection.recv(_HEADER.size, socket.MSG_WAITALL):
            length, command = _HEADER.unpack(header)
            body = connection.recv(length, socket.MSG_WAITALL)
            code = 0 if command == _VERSION else _DENIED
            connection.sendall(body[:-4] + struct.pack("=I", code))
