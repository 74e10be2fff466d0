"""What the window and the answer need to know of a card's certificate; the certificate is hostile input."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.x509.oid import NameOID

from agent.card.harmless import harmless
from pkcs11_shims.keys import Scheme

MAX_CERTIFICATE = 16 * 1024
# As much as a portal may ask for (`agent.order.Wanted`): a longer value can never be the wanted one.
MAX_ISSUER_NAME = 128
MAX_ISSUER_NAMES, MAX_POLICIES = 16, 32
MIN_RSA, MAX_RSA = 2048, 4096
# What PyCA raises for odd DER, duplicate extensions and keys it does not know.
UNREADABLE = (
    ValueError,
    TypeError,
    OverflowError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    x509.InvalidVersion,
)
_CURVES: dict[str, tuple[str, hashes.HashAlgorithm]] = {
    "secp256r1": ("ES256", hashes.SHA256()),
    "secp384r1": ("ES384", hashes.SHA384()),
    "secp521r1": ("ES512", hashes.SHA512()),
}
_ISSUER_PARTS = (NameOID.COMMON_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME, NameOID.ORGANIZATION_NAME)


@dataclass(frozen=True)
class CertificateFacts:
    """A certificate, read: all texts are safe to show, `algorithm` and `hash` are what its key signs a token with.

    `issuer_names` holds the issuer's CN, OU and O, at most 16; `policies` the dotted OIDs of its certificate policies,
    at most 32; `subject_serial` the subject's serialNumber attribute, empty where there is none. `authority`: the
    certificate is an issuer's own (basic constraints, RFC 5280, 4.2.1.9), which nobody logs in with. `encipherment`:
    something may be encrypted for its key (key usage: keyEncipherment or dataEncipherment).
    """

    der: bytes
    holder: str
    not_before: datetime
    not_after: datetime
    digital_signature: bool
    encipherment: bool
    authority: bool
    issuer_names: tuple[str, ...]
    policies: tuple[str, ...]
    subject_serial: str
    key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey
    algorithm: str
    hash: hashes.HashAlgorithm

    @property
    def elliptic(self) -> bool:
        """Whether the key signs with ECDSA."""
        return isinstance(self.key, ec.EllipticCurvePublicKey)

    def verifies(
        self, signature: bytes, message: bytes, scheme: Scheme, hash_: hashes.HashAlgorithm | None = None
    ) -> bool:
        """Whether a signature as a card makes it (RSA, or raw R||S) is of this certificate's key.

        `hash_` is the token's own unless given; False also for a scheme that is not of this kind of key.
        """
        if self.elliptic is not (scheme is Scheme.ECDSA):
            return False
        hash_ = hash_ or self.hash
        try:
            if isinstance(self.key, rsa.RSAPublicKey):
                self.key.verify(signature, message, _padding(scheme, hash_), hash_)
            elif len(signature) != 2 * ((self.key.key_size + 7) // 8):  # RFC 7518, 3.4: both halves in full
                return False
            else:
                self.key.verify(der_signature(signature), message, ec.ECDSA(hash_))
        except InvalidSignature:
            return False
        return True

    def recovers(self, signature: bytes, digest_info: bytes) -> bool:
        """Whether a bare RSA signature (PKCS#1 v1.5) is of this certificate's key and over this very DigestInfo."""
        if not isinstance(self.key, rsa.RSAPublicKey):
            return False
        try:
            found = self.key.recover_data_from_signature(signature, padding.PKCS1v15(), None)
        except (InvalidSignature, ValueError):
            return False
        return bytes(found) == digest_info


def read_certificate(der: bytes) -> CertificateFacts:
    """The facts of a DER certificate of at most 16 KiB.

    Raises ValueError for one that is unreadable or whose key cannot sign: RSA outside 2048 to 4096 bits, another curve
    than P-256, P-384 and P-521, another kind of key.
    """
    if len(der) > MAX_CERTIFICATE:
        raise ValueError("certificate size")
    try:
        return _facts(x509.load_der_x509_certificate(der), der)
    except UNREADABLE:
        raise ValueError("unreadable certificate") from None


def der_signature(raw: bytes) -> bytes:
    """ECDSA-Sig-Value (RFC 3279, 2.2.3) of a raw R||S."""
    half = len(raw) // 2
    return encode_dss_signature(int.from_bytes(raw[:half]), int.from_bytes(raw[half:]))


def _facts(certificate: x509.Certificate, der: bytes) -> CertificateFacts:
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise ValueError("key type")
    algorithm, hash_ = _algorithm(key)
    extensions = {type(extension.value): extension.value for extension in certificate.extensions}
    usage, constraints = extensions.get(x509.KeyUsage), extensions.get(x509.BasicConstraints)
    # A citizen's certificate has a common name, a company's an organisation (Taiwan GPKI profiles).
    holder = _texts(certificate.subject, NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)
    issuer = islice(_texts(certificate.issuer, *_ISSUER_PARTS), MAX_ISSUER_NAMES)
    return CertificateFacts(
        der=der,
        holder=harmless(next(holder, "")),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        digital_signature=isinstance(usage, x509.KeyUsage) and usage.digital_signature,
        encipherment=isinstance(usage, x509.KeyUsage) and (usage.key_encipherment or usage.data_encipherment),
        authority=isinstance(constraints, x509.BasicConstraints) and constraints.ca,
        issuer_names=tuple(harmless(text, MAX_ISSUER_NAME) for text in issuer),
        policies=_policies(extensions.get(x509.CertificatePolicies)),
        subject_serial=harmless(next(_texts(certificate.subject, NameOID.SERIAL_NUMBER), "")),
        key=key,
        algorithm=algorithm,
        hash=hash_,
    )


def _texts(name: x509.Name, *kinds: x509.ObjectIdentifier) -> Iterator[str]:
    """The values of those attributes, by kind in this order; a value that is no text is passed over."""
    for kind in kinds:
        for attribute in name.get_attributes_for_oid(kind):
            if isinstance(attribute.value, str):
                yield attribute.value


def _policies(extension: x509.ExtensionType | None) -> tuple[str, ...]:
    if not isinstance(extension, x509.CertificatePolicies):
        return ()
    return tuple(policy.policy_identifier.dotted_string for policy in extension)[:MAX_POLICIES]


def _algorithm(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey) -> tuple[str, hashes.HashAlgorithm]:
    if isinstance(key, rsa.RSAPublicKey):
        if not MIN_RSA <= key.key_size <= MAX_RSA:
            raise ValueError("key size")
        return "RS256", hashes.SHA256()
    if key.curve.name not in _CURVES:
        raise ValueError("curve")
    return _CURVES[key.curve.name]


def _padding(scheme: Scheme, hash_: hashes.HashAlgorithm) -> padding.AsymmetricPadding:
    if scheme is Scheme.PSS:
        return padding.PSS(padding.MGF1(hash_), hash_.digest_size)
    return padding.PKCS1v15()
