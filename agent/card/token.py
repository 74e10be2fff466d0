"""The web-eid:1.0 token: what is signed and how the answer is put together."""

import base64
import hashlib

from agent import VERSION
from agent.card.certificate import CertificateFacts
from agent.card.frames import Token

# DER of DigestInfo up to the digest (RFC 8017, 9.2, note 1), for SHA-256.
_DIGEST_INFO_SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")


def message(facts: CertificateFacts, origin: str, challenge: str) -> bytes:
    """The bytes that are signed: H(origin) || H(challenge), both hashed as text."""
    return b"".join(hashlib.new(facts.hash.name, text.encode()).digest() for text in (origin, challenge))


def card_input(facts: CertificateFacts, signed: bytes) -> bytes:
    """What the card gets: the digest for ECDSA, a DigestInfo around it for RSA; every module supports these."""
    digest = hashlib.new(facts.hash.name, signed).digest()
    return digest if facts.elliptic else _DIGEST_INFO_SHA256 + digest


def make_token(facts: CertificateFacts, signature: bytes) -> Token:
    """The token of a certificate and a signature; ECDSA signatures are raw R||S."""
    return Token(
        unverified_certificate=base64.b64encode(facts.der).decode(),
        algorithm=facts.algorithm,
        signature=base64.b64encode(signature).decode(),
        format="web-eid:1.0",
        app_version=f"https://cardlogin.example/agent/{VERSION}",
    )
