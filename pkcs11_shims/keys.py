"""What lies on a card: certificates, which of them come first, and how their keys sign."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

# CKA_ID of the issuers' certificates that HiCOS shows beside the holder's: never offered, and never trusted.
AUTHORITY_IDS = frozenset({b"CACert", b"ROOTCACert"})
# A shorter value is no modulus and no point of a curve that is used for signatures.
_MIN_PUBLIC = 32


class Scheme(Enum):
    """What a key does with a payload that the host has hashed; the values are the names of RFC 7518's families."""

    PKCS1 = "RS"  # the payload is a DigestInfo
    PSS = "PS"  # a SHA-256 digest; MGF1 with SHA-256, 32 bytes of salt
    ECDSA = "ES"  # a digest; the signature is R||S


@dataclass(frozen=True)
class CardPublicKey:
    """A public key as it lies on the card, of a type of PKCS#11 (CKA_KEY_TYPE).

    `parts`: modulus and exponent of RSA, CKA_EC_PARAMS and CKA_EC_POINT of any other; empty where it shows none.
    """

    key_id: bytes
    label: str
    type: int
    parts: tuple[bytes, bytes]


@dataclass(frozen=True)
class CardCertificate:
    """A certificate as it lies on the card; `key_id` is CKA_ID, which its private key shares."""

    key_id: bytes
    label: str
    der: bytes


def rank(key_id: bytes, signing_ids: Sequence[bytes]) -> int:
    """The place of a CKA_ID among those of a driver's row, best first; an unknown one comes after all of them."""
    return signing_ids.index(key_id) if key_id in signing_ids else len(signing_ids)


def may_belong(public: bytes | None, certificate: bytes) -> bool:
    """Whether a private key's readable part (CKA_MODULUS or CKA_EC_POINT) lies in a certificate (DER).

    True also where the key shows nothing of use: then CKA_ID alone has to tell.
    """
    core = (public or b"").lstrip(b"\0")
    # Without its first four bytes, because a point comes bare or in an OCTET STRING, whose header is as long.
    return len(core) < _MIN_PUBLIC or core[4:] in certificate
