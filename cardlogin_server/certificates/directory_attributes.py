"""A small strict reader of subject directory attributes, which ``cryptography`` leaves as bytes."""

from collections.abc import Mapping
from dataclasses import dataclass

LONGEST = 2_048
_SEQUENCE, _SET, _OID = 0x30, 0x31, 0x06
_UTF8, _PRINTABLE = 0x0C, 0x13


class AttributesMalformed(ValueError):
    """The bytes are not the attributes that the profile describes."""


@dataclass(frozen=True, slots=True)
class Value:
    """One attribute value: its DER tag and content."""

    tag: int
    content: bytes

    def text(self) -> str:
        """The text of a UTF8String or PrintableString. Raises AttributesMalformed."""
        if self.tag not in (_UTF8, _PRINTABLE):
            raise AttributesMalformed("value is not a text")
        try:
            return self.content.decode("utf-8" if self.tag == _UTF8 else "ascii")
        except UnicodeDecodeError as error:
            raise AttributesMalformed("text is wrongly encoded") from error

    def oid(self) -> str:
        """The dotted form of an OBJECT IDENTIFIER. Raises AttributesMalformed."""
        if self.tag != _OID:
            raise AttributesMalformed("value is not an object identifier")
        return _dotted(self.content)


def read_attributes(der: bytes) -> Mapping[str, Value]:
    """The attributes by dotted OID, each with its one value (RFC 5280 section 4.2.1.8; GPKI profile).

    At most 2,048 bytes, DER only, nothing left over, no attribute twice. Raises AttributesMalformed.
    """
    if len(der) > LONGEST:
        raise AttributesMalformed("too long")
    found: dict[str, Value] = {}
    rest = _only(der, _SEQUENCE)
    while rest:
        attribute, rest = _take(rest, _SEQUENCE)
        oid, values = _take(attribute.content, _OID)
        name = _dotted(oid.content)
        if name in found:
            raise AttributesMalformed("an attribute appears twice")
        found[name] = _single(_only(values, _SET))
    return found


def _single(content: bytes) -> Value:
    value, rest = _take(content)
    if rest:
        raise AttributesMalformed("an attribute has several values")
    return value


def _only(der: bytes, tag: int) -> bytes:
    value, rest = _take(der, tag)
    if rest:
        raise AttributesMalformed("bytes are left over")
    return value.content


def _take(der: bytes, tag: int | None = None) -> tuple[Value, bytes]:
    """The first element and what follows it (X.690 section 10.1: definite length, as short as can be)."""
    if len(der) < 2 or der[0] & 0x1F == 0x1F or (tag is not None and der[0] != tag):
        raise AttributesMalformed("another element was expected")
    length, start = der[1], 2
    if length >= 0x80:
        # 2,048 bytes need no more than two length bytes.
        start += length - 0x80
        length = int.from_bytes(der[2:start])
        if start not in (3, 4) or length < (0x80 if start == 3 else 0x100):
            raise AttributesMalformed("length is not DER")
    if len(der) < start + length:
        raise AttributesMalformed("element is cut off")
    return Value(der[0], der[start : start + length]), der[start + length :]


def _dotted(content: bytes) -> str:
    """X.690 section 8.19: base 128, no leading zero groups; the first two arcs share a number."""
    if not content or content[-1] & 0x80:
        raise AttributesMalformed("object identifier is cut off")
    arcs: list[int] = []
    arc = 0
    for byte in content:
        if arc == 0 and byte == 0x80:
            raise AttributesMalformed("object identifier is not DER")
        arc = arc << 7 | byte & 0x7F
        if not byte & 0x80:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(str(number) for number in (first, arcs[0] - 40 * first, *arcs[1:]))
