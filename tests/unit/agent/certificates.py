"""Certificates as cards hold them, and as attackers would make them."""

from collections.abc import Iterable
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.x509.oid import NameOID

from pkcs11_shims.keys import Scheme

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | dsa.DSAPrivateKey
NOT_BEFORE = datetime(2026, 1, 1, tzinfo=UTC)
NOT_AFTER = datetime(2031, 5, 6, 15, 59, 59, tzinfo=UTC)


def usage(*, digital_signature: bool) -> x509.KeyUsage:
    """A key usage for signing or for encryption."""
    return x509.KeyUsage(
        digital_signature=digital_signature, content_commitment=False, key_encipherment=not digital_signature,
        data_encipherment=False, key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False,
        decipher_only=False,
    )  # fmt: skip


def name(*attributes: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    """A name that may break the limits of X.520, as a hostile card's may."""
    return x509.Name([x509.NameAttribute(oid, value, _validate=False) for oid, value in attributes])


def certificate(
    key: Key,
    subject: x509.Name | str = "王小明",
    *,
    digital_signature: bool | None = True,
    not_after: datetime = NOT_AFTER,
    issuer: x509.Name | None = None,
    more: Iterable[x509.ExtensionType] = (),
) -> bytes:
    """A certificate (DER) signed with its own key; `digital_signature` None leaves the key usage out."""
    subject = name((NameOID.COMMON_NAME, subject)) if isinstance(subject, str) else subject
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer or name((NameOID.COMMON_NAME, "Test CA")))
        .public_key(key.public_key())
        .serial_number(4711)
        .not_valid_before(NOT_BEFORE)
        .not_valid_after(not_after)
    )
    if digital_signature is not None:
        builder = builder.add_extension(usage(digital_signature=digital_signature), critical=True)
    for extension in more:
        builder = builder.add_extension(extension, critical=False)
    signing = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(key, signing).public_bytes(serialization.Encoding.DER)


def card_signs(key: Key, payload: bytes, scheme: Scheme) -> bytes:
    """What a card makes of a payload.

    Of a DigestInfo as CKM_RSA_PKCS does: pads it (RFC 8017, 9.2) and raises it to the private exponent, nothing else.
    """
    if isinstance(key, rsa.RSAPrivateKey) and scheme is Scheme.PKCS1:
        size = (key.key_size + 7) // 8
        padded = b"\0\1" + b"\xff" * (size - 3 - len(payload)) + b"\0" + payload
        numbers = key.private_numbers()
        return pow(int.from_bytes(padded), numbers.d, numbers.public_numbers.n).to_bytes(size)
    if isinstance(key, rsa.RSAPrivateKey) and scheme is Scheme.PSS:
        return key.sign(payload, padding.PSS(padding.MGF1(hashes.SHA256()), 32), Prehashed(hashes.SHA256()))
    if isinstance(key, ec.EllipticCurvePrivateKey) and scheme is Scheme.ECDSA:
        r, s = decode_dss_signature(key.sign(payload, ec.ECDSA(Prehashed(_OF_LENGTH[len(payload)]))))
        size = (key.key_size + 7) // 8
        return r.to_bytes(size) + s.to_bytes(size)
    raise AssertionError("a scheme that the key cannot do")


_HASHES = (hashes.SHA1(), hashes.SHA256(), hashes.SHA384(), hashes.SHA512())  # noqa: S303  # old pages ask for it
_OF_LENGTH = {hash_.digest_size: hash_ for hash_ in _HASHES}
