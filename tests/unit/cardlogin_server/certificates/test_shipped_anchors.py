"""The government's authorities as shipped: pinned, leading to their roots, and refusing what is not theirs."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature

from cardlogin_server import Anchors
from cardlogin_server import failures as f
from cardlogin_server.certificates.anchors import ISSUERS, ROOTS, AnchorChanged, shipped
from cardlogin_server.certificates.authorities import subject_key_id
from cardlogin_server.certificates.families import Family, issues_for
from cardlogin_server.certificates.leaf import read_leaf
from cardlogin_server.certificates.path import check_dates
from cardlogin_server.certificates.profile import PRODUCTION_POLICIES
from tests.unit.cardlogin_server import pki
from tests.unit.cardlogin_server.pki import NOW, Profile, issue

KEY_IDENTIFIERS = {
    "fa9b3467090a9822f762488b8226a645c5c322a4": Family.CITIZEN,
    "4720a3b1264bcd6d48acf2640886972c7454115f": Family.CITIZEN,
    "99447a0272eb6d6522b302578fd6a1dd3a020f6c": Family.COMPANY,
}
ALL = ROOTS | ISSUERS


def certificates(table: dict[str, str]) -> list[x509.Certificate]:
    return [x509.load_der_x509_certificate(der) for der in shipped(table)]


def test_shipped_files_are_the_pinned_ones() -> None:
    assert [hashlib.sha256(der).hexdigest() for der in shipped(ALL)] == list(ALL.values())


def test_taiwan_is_ready_made() -> None:
    assert isinstance(Anchors.taiwan(), Anchors)


@pytest.mark.parametrize("name", sorted(ALL))
@pytest.mark.parametrize("place", [0, 100, -1])
def test_changed_byte_refuses_to_load(tmp_path: Path, name: str, place: int) -> None:
    for each, der in zip(ALL, shipped(ALL), strict=True):
        changed = bytearray(der)
        changed[place] ^= 1 if each == name else 0
        (tmp_path / each).write_bytes(changed)
    with pytest.raises(AnchorChanged, match=name):
        shipped(ALL, tmp_path)


def test_other_genuine_certificate_in_the_place_of_a_pinned_one(tmp_path: Path) -> None:
    (tmp_path / "grca-g2.cer").write_bytes(shipped(ROOTS)[1])
    with pytest.raises(AnchorChanged):
        shipped({"grca-g2.cer": ROOTS["grca-g2.cer"]}, tmp_path)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="grca-g2"):
        shipped(ROOTS, tmp_path)


def test_every_issuer_leads_to_exactly_one_root() -> None:
    for issuer in certificates(ISSUERS):
        signers = 0
        for root in certificates(ROOTS):
            try:
                issuer.verify_directly_issued_by(root)
                signers += 1
            except (ValueError, InvalidSignature):
                continue
        assert signers == 1


def test_issuers_are_known_by_key_identifier_and_belong_to_their_family() -> None:
    found = {subject_key_id(issuer).hex(): issuer for issuer in certificates(ISSUERS)}
    assert set(found) == set(KEY_IDENTIFIERS)
    for identifier, family in KEY_IDENTIFIERS.items():
        assert issues_for(found[identifier], family)


def test_generations_of_one_name_are_told_apart_by_key() -> None:
    older, newer, _ = certificates(ISSUERS)
    assert older.subject == newer.subject
    assert subject_key_id(older) != subject_key_id(newer)


@pytest.mark.parametrize("identifier", sorted(KEY_IDENTIFIERS))
def test_impostor_that_names_a_shipped_authority_key(identifier: str) -> None:
    anchors = Anchors.taiwan()
    leaf = read_leaf(issue(Profile(authority_key_id=bytes.fromhex(identifier))).der)
    issuer = anchors.issuer_named_by(leaf)
    with pytest.raises(f.CertificateUntrusted):
        anchors.issuer_of(leaf)
    with pytest.raises(f.CertificateUntrusted):
        anchors.check_path(leaf, issuer, NOW, policies=PRODUCTION_POLICIES)


def test_card_of_the_test_pki_is_not_under_the_shipped_anchors() -> None:
    with pytest.raises(f.CertificateUntrusted, match="not configured"):
        Anchors.taiwan().issuer_of(read_leaf(issue().der))


@pytest.mark.parametrize("name", sorted(ISSUERS))
def test_real_issuer_passes_the_path_check_as_a_leaf_would(name: str) -> None:
    """No citizen's certificate is stored here; an issuing authority's own certificate takes the leaf's place."""
    (der,) = shipped({name: ISSUERS[name]})
    leaf = read_leaf(der)
    roots = shipped(ROOTS)
    anchors = Anchors.from_der(roots, roots)
    path = anchors.check_path(leaf, anchors.issuer_of(leaf), NOW, policies=PRODUCTION_POLICIES)
    assert [certificate.fingerprint(path[0].signature_hash_algorithm or 0) for certificate in path[1:]]  # type: ignore[arg-type]
    with pytest.raises(f.CertificateUntrusted):
        anchors.check_path(
            leaf, anchors.issuer_of(leaf), datetime(2060, 1, 1, tzinfo=UTC), policies=PRODUCTION_POLICIES
        )
    with pytest.raises(f.CertificateExpired):
        check_dates(leaf, datetime(2060, 1, 1, tzinfo=UTC))


def test_policy_of_a_real_path_must_be_accepted() -> None:
    (der,) = shipped({"moica-g2.cer": ISSUERS["moica-g2.cer"]})
    leaf, roots = read_leaf(der), shipped(ROOTS)
    anchors = Anchors.from_der(roots, roots)
    with pytest.raises(f.CertificatePolicyRefused):
        anchors.check_path(leaf, anchors.issuer_of(leaf), NOW, policies=frozenset({pki.POLICY + ".1"}))
