"""Tag-length-value structures with definite lengths, as cards and DER use them."""

from collections.abc import Iterator


class TlvError(ValueError):
    """The bytes are not a well-formed sequence of TLV structures."""


def encode(tag: int, value: bytes) -> bytes:
    """The TLV of `value` (at most 65535 bytes), with the shortest length form (ISO 7816-4 5.2.2, X.690 10.1)."""
    return tag.to_bytes(max(1, (tag.bit_length() + 7) // 8), "big") + _length(len(value)) + value


def _length(size: int) -> bytes:
    if size < 0x80:
        return bytes([size])
    if size <= 0xFF:
        return bytes([0x81, size])
    if size <= 0xFFFF:
        return b"\x82" + size.to_bytes(2, "big")
    raise TlvError("value too long")


def decode(data: bytes) -> dict[int, bytes]:
    """Every TLV in `data` by tag.

    Raises TlvError for a cut-off structure, an indefinite length, a length of more than
    two bytes, or a tag that comes twice: none of them has a place in a card command.
    """
    found: dict[int, bytes] = {}
    for tag, value in _walk(data):
        if tag in found:
            raise TlvError("tag repeated")
        found[tag] = value
    return found


def _walk(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        tag, at = _read_tag(data, at)
        size, at = _read_length(data, at)
        if at + size > len(data):
            raise TlvError("value cut off")
        yield tag, data[at : at + size]
        at += size


def _read_tag(data: bytes, at: int) -> tuple[int, int]:
    tag = data[at]
    at += 1
    if tag & 0x1F != 0x1F:
        return tag, at
    while True:
        if at >= len(data) or tag > 0xFFFF:
            raise TlvError("tag cut off or too long")
        tag = tag << 8 | data[at]
        at += 1
        if not tag & 0x80:
            return tag, at


def _read_length(data: bytes, at: int) -> tuple[int, int]:
    if at >= len(data):
        raise TlvError("length cut off")
    first = data[at]
    at += 1
    if first < 0x80:
        return first, at
    count = first & 0x7F
    if count not in (1, 2) or at + count > len(data):
        raise TlvError("length form not allowed")
    return int.from_bytes(data[at : at + count], "big"), at + count
