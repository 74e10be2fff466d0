"""Revocation lists one by one: a good one, and each thing that can be wrong with one."""

import base64
from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from hypothesis import given
from hypothesis import strategies as st

from cardlogin_server.failures import CertificateRevoked, CertificateSuspended
from cardlogin_server.revocation.crl import ListRefused, read_list
from tests.unit.cardlogin_server.pki import COMPLETE, NOW, PARTITION, der, impostor, moeaca, moica, oid, rsa_key
from tests.unit.cardlogin_server.revocation.crls import (
    COMPROMISE,
    HOLD,
    OTHER_SERIAL,
    REMOVED,
    complete,
    partition,
    scope,
)

SERIAL = 99


def read(content: bytes, url: str = PARTITION) -> None:
    read_list(content, url, moica().certificate, NOW).check(SERIAL)


def test_good_lists() -> None:
    assert read_list(partition(), PARTITION, moica().certificate, NOW).partition
    found = read_list(complete(), COMPLETE, moica().certificate, NOW)
    assert not found.partition
    assert found.number == 7
    assert found.next_update == NOW + timedelta(hours=12)


def test_complete_list_about_persons_only() -> None:
    found = read_list(complete(scope=scope(user=True)), COMPLETE, moica().certificate, NOW)
    assert not found.partition


def test_list_without_entries() -> None:
    read(complete(revoked=()))


def test_entry_of_another_certificate() -> None:
    read(complete(revoked=((OTHER_SERIAL, HOLD),)))


@pytest.mark.parametrize(("reason", "name"), [(COMPROMISE, "keyCompromise"), (None, None)])
def test_revoked(reason: x509.ReasonFlags | None, name: str | None) -> None:
    with pytest.raises(CertificateRevoked) as caught:
        read(complete(revoked=((SERIAL, reason),)))
    assert caught.value.reason == name
    assert caught.value.revoked_at == NOW - timedelta(days=2)


def test_suspended() -> None:
    with pytest.raises(CertificateSuspended) as caught:
        read(complete(revoked=((SERIAL, HOLD),)))
    assert caught.value.since == NOW - timedelta(days=2)


def test_removed_from_the_list() -> None:
    read(complete(revoked=((SERIAL, REMOVED),)))


def test_entry_with_a_critical_extension_that_is_not_understood() -> None:
    strange = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\0")
    content = complete(revoked=((SERIAL, REMOVED),), entry_more=(strange,))
    with pytest.raises(ListRefused, match="entry has a critical"):
        read(content)


def test_entry_that_cannot_be_read() -> None:
    good = complete(revoked=((SERIAL, HOLD),))
    content = x509.load_der_x509_crl(good).tbs_certlist_bytes
    # Reason 6 (hold) becomes 99, which does not exist.
    spoilt = signed(content.replace(b"\x0a\x01\x06", b"\x0a\x01\x63"))
    with pytest.raises(ListRefused, match="entry cannot be read"):
        read(spoilt)


def signed(content: bytes) -> bytes:
    """A list of that content, signed by the citizen authority."""
    signature = rsa_key("moica").sign(content, padding.PKCS1v15(), hashes.SHA256())
    algorithm = der(0x30, oid("1.2.840.113549.1.1.11"), der(0x05))
    return der(0x30, content, algorithm, der(0x03, b"\0", signature))


def unsigned() -> bytes:
    content = bytearray(complete())
    content[-1] ^= 1
    return bytes(content)


def sha1() -> bytes:
    good = x509.load_der_x509_crl(complete())
    weak = oid("1.2.840.113549.1.1.5")
    content = good.tbs_certlist_bytes.replace(oid("1.2.840.113549.1.1.11"), weak, 1)
    signature = rsa_key("moica").sign(content, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303
    return der(0x30, content, der(0x30, weak, der(0x05)), der(0x03, b"\0", signature))


def without_next_update() -> bytes:
    good = x509.load_der_x509_crl(complete())
    moment = der(0x17, good.next_update_utc.strftime("%y%m%d%H%M%SZ").encode())  # type: ignore[union-attr]
    start = 4 if good.tbs_certlist_bytes[1] == 0x82 else 3
    return signed(der(0x30, good.tbs_certlist_bytes.replace(moment, b"", 1)[start:]))


UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\0")


@pytest.mark.parametrize(
    ("make", "why"),
    [
        pytest.param(unsigned, "not signed", id="unsigned"),
        pytest.param(sha1, "hash", id="sha1"),
        pytest.param(lambda: complete(signer=moeaca()), "not signed", id="signed_by_another_authority"),
        pytest.param(lambda: complete(issuer=moeaca()), "issuer's name", id="list_of_another_authority"),
        pytest.param(lambda: complete(issuer=impostor()), "authority key", id="same_name_other_key"),
        pytest.param(lambda: complete(signer=impostor()), "not signed", id="same_name_claiming_the_right_key"),
        pytest.param(lambda: complete(key_identifier=False), "authority key", id="no_authority_key_id"),
        pytest.param(lambda: complete(next_update=NOW), "stale", id="stale"),
        pytest.param(lambda: complete(this_update=NOW + timedelta(minutes=6)), "future", id="from_the_future"),
        pytest.param(without_next_update, "no next update", id="no_next_update"),
        pytest.param(lambda: complete(number=None), "no number", id="no_number"),
        pytest.param(lambda: partition(scope=scope(COMPLETE)), "another partition", id="wrong_scope"),
        pytest.param(lambda: partition(scope=scope(PARTITION, ca=True)), "not about", id="authorities_only"),
        pytest.param(lambda: partition(scope=scope(PARTITION, attribute=True)), "not about", id="attributes_only"),
        pytest.param(lambda: partition(scope=scope(PARTITION, indirect=True)), "indirect", id="indirect"),
        pytest.param(
            lambda: partition(scope=scope(PARTITION, reasons=frozenset({COMPROMISE}))),
            "some reasons",
            id="some_reasons",
        ),
        pytest.param(lambda: complete(more=((x509.DeltaCRLIndicator(1), True),)), "critical", id="delta"),
        pytest.param(lambda: complete(more=((UNKNOWN, True),)), "critical", id="unknown_critical_extension"),
        pytest.param(lambda: complete() + b"\0", "cannot be read", id="bytes_left_over"),
        pytest.param(lambda: base64.b64encode(complete()), "cannot be read", id="base64"),
        pytest.param(lambda: b"<html>404</html>", "cannot be read", id="a_web_page"),
        pytest.param(lambda: b"", "cannot be read", id="empty"),
    ],
)
def test_list_is_refused(make: Callable[[], bytes], why: str) -> None:
    with pytest.raises(ListRefused, match=why):
        read(make())


def test_clock_five_minutes_behind_the_authority() -> None:
    read(complete(this_update=NOW + timedelta(minutes=5)))


def test_unknown_extension_that_is_not_critical() -> None:
    read(complete(more=((UNKNOWN, False),)))


@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=8))
def test_no_changed_list_is_believed(place: int, change: bytes) -> None:
    good = partition()
    place %= len(good)
    bad = good[:place] + change + good[place + len(change) :]
    if bad == good:
        return
    with pytest.raises(ListRefused):
        read(bad)
