"""Makes the root and the leaf of this computer; the root's key is forgotten before anything is written."""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

ROOT_LIFE = timedelta(days=3650)
# Safari refuses leaves of much more than 800 days even under a root that the user added.
LEAF_LIFE = timedelta(days=797)
# A clock that was a little ahead when the identity was made must not make it "not yet valid".
BACKDATE = timedelta(days=1)
_LOOPBACK = (ipaddress.IPv4Address("127.0.0.1"), ipaddress.IPv6Address("::1"))


@dataclass(frozen=True)
class Identity:
    """PEM texts: the root to be trusted, the leaf, and the leaf's key (PKCS#8, not encrypted)."""

    root: bytes
    leaf: bytes
    leaf_key: bytes


def make_identity(now: datetime | None = None) -> Identity:
    """A new root and leaf; nobody can sign with this root again, because its key ends with this call.

    The root is limited by critical name constraints to localhost, 127.0.0.1 and ::1, path length 0 and server
    authentication (RFC 5280, 4.2.1.9, 4.2.1.10 and 4.2.1.12). P-256 keys.
    """
    moment = (now or datetime.now(UTC)).replace(microsecond=0)
    root_key, leaf_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = _root(root_key, moment)
    leaf = _leaf(root, root_key, leaf_key.public_key(), moment)
    pem = serialization.Encoding.PEM
    key = leaf_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Identity(root.public_bytes(pem), leaf.public_bytes(pem), key)


def _root(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    public = key.public_key()
    # The serial in the name tells the roots of several computers or installations apart.
    name = _name(f"CardLogin localhost root {x509.random_serial_number():040x}"[:41])
    permitted: list[x509.GeneralName] = [x509.DNSName("localhost")]
    permitted += [x509.IPAddress(ipaddress.ip_network(address)) for address in _LOOPBACK]
    return (
        _builder(name, name, public, now, ROOT_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )


def _leaf(
    root: x509.Certificate, root_key: ec.EllipticCurvePrivateKey, public: ec.EllipticCurvePublicKey, now: datetime
) -> x509.Certificate:
    names: list[x509.GeneralName] = [x509.DNSName("localhost"), *(x509.IPAddress(item) for item in _LOOPBACK)]
    identifier = root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    authority = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)
    return (
        _builder(_name("localhost"), root.subject, public, now, LEAF_LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(authority, critical=False)
        .sign(root_key, hashes.SHA256())
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATE)
        .not_valid_after(now - BACKDATE + life)
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _usage(*, digital_signature: bool = False, key_cert_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=key_cert_sign, crl_sign=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
