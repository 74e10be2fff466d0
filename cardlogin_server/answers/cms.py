"""Verifies an answer of the old component in itself: content, digest and signature, with PyCA."""

import base64
import binascii
import hmac
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from cardlogin_server.answers.cms_decoding import SignedContent
from cardlogin_server.answers.signature import LARGEST_RSA, SMALLEST_RSA, LoginKey
from cardlogin_server.failures import AlgorithmMismatch, CertificateUnusable, SignatureInvalid, TokenMalformed

Hash = hashes.SHA1 | hashes.SHA256 | hashes.SHA384 | hashes.SHA512
STRONG: Final[dict[str, type[Hash]]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
WEAK: Final[dict[str, type[Hash]]] = {"sha1": hashes.SHA1}
_CURVES: Final = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)


def from_base64(text: str, largest: int) -> bytes:
    """The bytes of a canonical, padded Base64 text without line ends; its length is looked at first.

    Raises TokenMalformed.
    """
    if not 0 < len(text) <= 4 * -(-largest // 3):
        raise TokenMalformed("answer is empty or too large")
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise TokenMalformed("answer is not Base64") from error
    if base64.b64encode(content).decode() != text:
        raise TokenMalformed("answer is not canonical Base64")
    return content


def usable_hash(name: str, accept_sha1: bool) -> Hash:
    """The hash of that name (sha256, sha384, sha512; sha1 only when accepted). Raises AlgorithmMismatch."""
    kind = (STRONG | WEAK if accept_sha1 else STRONG).get(name)
    if kind is None:
        raise AlgorithmMismatch("hash is not on the list")
    return kind()


def usable_key(kind: str, key: CertificatePublicKeyTypes) -> LoginKey:
    """The key, when that kind of signature (pkcs1, pss, ecdsa) can be made with it and it is strong.

    Raises AlgorithmMismatch, or CertificateUnusable for RSA outside 2048 to 8192 bits.
    """
    if kind == "ecdsa":
        if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, _CURVES):
            return key
    elif isinstance(key, rsa.RSAPublicKey):
        if SMALLEST_RSA <= key.key_size <= LARGEST_RSA:
            return key
        raise CertificateUnusable(f"RSA key of {key.key_size} bits")
    raise AlgorithmMismatch(f"{kind} is not made with this certificate's key")


def check_signed_content(signed: SignedContent, key: LoginKey, hash_: Hash, challenge: str) -> None:
    """Returns only when the signature is the key's over attributes whose digest is that of our challenge.

    RFC 5652 section 5.6. Raises SignatureInvalid.
    """
    if not hmac.compare_digest(signed.content, challenge.encode()):
        raise SignatureInvalid("content is not this challenge")
    digest = hashes.Hash(hash_)
    digest.update(signed.content)
    if not hmac.compare_digest(digest.finalize(), signed.message_digest):
        raise SignatureInvalid("message digest is not that of the content")
    check_signature(signed.signature_kind, key, signed.signature, signed.signed_attributes, hash_)


def check_signature(kind: str, key: LoginKey, signature: bytes, message: bytes, hash_: Hash) -> None:
    """Returns only when the signature of that kind is the key's over the message. Raises SignatureInvalid."""
    try:
        if isinstance(key, rsa.RSAPublicKey):
            pss = padding.PSS(mgf=padding.MGF1(hash_), salt_length=hash_.digest_size)
            key.verify(signature, message, pss if kind == "pss" else padding.PKCS1v15(), hash_)
        else:
            key.verify(signature, message, ec.ECDSA(hash_))
    except InvalidSignature as error:
        raise SignatureInvalid("signature does not verify") from error
