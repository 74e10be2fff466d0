"""The index of a list: what it finds, against OpenSSL and PyCA, and every way its bytes can be damaged."""

import contextlib
import random
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from cardlogin_server.failures import CertificateRevoked, CertificateSuspended
from cardlogin_server.revocation.crl import ListRefused, read_list
from cardlogin_server.revocation.crl_der import HOLD, REMOVED, DerMalformed, enter, find_parts, read_records
from cardlogin_server.revocation.index import Header, Index, IndexDamaged, pack
from tests.stand.waiting import LIMIT
from tests.unit.cardlogin_server.pki import COMPLETE, NOW, der, moica
from tests.unit.cardlogin_server.revocation.crls import COMPROMISE, complete
from tests.unit.cardlogin_server.revocation.test_crl import signed

REASONS = [None, *(flag for flag in x509.ReasonFlags if flag is not x509.ReasonFlags.unspecified)]
DATE = der(0x17, b"261030120000Z")


def header(**changes: object) -> Header:
    """A good header."""
    known: dict[str, object] = {
        "url": COMPLETE,
        "issuer_key_id": b"k" * 20,
        "number": 7,
        "this_update": NOW,
        "next_update": NOW + timedelta(days=1),
        "list_sha256": b"h" * 32,
        "partition": False,
    }
    return Header(**(known | changes))  # type: ignore[arg-type]


def entry(serial: bytes, date: bytes = DATE, tail: bytes = b"") -> bytes:
    """The DER of one entry."""
    return der(0x30, der(0x02, serial), date, tail)


def reason(code: int, *, critical: bool = False) -> bytes:
    """The DER of an entry's extensions that give a reason."""
    flag = b"\x01\x01\xff" if critical else b""
    return der(0x30, der(0x30, der(0x06, bytes.fromhex("551d15")), flag, der(0x04, der(0x0A, bytes((code,))))))


def index_of(*entries: bytes) -> Index:
    content = b"".join(entries)
    return Index(pack(header(), *read_records(content, 0, len(content))))


@given(st.dictionaries(st.integers(1, (1 << 159) - 1), st.sampled_from(REASONS), max_size=40), st.integers(0, 1 << 159))
def test_finds_what_pyca_finds(entries: dict[int, x509.ReasonFlags | None], other: int) -> None:
    # A reason that is not in a complete list has its own tests.
    content = complete(revoked=tuple((serial, flag) for serial, flag in entries.items()))
    index = read_list(content, COMPLETE, moica().certificate, NOW).index
    assert len(index) == len(entries)
    for serial, flag in entries.items():
        found = index.find(serial)
        assert found is not None
        assert found[1] == NOW - timedelta(days=2)
        expected = {x509.ReasonFlags.certificate_hold: HOLD, x509.ReasonFlags.remove_from_crl: REMOVED}
        if flag in expected:
            assert found[0] == expected[flag]
        elif flag is not None:
            with pytest.raises(CertificateRevoked) as caught:
                index.check(serial)
            assert caught.value.reason == flag.value
    if other not in entries:
        assert index.find(other) is None


def test_openssl_reads_the_same_entries(tmp_path: Path) -> None:
    chosen = random.Random(5)
    entries = tuple((chosen.getrandbits(chosen.choice((8, 63, 64, 128, 159))) or 1, COMPROMISE) for _ in range(300))
    content = complete(revoked=entries)
    (tmp_path / "list.crl").write_bytes(content)
    command = ["openssl", "crl", "-inform", "DER", "-noout", "-text", "-in", str(tmp_path / "list.crl")]
    text = subprocess.run(command, check=True, capture_output=True, text=True, timeout=LIMIT).stdout
    theirs = [int(line.split()[-1], 16) for line in text.splitlines() if "Serial Number:" in line]
    index = read_list(content, COMPLETE, moica().certificate, NOW).index
    assert len(theirs) == len(index) == 300
    assert all(index.find(serial) for serial in theirs)


