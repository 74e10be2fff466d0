"""The hashes that a certificate or a list may be signed with."""

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes

SIGNATURE_HASHES = (hashes.SHA256, hashes.SHA384, hashes.SHA512)
"""SHA-1 is not among them."""


def signed_with_good_hash(signed: x509.Certificate | x509.CertificateRevocationList) -> bool:
    """Whether the signature uses SHA-256, SHA-384 or SHA-512."""
    try:
        return isinstance(signed.signature_hash_algorithm, SIGNATURE_HASHES)
    except UnsupportedAlgorithm:
        return False
