"""The serial numbers of one revocation list in a sorted binary form that many processes read from one mapping.

Layout (big endian): magic, header (fixed fields, two texts), SHA-256 of the header, then the records that
``crl_der.read_records`` makes. The header holds the SHA-256 of the records, so a half-written file shows itself.
"""

import hashlib
import mmap
import struct
from dataclasses import dataclass
from datetime import UTC, datetime

from cardlogin_server.failures import CertificateRevoked, CertificateSuspended
from cardlogin_server.revocation.crl_der import HOLD, NO_REASON, REMOVED

MAGIC = b"CLIDX\x01\r\n"
_SIZES = struct.Struct(">8sI")
# Number, base number, thisUpdate, nextUpdate, count, width, partition, digest of the list, digest of the records.
_FIXED = struct.Struct(">20s20sqqQBB32s32s")
_TEXTS = struct.Struct(">HHH")
_DIGEST = 32
_DATE = 6
LARGEST_HEADER = 4_096
LARGEST_NUMBER = 1 << 160
# Names as RFC 5280 section 5.3.1 writes them.
_REASONS = {
    1: "keyCompromise",
    2: "cACompromise",
    3: "affiliationChanged",
    4: "superseded",
    5: "cessationOfOperation",
    9: "privilegeWithdrawn",
    10: "aACompromise",
}


class IndexDamaged(Exception):
    """The bytes are not a whole index; the text says why."""


@dataclass(frozen=True, slots=True)
class Header:
    """What is known of the list behind an index; times in UTC to the second.

    ``base`` is the number of the list that a delta list changes, 0 for a list that stands alone. ``partition``: the
    list names its own address. ``delta_url``: where the list says its delta lists are, or empty.
    """

    url: str
    issuer_key_id: bytes
    number: int
    this_update: datetime
    next_update: datetime
    list_sha256: bytes
    partition: bool
    base: int = 0
    delta_url: str = ""


class Index:
    """The entries of one list over any buffer (bytes or a mapped file); immutable and safe for threads."""

    __slots__ = ("_content", "_count", "_start", "_step", "_width", "header")

    def __init__(self, content: "bytes | mmap.mmap") -> None:
        """Checks both digests: once for each file, not for each question. Raises IndexDamaged."""
        try:
            self.header, fixed, self._start = _read_header(content)
        except (struct.error, UnicodeDecodeError, ValueError, OverflowError, OSError) as error:
            raise IndexDamaged("header cannot be read") from error
        self._count, self._width, digest = fixed
        self._step = self._width + 1 + _DATE
        self._content = content
        if len(content) != self._start + self._count * self._step:
            raise IndexDamaged("size is wrong")
        with memoryview(content) as view, view[self._start :] as records:
            if hashlib.sha256(records).digest() != digest:
                raise IndexDamaged("records are damaged")

    def __len__(self) -> int:
        return self._count

    def find(self, serial_number: int) -> tuple[int, datetime] | None:
        """The reason's code and the revocation date of that certificate, or None when it is not on the list."""
        if serial_number.bit_length() > 8 * self._width or serial_number < 0:
            return None
        wanted = serial_number.to_bytes(self._width)
        content, start, step, width = self._content, self._start, self._step, self._width
        low, high = 0, self._count
        while low < high:
            middle = (low + high) >> 1
            place = start + middle * step
            if content[place : place + width] < wanted:
                low = middle + 1
            else:
                high = middle
        place = start + low * step
        if low == self._count or content[place : place + width] != wanted:
            return None
        return content[place + width], _moment(content[place + width + 1 : place + step])

    def check(self, serial_number: int) -> bool:
        """Whether the list says that the certificate is good again (``removeFromCRL``, 停用 lifted).

        Returns False when the list does not mention it. Raises CertificateRevoked or CertificateSuspended.
        """
        found = self.find(serial_number)
        if found is None:
            return False
        code, since = found
        if code == HOLD:
            raise CertificateSuspended(since)
        if code != REMOVED:
            raise CertificateRevoked(since, None if code == NO_REASON else _REASONS.get(code))
        return True


def pack(header: Header, records: list[bytes], width: int) -> bytes:
    """The bytes of an index of these sorted records. Raises ValueError for a header that does not fit."""
    body = b"".join(records)
    url, key_id, delta = header.url.encode(), header.issuer_key_id, header.delta_url.encode()
    fixed = _FIXED.pack(
        header.number.to_bytes(20),
        header.base.to_bytes(20),
        int(header.this_update.timestamp()),
        int(header.next_update.timestamp()),
        len(records),
        width,
        header.partition,
        header.list_sha256,
        hashlib.sha256(body).digest(),
    )
    block = fixed + _TEXTS.pack(len(url), len(key_id), len(delta)) + url + key_id + delta
    if len(block) > LARGEST_HEADER:
        raise ValueError("header is too large")
    top = _SIZES.pack(MAGIC, len(block)) + block
    return top + hashlib.sha256(top).digest() + body


def _read_header(content: "bytes | mmap.mmap") -> tuple[Header, tuple[int, int, bytes], int]:
    magic, size = _SIZES.unpack(content[: _SIZES.size])
    if magic != MAGIC or size > LARGEST_HEADER:
        raise ValueError("not an index")
    end = _SIZES.size + size
    if content[end : end + _DIGEST] != hashlib.sha256(content[:end]).digest():
        raise ValueError("header is damaged")
    block = content[_SIZES.size : end]
    number, base, this, following, count, width, partition, of_list, of_records = _FIXED.unpack(block[: _FIXED.size])
    texts = block[_FIXED.size + _TEXTS.size :]
    lengths = _TEXTS.unpack(block[_FIXED.size : _FIXED.size + _TEXTS.size])
    if sum(lengths) != len(texts):
        raise ValueError("texts do not fit")
    url, key_id = lengths[0], lengths[0] + lengths[1]
    header = Header(
        texts[:url].decode(),
        texts[url:key_id],
        int.from_bytes(number),
        datetime.fromtimestamp(this, UTC),
        datetime.fromtimestamp(following, UTC),
        of_list,
        bool(partition),
        int.from_bytes(base),
        texts[key_id:].decode(),
    )
    return header, (count, width, of_records), end + _DIGEST


def _moment(content: bytes) -> datetime:
    day, second = divmod(int.from_bytes(content), 1_000_000)
    return datetime(
        day // 10_000, day // 100 % 100, day % 100, second // 10_000, second // 100 % 100, second % 100, tzinfo=UTC
    )
