"""Certificates that can hardly be read, and keys that cards do not have."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from cardlogin_server.answers.signature import require_fitting_key
from cardlogin_server.answers.token import ALGORITHMS
from cardlogin_server.certificates.leaf import check_leaf, read_leaf, signed_with_good_hash
from cardlogin_server.failures import AlgorithmMismatch, CertificateUnusable, IdentityMalformed, TokenMalformed
from tests.unit.cardlogin_server import pki
from tests.unit.cardlogin_server.pki import Profile, attribute, attributes, issue, oid, rsa_key, utf8

OddKey = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey


@pytest.mark.parametrize("content", [b"", b"\x30\x00", b"\x30\x82\xff\xff", b"-----BEGIN CERTIFICATE-----"])
def test_bytes_that_are_no_certificate(content: bytes) -> None:
    with pytest.raises(TokenMalformed):
        read_leaf(content)


def test_bytes_after_the_certificate() -> None:
    with pytest.raises(TokenMalformed):
        read_leaf(issue().der + b"\0")


def test_key_of_an_unknown_kind() -> None:
    rsa, unknown = oid("1.2.840.113549.1.1.1"), oid("1.2.840.113549.1.1.99")
    with pytest.raises(CertificateUnusable):
        read_leaf(issue().der.replace(rsa, unknown))


def test_certificate_signed_in_an_unknown_way() -> None:
    known, unknown = oid("1.2.840.113549.1.1.11"), oid("1.2.840.113549.1.1.99")
    leaf = read_leaf(issue().der.replace(known, unknown))
    assert not signed_with_good_hash(leaf.certificate)
    with pytest.raises(CertificateUnusable):
        check_leaf(leaf, frozenset({pki.POLICY}))


@pytest.mark.parametrize("algorithm", sorted(ALGORITHMS))
@pytest.mark.parametrize(
    "key",
    [
        pytest.param(ed25519.Ed25519PrivateKey.generate(), id="ed25519"),
        pytest.param(ec.generate_private_key(ec.SECP256K1()), id="secp256k1"),
        pytest.param(ec.generate_private_key(ec.BrainpoolP256R1()), id="brainpool"),
    ],
)
def test_key_that_no_algorithm_is_for(
    algorithm: str, key: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey
) -> None:
    with pytest.raises(AlgorithmMismatch):
        require_fitting_key(algorithm, key.public_key())


@pytest.mark.parametrize(("bits", "good"), [(2047, False), (2048, True), (3072, True)])
def test_size_of_an_rsa_key(bits: int, good: bool) -> None:
    key = rsa_key("size", bits).public_key()
    if good:
        assert require_fitting_key("PS256", key) is key
    else:
        with pytest.raises(CertificateUnusable):
            require_fitting_key("PS256", key)


def test_subject_type_that_is_a_text() -> None:
    text = attributes(attribute("2.16.886.1.100.2.1", utf8(pki.CITIZEN_TYPE)))
    with pytest.raises(IdentityMalformed):
        check_leaf(read_leaf(issue(Profile(attributes=text)).der), frozenset({pki.POLICY}))


def test_one_accepted_policy_among_several_is_enough() -> None:
    leaf = read_leaf(issue(Profile(policies=("1.2.3", pki.POLICY))).der)
    assert check_leaf(leaf, frozenset({pki.POLICY, "1.2.4"})).value == "moica"


def test_extension_twice() -> None:
    # Two different extensions of equal length; renaming one makes it the other's double.
    one, two = x509.ObjectIdentifier("1.2.3.4"), x509.ObjectIdentifier("1.2.3.5")
    more = tuple((x509.UnrecognizedExtension(kind, b"\x05\0"), False) for kind in (one, two))
    doubled = issue(Profile(more=more)).der.replace(oid("1.2.3.5"), oid("1.2.3.4"))
    with pytest.raises(TokenMalformed):
        read_leaf(doubled)
