"""The web-eid:1.0 token: which scheme a key uses, what is signed and how the answer is put together."""

import base64
import hashlib

from cryptography.hazmat.primitives import hashes

from agent import VERSION
from agent.card.answers.certificate import CertificateFacts
from agent.card.frames import HostOrder, Token
from pkcs11_shims.keys import Scheme

# DER of DigestInfo up to the digest (RFC 8017, 9.2, note 1).
_DIGEST_INFO = {
    "sha1": bytes.fromhex("3021300906052b0e03021a05000414"),
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
}


def scheme_for(facts: CertificateFacts, order: HostOrder) -> Scheme:
    """How the key of a certificate signs an order: RSA with PSS only for a token that asks for it."""
    if facts.elliptic:
        return Scheme.ECDSA
    return Scheme.PSS if order.pss and order.old is None else Scheme.PKCS1


def message(facts: CertificateFacts, origin: str, challenge: str) -> bytes:
    """The bytes that are signed: H(origin) || H(challenge), both hashed as text."""
    return b"".join(hashlib.new(facts.hash.name, text.encode()).digest() for text in (origin, challenge))


def card_input(
    facts: CertificateFacts, signed: bytes, scheme: Scheme, hash_: hashes.HashAlgorithm | None = None
) -> bytes:
    """What the card gets: the digest, and for PKCS#1 v1.5 a DigestInfo around it; every module supports these.

    `hash_` is the token's own unless given. A digest that is longer than the curve's order is cut, as ECDSA does
    itself (FIPS 186-5, 6.4.1), because cards refuse it otherwise.
    """
    name = (hash_ or facts.hash).name
    digest = hashlib.new(name, signed).digest()
    if scheme is Scheme.PKCS1:
        return _DIGEST_INFO[name] + digest
    return digest[: facts.key.key_size // 8] if scheme is Scheme.ECDSA else digest


def hash_of(digest_info: bytes) -> str | None:
    """The name of the hash of a complete DigestInfo (RFC 8017, 9.2); None for anything else than our four in DER."""
    for name, beginning in _DIGEST_INFO.items():
        if digest_info.startswith(beginning) and len(digest_info) == len(beginning) + beginning[-1]:
            return name
    return None


def make_token(facts: CertificateFacts, signature: bytes, scheme: Scheme) -> Token:
    """The token of a certificate and a signature; ECDSA signatures are raw R||S."""
    return Token(
        unverified_certificate=base64.b64encode(facts.der).decode(),
        # RFC 7518, 3.1: RSA signs with SHA-256 here, so the other name is PS256.
        algorithm="PS256" if scheme is Scheme.PSS else facts.algorithm,
        signature=base64.b64encode(signature).decode(),
        format="web-eid:1.0",
        app_version=f"https://cardlogin.example/agent/{VERSION}",
    )
