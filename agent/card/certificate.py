"""What the window and the token need to know of a card's certificate; the certificate is hostile input."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.x509.oid import NameOID

MAX_NAME = 64
MIN_RSA = 2048
# What PyCA raises for odd DER, duplicate extensions and keys it does not know.
_UNREADABLE = (
    ValueError,
    TypeError,
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


@dataclass(frozen=True)
class CertificateFacts:
    """A certificate, read: `holder` is safe to show, `algorithm` and `hash` are what its key signs a token with."""

    der: bytes
    holder: str
    not_after: datetime
    digital_signature: bool
    key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey
    algorithm: str
    hash: hashes.HashAlgorithm

    @property
    def elliptic(self) -> bool:
        """Whether the key signs with ECDSA."""
        return isinstance(self.key, ec.EllipticCurvePublicKey)

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Whether a signature in the token's form (PKCS#1 v1.5, or raw R||S) is of this certificate's key."""
        try:
            if isinstance(self.key, rsa.RSAPublicKey):
                self.key.verify(signature, message, padding.PKCS1v15(), self.hash)
            elif len(signature) != 2 * ((self.key.key_size + 7) // 8):  # RFC 7518, 3.4: both halves in full
                return False
            else:
                self.key.verify(_der_signature(signature), message, ec.ECDSA(self.hash))
        except InvalidSignature:
            return False
        return True


def read_certificate(der: bytes) -> CertificateFacts:
    """The facts of a DER certificate; raises ValueError for one that is unreadable or cannot sign a token."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        key = certificate.public_key()
        usage = _key_usage(certificate)
        holder = harmless(_holder(certificate.subject))
    except _UNREADABLE:
        raise ValueError("unreadable certificate") from None
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise ValueError("key type")
    algorithm, hash_ = _algorithm(key)
    return CertificateFacts(der, holder, certificate.not_valid_after_utc, usage, key, algorithm, hash_)


def harmless(text: str) -> str:
    """Text from a card, fit to be shown: at most 64 characters, no controls, direction marks or line breaks."""
    shown = "".join("\N{REPLACEMENT CHARACTER}" if _moves_text(c) else c for c in text[:MAX_NAME])
    return shown + "…" * (len(text) > MAX_NAME)


def _moves_text(character: str) -> bool:
    category = unicodedata.category(character)
    # Other (control, format, unassigned), and the separators of lines and paragraphs, which would fake a second row.
    return category[0] == "C" or category in ("Zl", "Zp")


def _holder(subject: x509.Name) -> str:
    # A citizen's certificate has a common name, a company's an organisation (Taiwan GPKI profiles).
    for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        for attribute in subject.get_attributes_for_oid(oid):
            return str(attribute.value)
    return ""


def _key_usage(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature
    except x509.ExtensionNotFound:
        return False


def _algorithm(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey) -> tuple[str, hashes.HashAlgorithm]:
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < MIN_RSA:
            raise ValueError("key size")
        return "RS256", hashes.SHA256()
    if key.curve.name not in _CURVES:
        raise ValueError("curve")
    return _CURVES[key.curve.name]


def _der_signature(raw: bytes) -> bytes:
    half = len(raw) // 2
    return encode_dss_signature(int.from_bytes(raw[:half]), int.from_bytes(raw[half:]))
