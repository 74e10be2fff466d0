"""The answer of `/pkcs11info`, hidden in a picture: pages read it without a click."""

import json
import struct

# 2000 pixels of 24 bits in one row.
_WIDTH, _HEADER, _DATA = 2000, 54, 6000
SIZE = _HEADER + _DATA
# Old browsers read the picture as text, as far as character 1999; a zero has to stand there (hipki.md, 1.6). And of
# whole pixels: the other way of reading takes three characters at once.
ROOM = (2000 - _HEADER - 1) // 3 * 3
# No more readers than this have room, whatever their names are.
_MOST = ROOM // 100
# What an answer is left with that says too much even without a reader.
_LEAST = ("func", "ret_code", "last_error", "version", "serverVersion", "slots")


def bitmap(text: str) -> bytes:
    """The picture of a JSON text (hipki.md, 1.6), 6054 bytes; of a text that is too long, of what `short` leaves."""
    data = short(text).encode("ascii")
    # Blanks up to a whole pixel: a zero in the middle of one would become part of the text.
    return _header() + data.ljust(-(-len(data) // 3) * 3).ljust(_DATA, b"\0")


def short(text: str) -> str:
    """The same answer in ASCII, with as many of its readers, from the first on, as the picture has room for."""
    answer = json.loads(text)
    readers = answer.get("slots", [])
    del readers[_MOST:]
    if len(_ascii(answer | {"slots": []})) > ROOM:
        answer = {name: value for name, value in answer.items() if name in _LEAST}
    while readers and len(_ascii(answer)) > ROOM:
        readers.pop()
    return _ascii(answer)


def _ascii(answer: dict[str, object]) -> str:
    return json.dumps(answer, separators=(",", ":"))


def _header() -> bytes:
    """BITMAPFILEHEADER and BITMAPINFOHEADER; one plane, nothing compressed, no palette."""
    file = struct.pack("<2sIHHI", b"BM", SIZE, 0, 0, _HEADER)
    return file + struct.pack("<IiiHHIIiiII", 40, _WIDTH, 1, 1, 24, 0, _DATA, 0, 0, 0, 0)
