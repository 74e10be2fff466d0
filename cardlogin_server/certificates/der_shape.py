"""Walks over bytes that claim to be DER, so that only small, flat, definite-length input reaches a real decoder."""

MOST_ELEMENTS = 1_000
DEEPEST = 16


class NotDer(ValueError):
    """The bytes are not one DER element within the limits."""


def require_der(data: bytes) -> None:
    """Returns only when the bytes are exactly one DER element, whole, with nothing after it (X.690 section 10.1).

    At most 1,000 elements, 16 deep; definite lengths as short as can be; one-byte tags. No recursion, so that no
    input can exhaust the stack. Raises NotDer.
    """
    ends = [len(data)]
    position = elements = 0
    while ends:
        if position == ends[-1]:
            ends.pop()
            continue
        elements += 1
        if elements > MOST_ELEMENTS or len(ends) > DEEPEST:
            raise NotDer("too many elements, or too deep")
        if elements > 1 and len(ends) == 1:
            raise NotDer("bytes follow the element")
        constructed, start, end = _header(data, position, ends[-1])
        if constructed:
            ends.append(end)
        position = start if constructed else end
    if not elements:
        raise NotDer("nothing there")


def _header(data: bytes, position: int, limit: int) -> tuple[bool, int, int]:
    """Whether the element is constructed, where its content begins and where it ends."""
    if limit - position < 2 or data[position] & 0x1F == 0x1F:
        raise NotDer("element is cut off or has a long tag")
    length, start = data[position + 1], position + 2
    if length >= 0x80:
        width = length - 0x80
        if not 1 <= width <= 3 or start + width > limit:
            raise NotDer("length is indefinite, too long or cut off")
        length = int.from_bytes(data[start : start + width])
        if length < max(0x80, 1 << 8 * (width - 1)):
            raise NotDer("length is not as short as can be")
        start += width
    if start + length > limit:
        raise NotDer("element is cut off")
    return bool(data[position] & 0x20), start, start + length
