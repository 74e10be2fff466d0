"""What lies on a HiCOS card: certificates and keys by the names that the card centre gives them."""

from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from cardsim.card.image import REFERENCES, load_image
from cardsim.errors import SimulatorError
from cardsim.pki.index import read_file


@dataclass(frozen=True)
class Item:
    """A certificate (DER) with the CKA_ID it shares with its key, and the key (PKCS #8, DER) where the card has it."""

    key_id: str
    label: str
    certificate: bytes
    pkcs8: bytes | None = None


@dataclass(frozen=True)
class Contents:
    """Everything that is written to a card when it is made."""

    items: tuple[Item, ...]
    pin: str
    tries: int = 3
    last_failure: int = 0xA4
    """What C_Login answers to the wrong PIN that uses up the last try: CKR_PIN_LOCKED or 0xA0."""


def card_contents(image: Path, second: Path | None = None) -> Contents:
    """The contents of a card from an image of the test PKI.

    The signing certificate (9A) becomes SIGN, the encryption certificate (9D) KEYX; the issuing authority and the root
    are taken from the PKI that the image lies in. `second` is an image whose signing certificate becomes SIGN02, as
    some cards have it. Raises SimulatorError.
    """
    card = load_image(image)
    items = [*_item(image, "9A", "SIGN", "cert1"), *_item(image, "9D", "KEYX", "cert2")]
    if second is not None:
        items += _item(second, "9A", "SIGN02", "cert3")
    if items:
        items += _authorities(image.resolve().parents[1], items[0].certificate)
    last = 0xA4 if card.last_failure.value == "6983" else 0xA0
    return Contents(tuple(items), card.pin, card.tries, last)


def _item(image: Path, slot: str, key_id: str, label: str) -> list[Item]:
    key = load_image(image).keys.get(REFERENCES[slot])
    return [Item(key_id, label, key.certificate, key.pkcs8)] if key else []


def _authorities(pki: Path, certificate: bytes) -> list[Item]:
    """The issuer of a certificate and the issuer's issuer, found by their signatures: names are not unique."""
    try:
        known = [read_file(path) for path in sorted(pki.glob("authorities/*/certificate.cer"))]
    except (OSError, ValueError):
        raise SimulatorError(f"{pki} holds no usable test PKI") from None
    issuer = _issuer(certificate, known)
    root = _issuer(issuer, known) if issuer else None
    found = [Item("CACert", "CACert", issuer)] if issuer else []
    return [*found, Item("ROOTCACert", "ROOTCACert", root)] if root and root != issuer else found


def _issuer(certificate: bytes, known: list[bytes]) -> bytes | None:
    return next((one for one in known if _issued(certificate, one)), None)


def _issued(certificate: bytes, by: bytes) -> bool:
    try:
        x509.load_der_x509_certificate(certificate).verify_directly_issued_by(x509.load_der_x509_certificate(by))
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