def test_neighbours_of_an_entry_are_not_found() -> None:
    index = index_of(entry(b"\x10\x00"), entry(b"\x7f\xff"))
    assert index.find(0x1000)
    for serial in (0x0FFF, 0x1001, 0x10, 0x7FFE, 0x8000, 0x100000, 0, -0x1000, 1 << 200):
        assert index.find(serial) is None


def test_dates_of_both_centuries_and_both_kinds() -> None:
    index = index_of(entry(b"\x01", der(0x17, b"990102030405Z")), entry(b"\x02", der(0x18, b"20510102030405Z")))
    first, second = index.find(1), index.find(2)
    assert first is not None
    assert second is not None
    assert (first[1].year, second[1].year, second[1].second) == (1999, 2051, 5)


@pytest.mark.parametrize("order", [(6, 1), (1, 6), (8, 1), (1, 8), (8, 6), (6, 8)])
def test_most_severe_of_two_entries_decides(order: tuple[int, int]) -> None:
    index = index_of(*(entry(b"\x05", tail=reason(code)) for code in order))
    with pytest.raises(CertificateRevoked if 1 in order else CertificateSuspended):
        index.check(5)


def test_reason_unspecified() -> None:
    with pytest.raises(CertificateRevoked) as caught:
        index_of(entry(b"\x05", tail=reason(0))).check(5)
    assert caught.value.reason is None


def test_reason_marked_critical_and_invalidity_date() -> None:
    day = der(0x30, der(0x06, bytes.fromhex("551d18")), b"\x01\x01\xff", der(0x04, der(0x18, b"20261030120000Z")))
    both = der(0x30, reason(6, critical=True)[2:], day)
    with pytest.raises(CertificateSuspended):
        index_of(entry(b"\x05", tail=both)).check(5)


ISSUER = der(0x30, der(0x30, der(0x06, bytes.fromhex("551d1d")), b"\x01\x01\xff", der(0x04, der(0x30))))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(entry(b"\x80"), id="negative_serial"),
        pytest.param(entry(b""), id="empty_serial"),
        pytest.param(entry(b"\x01" * 21), id="serial_of_21_bytes"),
        pytest.param(entry(b"\x01", der(0x17, b"2610301200Z")), id="date_without_seconds"),
        pytest.param(entry(b"\x01", der(0x17, b"261030120000+")), id="date_without_z"),
        pytest.param(entry(b"\x01", der(0x17, b"26103012000aZ")), id="date_of_letters"),
        pytest.param(entry(b"\x01", der(0x0C, b"261030120000Z")), id="date_as_text"),
        pytest.param(entry(b"\x01", der(0x18, b"261030120000Z")), id="date_of_the_wrong_kind"),
        pytest.param(entry(b"\x01", b""), id="no_date"),
        pytest.param(entry(b"\x01", tail=reason(7)), id="reason_seven"),
        pytest.param(entry(b"\x01", tail=reason(11)), id="reason_eleven"),
        pytest.param(entry(b"\x01", tail=der(0x30)), id="no_extension_in_extensions"),
        pytest.param(entry(b"\x01", tail=reason(1) + reason(1)), id="extensions_twice"),
        pytest.param(entry(b"\x01", tail=der(0x30, reason(1)[2:], reason(1)[2:])), id="extension_twice"),
        pytest.param(entry(b"\x01", tail=ISSUER), id="entry_of_another_issuer"),
        pytest.param(entry(b"\x01")[:-1], id="cut_off"),
        pytest.param(entry(b"\x01") + b"\x30", id="left_over"),
        pytest.param(b"\x31" + entry(b"\x01")[1:], id="no_sequence"),
        pytest.param(b"\x30\x80" + entry(b"\x01")[2:] + b"\0\0", id="indefinite_length"),
        pytest.param(b"\x30\x81" + entry(b"\x01")[1:], id="long_length"),
    ],
)
def test_entry_that_is_not_understood_spoils_the_list(content: bytes) -> None:
    with pytest.raises(DerMalformed):
        read_records(content, 0, len(content))


