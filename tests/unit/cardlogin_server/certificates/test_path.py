"""Anchors as an operator may configure them, and the choice of the issuer."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from cardlogin_server import Anchors
from cardlogin_server.certificates.leaf import read_leaf
from cardlogin_server.failures import CertificateUntrusted
from tests.unit.cardlogin_server import pki
from tests.unit.cardlogin_server.pki import NOW, Profile, issue, make_authority, moeaca, moica, root


def write(folder: Path, kind: str, **files: bytes) -> None:
    (folder / kind).mkdir()
    for name, content in files.items():
        (folder / kind / f"{name}.cer").write_bytes(content)


def test_anchors_from_folder(tmp_path: Path) -> None:
    write(tmp_path, "anchors", root=root().der)
    write(tmp_path, "issuers", moica=moica().der, moeaca=moeaca().der)
    assert Anchors.from_folder(tmp_path).issuer_of(read_leaf(issue().der)) == moica().certificate


def test_folder_without_anchors(tmp_path: Path) -> None:
    write(tmp_path, "issuers", moica=moica().der)
    with pytest.raises(ValueError, match="at least one"):
        Anchors.from_folder(tmp_path)


def test_file_too_large_for_a_certificate(tmp_path: Path) -> None:
    write(tmp_path, "anchors", root=root().der + bytes(20_000))
    with pytest.raises(ValueError, match="too large"):
        Anchors.from_folder(tmp_path)


@pytest.mark.parametrize("content", [b"", b"-----BEGIN CERTIFICATE-----\n", b"\x30\x00"])
def test_file_that_is_no_certificate(content: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Anchors.from_der([content], [moica().der])


def test_anchor_of_an_unknown_version() -> None:
    version = bytes.fromhex("a003020102")
    with pytest.raises(ValueError, match="version"):
        Anchors.from_der([root().der.replace(version, bytes.fromhex("a003020141"), 1)], [moica().der])


def test_leaf_as_anchor() -> None:
    with pytest.raises(ValueError, match="authority"):
        Anchors.from_der([issue().der], [moica().der])


def test_sha1_certificate_as_anchor() -> None:
    with pytest.raises(ValueError, match="hash"):
        Anchors.from_der([pki.issue_sha1().der], [moica().der])


def test_two_issuers_with_one_key_identifier() -> None:
    twin = make_authority("moica", pki.ca_name("工商憑證管理中心"), root())
    with pytest.raises(ValueError, match="same key identifier"):
        Anchors.from_der([root().der], [moica().der, twin.der])


def test_two_generations_of_one_name_are_told_apart_by_key() -> None:
    newer = make_authority("moica newer", pki.ca_name("內政部憑證管理中心"), root())
    anchors = Anchors.from_der([root().der], [moica().der, newer.der])
    assert anchors.issuer_of(read_leaf(issue().der)) == moica().certificate
    assert anchors.issuer_of(read_leaf(issue(Profile(issuer=newer)).der)) == newer.certificate


def test_issuer_that_does_not_lead_to_the_anchor() -> None:
    # The operator put a stranger's authority into the folder: a hint, no trust.
    anchors = Anchors.from_der([root().der], [pki.impostor().der])
    leaf = read_leaf(issue(Profile(issuer=pki.impostor())).der)
    with pytest.raises(CertificateUntrusted):
        anchors.check_path(leaf, anchors.issuer_of(leaf), NOW, policies=frozenset({pki.POLICY}))


def test_authority_below_an_issuing_authority() -> None:
    below = make_authority("below", pki.ca_name("內政部憑證管理中心 "), moica())
    anchors = Anchors.from_der([root().der], [below.der, moica().der])
    leaf = read_leaf(issue(Profile(issuer=below)).der)
    with pytest.raises(CertificateUntrusted):
        anchors.check_path(leaf, anchors.issuer_of(leaf), NOW, policies=frozenset({pki.POLICY}))


def test_leaf_without_authority_key_identifier() -> None:
    anchors = Anchors.from_der([root().der], [moica().der])
    with pytest.raises(CertificateUntrusted, match="names no authority key"):
        anchors.issuer_of(read_leaf(issue(Profile(authority_key_id=b"")).der))


def test_authority_that_may_not_sign_lists() -> None:
    half = Profile(usage=pki.CA_AND_LEAF_USAGE, more=((x509.BasicConstraints(ca=True, path_length=None), True),))
    with pytest.raises(ValueError, match="not one of an authority"):
        Anchors.from_der([issue(half).der], [moica().der])


@pytest.mark.parametrize("kept", [x509.KeyUsage, x509.BasicConstraints, None])
def test_authority_without_the_extensions_of_one(kept: type[x509.ExtensionType] | None) -> None:
    bare = x509.CertificateBuilder().subject_name(pki.ROOT_NAME).issuer_name(pki.ROOT_NAME)
    bare = bare.public_key(root().key.public_key()).serial_number(1)
    bare = bare.not_valid_before(NOW).not_valid_after(NOW + timedelta(days=1))
    for extension in root().certificate.extensions:
        if isinstance(extension.value, kept or (x509.KeyUsage, x509.BasicConstraints)):
            bare = bare.add_extension(extension.value, extension.critical)
    der = bare.sign(root().key, hashes.SHA256()).public_bytes(Encoding.DER)
    with pytest.raises(ValueError, match="key identifier" if kept is None else "lacks"):
        Anchors.from_der([root().der], [der])
