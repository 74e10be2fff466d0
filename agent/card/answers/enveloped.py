"""Reads CMS EnvelopedData (RFC 5652, 6) that was encrypted for a card, and decrypts it; hostile input throughout.

Every failure is one and the same, before the card is asked and after: nobody learns which step it was.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from asn1crypto import cms, x509
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

from agent.card.answers.certificate import CertificateFacts
from agent.card.answers.cms import MAX_CONTENT
from agent.failures import Code, FailureError

# What is around the content: its recipients, and the headers of the pieces that some programs cut it into.
MAX_ENVELOPED = MAX_CONTENT + 128 * 1024
MAX_RECIPIENTS = 32
_RSA = "1.2.840.113549.1.1.1"
# The algorithm by OID: its cipher, the bytes of its key and of its block (RFC 3370, 5.1; RFC 3565, 4.1).
_CIPHERS: dict[str, tuple[type[TripleDES] | type[AES], int, int]] = {
    "1.2.840.113549.3.7": (TripleDES, 24, 8),
    "2.16.840.1.101.3.4.1.2": (AES, 16, 16),
    "2.16.840.1.101.3.4.1.22": (AES, 24, 16),
    "2.16.840.1.101.3.4.1.42": (AES, 32, 16),
}
# asn1crypto decodes as it is asked, and reports what it meets by any of these.
_UNREADABLE = (
    ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError, NotImplementedError,
)  # fmt: skip


@dataclass(frozen=True)
class Sealed:
    """A block of RSAES-PKCS1-v1_5 for the card, and what makes the plain content of that which the card finds in it.

    `plain` takes nothing (b"") where the card could not decrypt the block. It raises FailureError(cipher_unreadable).
    """

    block: bytes
    plain: Callable[[bytes], bytes]


def open_block(block: bytes, facts: CertificateFacts) -> Sealed:
    """One bare block; raises FailureError(cipher_unreadable) for one that is not as long as the key."""
    if len(block) != facts.key.key_size // 8:
        _unreadable()
    return Sealed(block, lambda found: found or _unreadable())


def read_enveloped(encoded: bytes, facts: CertificateFacts) -> Sealed:
    """EnvelopedData in DER or BER for the holder of a certificate, of data of at most 1 MiB.

    The certificate is named by issuer and serial number or by its key identifier, the key is transported by RSA
    (PKCS#1 v1.5), and the content encrypted with three-key DES-EDE3-CBC or AES-CBC; there are at most 32 recipients, no
    originator's certificates and no attributes. Raises FailureError(cipher_unreadable) for anything else.
    """
    if len(encoded) > MAX_ENVELOPED:
        _unreadable()
    try:
        return _read(encoded, facts)
    except _UNREADABLE:
        _unreadable()


def _unreadable() -> NoReturn:
    raise FailureError(Code.CIPHER_UNREADABLE) from None


def _require(condition: bool) -> None:
    if not condition:
        _unreadable()


def _read(encoded: bytes, facts: CertificateFacts) -> Sealed:
    outer = cms.ContentInfo.load(encoded, strict=True)
    _require(outer["content_type"].native == "enveloped_data")
    enveloped = outer["content"]
    _require(enveloped["originator_info"].native is None and enveloped["unprotected_attrs"].native is None)
    block = _encrypted_key(enveloped["recipient_infos"], facts)
    content = enveloped["encrypted_content_info"]
    _require(content["content_type"].native == "data")
    algorithm = content["content_encryption_algorithm"]
    kind, key_size, block_size = _CIPHERS[algorithm["algorithm"].dotted]
    start, encrypted = _octets(algorithm["parameters"].native), _octets(content["encrypted_content"].native)
    _require(len(start) == block_size)
    _require(0 < len(encrypted) <= MAX_CONTENT + block_size and len(encrypted) % block_size == 0)

    def plain(key: bytes) -> bytes:
        # With a random key in the place of none, so that a bad block takes as long as a bad key (RFC 3218, 2.3.2).
        fits = len(key) == key_size
        found = _decrypt(Cipher(kind(key if fits else os.urandom(key_size)), CBC(start)), block_size, encrypted)
        return found if fits else _unreadable()

    return Sealed(block, plain)


def _encrypted_key(recipients: Any, facts: CertificateFacts) -> bytes:
    """The block that is for the holder; other recipients may be of any kind."""
    _require(0 < len(recipients) <= MAX_RECIPIENTS)
    certificate = x509.Certificate.load(facts.der)
    for recipient in recipients:
        if recipient.name == "ktri" and _is_named(recipient.chosen["rid"], certificate):
            algorithm = recipient.chosen["key_encryption_algorithm"]
            _require(algorithm["algorithm"].dotted == _RSA and algorithm["parameters"].native is None)
            block = _octets(recipient.chosen["encrypted_key"].native)
            _require(len(block) == facts.key.key_size // 8)
            return block
    _unreadable()


def _is_named(name: Any, certificate: x509.Certificate) -> bool:
    if name.name == "subject_key_identifier":
        return certificate.key_identifier is not None and name.native == certificate.key_identifier
    chosen = name.chosen
    return bool(chosen["serial_number"].native == certificate.serial_number and chosen["issuer"] == certificate.issuer)


def _octets(value: object) -> bytes:
    if not isinstance(value, bytes):
        _unreadable()
    return value


def _decrypt(cipher: Cipher[CBC], block_size: int, encrypted: bytes) -> bytes:
    decryptor, unpadder = cipher.decryptor(), PKCS7(8 * block_size).unpadder()
    try:
        padded = decryptor.update(encrypted) + decryptor.finalize()
        found = unpadder.update(padded) + unpadder.finalize()
    except ValueError:
        _unreadable()
    _require(len(found) <= MAX_CONTENT)
    return found