@pytest.mark.parametrize(
    "date", [b"261330120000Z", b"260230120000Z", b"261030250000Z", b"261030126000Z", b"261030120060Z"]
)
def test_signed_list_with_a_day_that_does_not_exist_is_refused(date: bytes) -> None:
    content = x509.load_der_x509_crl(complete()).tbs_certlist_bytes
    day = (NOW - timedelta(days=2)).strftime("%y%m%d%H%M%SZ").encode()
    assert content.count(day) == 1
    with pytest.raises(ListRefused):
        read_list(signed(content.replace(day, date)), COMPLETE, moica().certificate, NOW)


@given(st.binary(max_size=80))
def test_no_bytes_break_the_walker(content: bytes) -> None:
    for walk in (lambda: read_records(content, 0, len(content)), lambda: find_parts(content)):
        with contextlib.suppress(DerMalformed):
            walk()


@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=4))
def test_changed_list_is_walked_as_pyca_reads_it_or_refused(place: int, change: bytes) -> None:
    """The walker and PyCA must not see two lists in the same bytes."""
    good = complete(revoked=((5, COMPROMISE), (6, None), (1 << 150, COMPROMISE)))
    place %= len(good)
    bad = good[:place] + change + good[place + len(change) :]
    try:
        records, width = read_records(bad, *find_parts(bad).entries)
        theirs = x509.load_der_x509_crl(bad)
        expected = sorted(item.serial_number for item in theirs)
    except (ValueError, TypeError, x509.InvalidVersion):
        return
    assert [int.from_bytes(record[:width]) for record in records] == expected
    assert theirs.tbs_certlist_bytes == bad[slice(*find_parts(bad).signed)]


@pytest.mark.parametrize(
    "content",
    [b"", b"\x30", b"\x30\x81\x7f", b"\x30\x82\x00\xff", b"\x30\x85\0\0\0\0\1\0", b"\x30\x84\x7f\xff\xff\xff"],
)
def test_lengths_that_are_not_der_or_lie(content: bytes) -> None:
    with pytest.raises(DerMalformed):
        enter(content, 0, len(content), 0x30)


def test_two_signature_algorithms() -> None:
    good = complete()
    start, end = find_parts(good).signed
    inner = bytes.fromhex("300d06092a864886f70d01010b0500")
    other = bytes.fromhex("300d06092a864886f70d01010c0500")
    spoilt = signed(good[start:end].replace(inner, other, 1))
    with pytest.raises(ListRefused):
        read_list(spoilt, COMPLETE, moica().certificate, NOW)


def test_header_comes_back() -> None:
    known = header(base=5, number=(1 << 160) - 1, delta_url="http://crl.test/d", partition=True)
    assert Index(pack(known, [], 1)).header == known


def test_header_that_does_not_fit() -> None:
    with pytest.raises((ValueError, OverflowError)):
        pack(header(url="u" * 5_000), [], 1)
    with pytest.raises(OverflowError):
        pack(header(number=1 << 160), [], 1)


def some_index() -> bytes:
    content = b"".join(entry(bytes((1, number)), tail=reason(1)) for number in range(20))
    return pack(header(), *read_records(content, 0, len(content)))


def test_every_cut_is_noticed() -> None:
    whole = some_index()
    for length in range(len(whole)):
        with pytest.raises(IndexDamaged):
            Index(whole[:length])


def test_every_changed_byte_is_noticed() -> None:
    whole = some_index()
    for place in range(len(whole)):
        with pytest.raises(IndexDamaged):
            Index(whole[:place] + bytes((whole[place] ^ 1,)) + whole[place + 1 :])


def test_bytes_left_over_are_noticed() -> None:
    with pytest.raises(IndexDamaged):
        Index(some_index() + b"\0")


@given(st.binary(max_size=300))
def test_no_bytes_are_an_index_by_chance(content: bytes) -> None:
    with pytest.raises(IndexDamaged):
        Index(content)


def test_index_is_smaller_than_its_list() -> None:
    content = complete(revoked=tuple((serial << 120 | 1, COMPROMISE) for serial in range(1, 200)))
    found = read_list(content, COMPLETE, moica().certificate, NOW)
    assert len(found.packed) < len(x509.load_der_x509_crl(content).public_bytes(Encoding.DER))
