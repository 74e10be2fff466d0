"""Checks that an algorithm fits a key, and a signature over origin and challenge."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from cardlogin_server.failures import AlgorithmMismatch, CertificateUnusable, SignatureInvalid

SMALLEST_RSA = 2048
# Above this a verification becomes slow enough to be worth an attacker's while; no card has such a key.
LARGEST_RSA = 8192

LoginKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey
"""The kinds of public key a card may sign with."""

_HASHES: dict[str, type[hashes.SHA256 | hashes.SHA384 | hashes.SHA512]] = {
    "256": hashes.SHA256,
    "384": hashes.SHA384,
    "512": hashes.SHA512,
}
_CURVES: dict[str, type[ec.EllipticCurve]] = {
    "ES256": ec.SECP256R1,
    "ES384": ec.SECP384R1,
    "ES512": ec.SECP521R1,
}


def require_fitting_key(algorithm: str, key: CertificatePublicKeyTypes) -> LoginKey:
    """The key, when the algorithm (one of the nine of RFC 7518 section 3.1) can be made with it and it is strong.

    Raises AlgorithmMismatch for another kind of key or curve, CertificateUnusable for RSA outside 2048 to 8192 bits.
    """
    if algorithm in _CURVES:
        if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, _CURVES[algorithm]):
            return key
    elif isinstance(key, rsa.RSAPublicKey):
        if SMALLEST_RSA <= key.key_size <= LARGEST_RSA:
            return key
        raise CertificateUnusable(f"RSA key of {key.key_size} bits")
    raise AlgorithmMismatch(f"{algorithm} is not an algorithm of this certificate's key")


def verify_signature(algorithm: str, key: LoginKey, signature: bytes, origin: str, challenge: str) -> None:
    """Returns only when the signature is the key's over H(origin) and H(challenge) joined (Web eID, section 2.2).

    ECDSA signatures must be raw R and S of the curve's exact length (RFC 7518 section 3.4), never DER.
    Raises SignatureInvalid.
    """
    kind = _HASHES[algorithm[2:]]()
    message = _digest(kind, origin) + _digest(kind, challenge)
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, message, _padding(algorithm, kind), kind)
        else:
            key.verify(_der(signature, key), message, ec.ECDSA(kind))
    except InvalidSignature as error:
        raise SignatureInvalid("signature does not verify over this origin and challenge") from error


def _digest(kind: hashes.HashAlgorithm, text: str) -> bytes:
    digest = hashes.Hash(kind)
    digest.update(text.encode())
    return digest.finalize()


def _padding(algorithm: str, kind: hashes.HashAlgorithm) -> padding.AsymmetricPadding:
    if algorithm.startswith("PS"):
        return padding.PSS(mgf=padding.MGF1(kind), salt_length=kind.digest_size)
    return padding.PKCS1v15()


def _der(signature: bytes, key: ec.EllipticCurvePublicKey) -> bytes:
    width = (key.curve.key_size + 7) // 8
    if len(signature) != 2 * width:
        raise SignatureInvalid(f"ECDSA signature is not {2 * width} bytes of R and S")
    r = int.from_bytes(signature[:width])
    s = int.from_bytes(signature[width:])
    return encode_dss_signature(r, s)
