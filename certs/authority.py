"""Makes the root and all leaves of this computer; the root's key is forgotten before anything is written."""

import ipaddress
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

ROOT_LIFE = timedelta(days=3650)
# Safari refuses leaves of much more than 800 days even under a root that the user added.
LEAF_LIFE = timedelta(days=797)
# Two leaves are good at the same time this long, so that a change is never late and never needs a prompt.
OVERLAP = timedelta(days=60)
# A clock that was a little ahead when the identity was made must not make it "not yet valid".
BACKDATE = timedelta(days=1)
NAME = "CardLogin localhost root"  # how the common name of every root begins
_PEM = serialization.Encoding.PEM
_Period = tuple[datetime, datetime]
_LOOPBACK = (ipaddress.IPv4Address("127.0.0.1"), ipaddress.IPv6Address("::1"))
_PERMITTED: list[x509.GeneralName] = [x509.DNSName("localhost")]
_PERMITTED += [x509.IPAddress(ipaddress.ip_network(address)) for address in _LOOPBACK]
_CONSTRAINTS = x509.NameConstraints(_PERMITTED, None)


@dataclass(frozen=True)
class LeafPair:
    """One leaf and its key (PKCS#8, not encrypted), as PEM, and when the leaf is good (UTC)."""

    certificate: bytes
    key: bytes
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True)
class Identity:
    """The root to be trusted, as PEM, when it is good (UTC), its leaves, oldest first, and their own name."""

    root: bytes
    not_before: datetime
    not_after: datetime
    leaves: tuple[LeafPair, ...]
    name: str


def make_identity(now: datetime | None = None) -> Identity:
    """A new root and the leaves of its whole life; nobody can sign with this root again: its key ends with this call.

    The root is limited by critical name constraints to localhost, 127.0.0.1 and ::1, path length 0 and server
    authentication (RFC 5280, 4.2.1.9, 4.2.1.10 and 4.2.1.12). P-256 keys, one for each leaf.

    A permitted DNS name covers every name below it (RFC 5280, 4.2.1.10), on purpose: each leaf has one such name of
    128 random bits, and pages that ask for signatures are served under that. Browsers take no wildcard there
    (measured: Chromium 156 and Firefox ESR 153 refuse `*.localhost`).
    """
    moment = (now or datetime.now(UTC)).replace(microsecond=0) - BACKDATE
    root_key = ec.generate_private_key(ec.SECP256R1())
    root = _root(root_key, moment)
    name = f"{secrets.token_hex(16)}.localhost"
    leaves = tuple(_pair(root, root_key, begin, name) for begin in _beginnings(moment))
    return Identity(root.public_bytes(_PEM), root.not_valid_before_utc, root.not_valid_after_utc, leaves, name)


def _beginnings(first: datetime) -> list[datetime]:
    step = LEAF_LIFE - OVERLAP
    count = -(-(ROOT_LIFE - OVERLAP) // step)  # rounded up: the last leaf ends with the root
    return [first + number * step for number in range(count)]


def _pair(root: x509.Certificate, root_key: ec.EllipticCurvePrivateKey, begin: datetime, name: str) -> LeafPair:
    key = ec.generate_private_key(ec.SECP256R1())
    end = min(begin + LEAF_LIFE, root.not_valid_after_utc)
    leaf = _leaf(root, root_key, key.public_key(), (begin, end), name)
    secret = key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return LeafPair(leaf.public_bytes(_PEM), secret, leaf.not_valid_before_utc, leaf.not_valid_after_utc)


def _root(key: ec.EllipticCurvePrivateKey, begin: datetime) -> x509.Certificate:
    public = key.public_key()
    # The serial in the name tells the roots of several computers or installations apart.
    name = _name(f"{NAME} {x509.random_serial_number():040x}"[:41])
    return (
        _builder(name, name, public, (begin, begin + ROOT_LIFE))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(_CONSTRAINTS, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )


def _leaf(
    root: x509.Certificate, root_key: ec.EllipticCurvePrivateKey, public: ec.EllipticCurvePublicKey, period: _Period,
    name: str,
) -> x509.Certificate:  # fmt: skip
    names: list[x509.GeneralName] = [x509.DNSName("localhost"), x509.DNSName(name)]
    names += [x509.IPAddress(item) for item in _LOOPBACK]
    identifier = root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    authority = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)
    return (
        _builder(_name("localhost"), root.subject, public, period)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(authority, critical=False)
        .sign(root_key, hashes.SHA256())
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, period: _Period
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(period[0])
        .not_valid_after(period[1])
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _usage(*, digital_signature: bool = False, key_cert_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=key_cert_sign, crl_sign=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip


def vouches_for_this_computer_only(der: bytes) -> bool:
    """Whether a certificate is a root as made here: nothing else is ever put into a trust store.

    The critical name constraints are what makes the trust harmless; a file from elsewhere may lack them.
    """
    try:
        root = x509.load_der_x509_certificate(der)
        constraints = root.extensions.get_extension_for_class(x509.NameConstraints)
        basic = root.extensions.get_extension_for_class(x509.BasicConstraints)
        (common,) = root.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    except (ValueError, x509.ExtensionNotFound):
        return False
    limited = constraints.critical and constraints.value == _CONSTRAINTS
    return limited and basic.value.ca and basic.value.path_length == 0 and str(common.value).startswith(f"{NAME} ")
