"""Certificates as cards hold them, and as attackers would make them."""

from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.x509.oid import NameOID

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | dsa.DSAPrivateKey
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
) -> bytes:
    """A self-signed certificate (DER); `digital_signature` None leaves the key usage out."""
    subject = name((NameOID.COMMON_NAME, subject)) if isinstance(subject, str) else subject
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(name((NameOID.COMMON_NAME, "Test CA")))
        .public_key(key.public_key())
        .serial_number(4711)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(not_after)
    )
    if digital_signature is not None:
        builder = builder.add_extension(usage(digital_signature=digital_signature), critical=True)
    signing = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(key, signing).public_bytes(serialization.Encoding.DER)
