"""Choice of the signing certificate among those on a card."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from pkcs11_shims.errors import CardError, Fault


class Scheme(Enum):
    """What a key does with a payload that the host has hashed; the values are the names of RFC 7518's families."""

    PKCS1 = "RS"  # the payload is a DigestInfo
    PSS = "PS"  # a SHA-256 digest; MGF1 with SHA-256, 32 bytes of salt
    ECDSA = "ES"  # a digest; the signature is R||S


@dataclass(frozen=True)
class CardCertificate:
    """A certificate as it lies on the card; `key_id` is CKA_ID, which its private key shares."""

    key_id: bytes
    label: str
    der: bytes


@dataclass(frozen=True)
class Candidate:
    """A certificate with the one fact that decides: its key usage extension has the digitalSignature bit."""

    certificate: CardCertificate
    digital_signature: bool


def choose(candidates: Iterable[Candidate], signing_ids: Sequence[bytes]) -> CardCertificate:
    """The certificate to log in with: key usage first, then CKA_ID in the order of the driver's row, then card order.

    Raises CardError(no_certificate) when none may sign: an encryption certificate is never used.
    """
    usable = [item.certificate for item in candidates if item.digital_signature and item.certificate.key_id]
    if not usable:
        raise CardError(Fault.NO_CERTIFICATE)
    rank = {key_id: index for index, key_id in enumerate(signing_ids)}
    return min(usable, key=lambda certificate: rank.get(certificate.key_id, len(rank)))
