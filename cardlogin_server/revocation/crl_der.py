"""Walks the DER of a revocation list without copying it: what is signed, and the entries as records of an index."""

from dataclasses import dataclass

INTEGER, BOOLEAN, OCTET_STRING, OID, ENUMERATED, SEQUENCE = 0x02, 0x01, 0x04, 0x06, 0x0A, 0x30
UTC_TIME, GENERALIZED_TIME, EXTENSIONS = 0x17, 0x18, 0xA0
LONGEST_SERIAL = 20
_REASON, _INVALIDITY_DATE = bytes.fromhex("551d15"), bytes.fromhex("551d18")

NO_REASON, HOLD, REMOVED = 0, 0xF0, 0xF1
"""How a record writes "no reason"; ``certificateHold`` and ``removeFromCRL`` sort after every final reason."""
# Unspecified (0) should not be written, but is.
_CODES = {0: NO_REASON, 1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: HOLD, 8: REMOVED, 9: 9, 10: 10}


class DerMalformed(ValueError):
    """The bytes are not the DER of a revocation list; the text says why."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Where the parts of a list are: the signed bytes, both algorithm identifiers, the entries' contents."""

    signed: tuple[int, int]
    algorithms_agree: bool
    entries: tuple[int, int]


def find_parts(der: bytes) -> Parts:
    """The parts of one CertificateList (RFC 5280 section 5.1), which must fill the bytes. Raises DerMalformed."""
    start, end = enter(der, 0, len(der), SEQUENCE)
    if end != len(der):
        raise DerMalformed("bytes are left over")
    inside, signed_end = enter(der, start, end, SEQUENCE)
    _, outer_end = enter(der, signed_end, end, SEQUENCE)
    place = _skip(der, inside, signed_end, INTEGER) if der[inside] == INTEGER else inside
    _, inner_end = enter(der, place, signed_end, SEQUENCE)
    agree = der[place:inner_end] == der[signed_end:outer_end]
    return Parts((start, signed_end), agree, _entries(der, inner_end, signed_end))


def _entries(der: bytes, place: int, end: int) -> tuple[int, int]:
    place = _skip(der, place, end, SEQUENCE)
    place = _skip(der, place, end, UTC_TIME, GENERALIZED_TIME)
    if place < end and der[place] in (UTC_TIME, GENERALIZED_TIME):
        place = _skip(der, place, end, UTC_TIME, GENERALIZED_TIME)
    if place < end and der[place] == SEQUENCE:
        return enter(der, place, end, SEQUENCE)
    return place, place


def read_records(der: bytes, place: int, end: int) -> tuple[list[bytes], int]:
    """The entries between two places as sorted records of an index, and the width of their serial numbers.

    A record is the serial number (big endian, zero-filled), the reason's code and the date as fourteen decimal digits
    in six bytes. The first of several records of one serial number is the most severe. Raises DerMalformed for
    anything that cannot be understood wholly: then no entry may be believed (RFC 5280 section 5.3).
    """
    found: list[bytes] = []
    width = 1
    codes: dict[bytes, bytes] = {b"": bytes((NO_REASON,))}
    add = found.append
    try:
        while place < end:
            # The loop of a long list: written out, because a call for each field costs more than the rest.
            serial_at, size = place + 4, der[place + 3]
            stop = place + 2 + der[place + 1]
            date_at = serial_at + size
            if der[place] != SEQUENCE or der[place + 2] != INTEGER or stop > end or der[place + 1] > 0x7F:
                raise DerMalformed("entry cannot be read")
            serial = der[serial_at:date_at]
            if not 0 < size <= LONGEST_SERIAL or serial[0] > 0x7F:
                raise DerMalformed("entry has a serial number out of range")
            date, rest = _date(der, date_at, stop)
            tail = der[rest:stop]
            code = codes.get(tail)
            if code is None:
                code = codes[tail] = bytes((_reason(tail),))
            if size > width:
                width = size
            add(serial.rjust(LONGEST_SERIAL, b"\0") + code + date)
            place = stop
    except IndexError as error:
        raise DerMalformed("entry is cut off") from error
    found.sort()
    # In place: a second list of as many would double the memory.
    for number, record in enumerate(found):
        found[number] = record[LONGEST_SERIAL - width :]
    return found, width


def _date(der: bytes, place: int, stop: int) -> tuple[bytes, int]:
    """The date as six bytes, and where it ends (RFC 5280 section 5.1.2.6: seconds, Z)."""
    kind = der[place]
    end = place + (15 if kind == UTC_TIME else 17)
    digits = der[place + 2 : end - 1]
    if end > stop or der[end - 1] != 0x5A or not digits.isdigit():
        raise DerMalformed("entry has a date that cannot be read")
    if kind == UTC_TIME and der[place + 1] == 13:
        return int((b"19" if digits[0] >= 0x35 else b"20") + digits).to_bytes(6), end
    if kind == GENERALIZED_TIME and der[place + 1] == 15:
        return int(digits).to_bytes(6), end
    raise DerMalformed("entry has a date that cannot be read")


def _reason(tail: bytes) -> int:
    """The code of the reason in the extensions of an entry."""
    place, end = enter(tail, 0, len(tail), SEQUENCE)
    if end != len(tail) or place == end:
        raise DerMalformed("entry cannot be read")
    code, seen = NO_REASON, set()
    while place < end:
        inside, place = enter(tail, place, end, SEQUENCE)
        name, critical, value = _extension(tail, inside, place)
        if name in seen:
            raise DerMalformed("entry has an extension twice")
        seen.add(name)
        if name == _REASON:
            code = _code(value)
        elif critical and name != _INVALIDITY_DATE:
            raise DerMalformed("entry has a critical extension that is not understood")
    return code


def _extension(tail: bytes, place: int, end: int) -> tuple[bytes, bool, bytes]:
    start, place = enter(tail, place, end, OID)
    name = tail[start:place]
    critical = tail[place : place + 3] == b"\x01\x01\xff"
    start, stop = enter(tail, place + 3 if critical else place, end, OCTET_STRING)
    if stop != end:
        raise DerMalformed("entry cannot be read")
    return name, critical, tail[start:stop]


def _code(value: bytes) -> int:
    if len(value) != 3 or value[:2] != b"\x0a\x01" or value[2] not in _CODES:
        raise DerMalformed("entry cannot be read: unknown reason")
    return _CODES[value[2]]


def _skip(der: bytes, place: int, end: int, *tags: int) -> int:
    return enter(der, place, end, *tags)[1]


def enter(der: bytes, place: int, end: int, *tags: int) -> tuple[int, int]:
    """Where the contents of the element at that place begin and end (X.690 section 10.1). Raises DerMalformed."""
    if place + 2 > end or der[place] not in tags:
        raise DerMalformed("another element was expected")
    length, start = der[place + 1], place + 2
    if length >= 0x80:
        count = length - 0x80
        start += count
        length = int.from_bytes(der[place + 2 : start])
        if not 1 <= count <= 4 or start > end or length < max(0x80, 1 << 8 * (count - 1)):
            raise DerMalformed("length is not DER")
    if start + length > end:
        raise DerMalformed("element is cut off")
    return start, start + length
