"""Card images: everything one virtual card holds, read from a JSON file."""

import base64
import binascii
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_der_private_key

from cardsim.card.keys import CardKey, EcKey, RsaKey
from cardsim.card.pin import LastFailure
from cardsim.errors import SimulatorError

FORMAT = "cardlogin-card:1"
"""The value of "format" in every image file."""
MAX_SIZE = 65536
"""Largest image file in bytes; a full one has about 8000."""
ATR = "3b8b0180f9a0000003080000100048"
"""T=1, historical bytes 80 F9 and the start of the PIV AID: OpenSC then needs no work-arounds."""
REFERENCES = {"9A": 0x9A, "9C": 0x9C, "9D": 0x9D}
"""Names of the key slots in the file and their PIV key references (SP 800-73-4 part 1, table 4b)."""
_FIELDS = {"format", "name", "holder", "pin", "puk", "tries", "last_failure", "atr", "guid", "keys"}


@dataclass(frozen=True)
class KeySlot:
    """A certificate (DER) and the private key it belongs to, ready to use and as it is in the file (PKCS #8)."""

    certificate: bytes
    key: CardKey
    pkcs8: bytes


@dataclass(frozen=True)
class CardImage:
    """One virtual card as it left the issuer."""

    name: str
    holder: str
    pin: str
    puk: str
    tries: int
    last_failure: LastFailure
    atr: bytes
    guid: bytes
    keys: dict[int, KeySlot]


def load_image(path: Path) -> CardImage:
    """The card image in `path`.

    Raises SimulatorError, in one sentence, if the file is missing, larger than MAX_SIZE or not an image.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_SIZE + 1)
    except OSError as error:
        raise SimulatorError(f"cannot read the card image {path}: {error.strerror}") from None
    if len(raw) > MAX_SIZE:
        raise SimulatorError(f"{path} is too large for a card image")
    try:
        return _image(json.loads(raw))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise SimulatorError(f"{path} is not a card image: {error}") from None


def _image(data: Any) -> CardImage:
    if not isinstance(data, dict) or set(data) != _FIELDS or data["format"] != FORMAT:
        raise ValueError(f'expected the fields of "{FORMAT}"')
    tries = data["tries"]
    if type(tries) is not int or not 1 <= tries <= 15:
        raise ValueError("tries must be 1 to 15")
    return CardImage(
        name=_text(data["name"]),
        holder=_text(data["holder"]),
        pin=_secret(data["pin"]),
        puk=_secret(data["puk"]),
        tries=tries,
        last_failure=LastFailure(data["last_failure"]),
        atr=_hex(data["atr"], 2, 33),
        guid=_hex(data["guid"], 16, 16),
        keys=_keys(data["keys"]),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 100:
        raise ValueError("a name must be a text of 1 to 100 characters")
    return value


def _secret(value: Any) -> str:
    if not isinstance(value, str) or not value.isascii() or not value.isdigit() or not 6 <= len(value) <= 8:
        raise ValueError("pin and puk must be 6 to 8 digits")
    return value


def _hex(value: Any, least: int, most: int) -> bytes:
    raw = bytes.fromhex(value)
    if not least <= len(raw) <= most:
        raise ValueError("atr or guid has a wrong length")
    return raw


def _keys(data: Any) -> dict[int, KeySlot]:
    if not isinstance(data, dict) or not set(data) <= set(REFERENCES):
        raise ValueError("keys must be a table of 9A, 9C and 9D")
    return {REFERENCES[name]: _slot(slot) for name, slot in data.items()}


def _slot(data: Any) -> KeySlot:
    if not isinstance(data, dict) or set(data) != {"certificate", "key"}:
        raise ValueError("a key slot holds a certificate and a key")
    pkcs8 = _base64(data["key"])
    return KeySlot(_base64(data["certificate"]), _key(pkcs8), pkcs8)


def _base64(value: Any) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error:
        raise ValueError("certificate or key is not Base64") from None


def _key(der: bytes) -> CardKey:
    # Made by this program, so their numbers need no proof, which takes 50 ms for each key.
    key = load_der_private_key(der, password=None, unsafe_skip_rsa_key_validation=True)
    if isinstance(key, rsa.RSAPrivateKey):
        return RsaKey.of(key)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return EcKey.of(key)
    raise ValueError("only RSA and EC keys fit on the card")
