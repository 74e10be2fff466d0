"""The HiCOS-like driver for tests: compiled once, one folder with cards for each use; and what clients do with it."""

import hashlib
from enum import IntEnum
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from cardsim.hicos.build import build
from cardsim.hicos.contents import Contents, card_contents
from cardsim.hicos.driver import HicosCard, HicosDriver
from tests.stand.cryptoki import Cryptoki

CACHE = Path(__file__).resolve().parents[2] / "build" / "hicos"
"""Where the compiled module lies; git ignores it."""
_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
MESSAGE = (_DIGEST_INFO + hashlib.sha256(b"message").digest()).hex()
"""What sign() signs: the DigestInfo of a SHA-256 digest (RFC 8017 9.2)."""
_ID = 0x102


class Class(IntEnum):
    """CKA_CLASS of the objects on a card."""

    DATA = 0
    CERTIFICATE = 1
    PUBLIC = 2
    PRIVATE = 3


def start_hicos(folder: Path, *cards: Path | Contents, model: str = "T7S000000000001") -> HicosDriver:
    """A driver with one card for each image of the test PKI (or contents made by hand); the first is in reader 1.

    A card is called like the image without its ending, or card1, card2... by its place.
    """
    driver = HicosDriver(folder, build(CACHE))
    for place, source in enumerate(cards, 1):
        name = source.stem if isinstance(source, Path) else f"card{place}"
        driver.add(name, card_contents(source) if isinstance(source, Path) else source, model)
    if cards:
        driver.insert(next(iter(driver.cards.values())))
    return driver


def only_card(driver: HicosDriver) -> HicosCard:
    """The card of a driver that has one."""
    (card,) = driver.cards.values()
    return card


def logged_in(client: Cryptoki, slot: int = 1) -> int:
    """A session with the PIN of the test cards."""
    session = int(client.ok("open", slot=slot)["session"])
    client.ok("login", session=session, pin="123456")
    return session


def texts(client: Cryptoki, session: int, kind: Class, attribute: int) -> list[str]:
    """One attribute of all objects of a class, sorted."""
    handles = client.ok("find", session=session, kind=kind)["handles"]
    values = [client.ok("attribute", session=session, handle=one, type=attribute)["value"] for one in handles]
    return sorted(bytes.fromhex(value).decode() for value in values)


def signing_key(client: Cryptoki, session: int) -> int:
    """The handle of the private key SIGN; the session must be logged in."""
    for handle in client.ok("find", session=session, kind=Class.PRIVATE)["handles"]:
        if client.ok("attribute", session=session, handle=handle, type=_ID)["value"] == b"SIGN".hex():
            return int(handle)
    raise AssertionError("no key SIGN")


def sign(client: Cryptoki, session: int) -> str:
    """A signature over MESSAGE (hexadecimal) in a session that is logged in."""
    client.ok("sign_init", session=session, key=signing_key(client, session))
    return str(client.ok("sign", session=session, data=MESSAGE)["signature"])


def public_key(card: HicosCard, key_id: str) -> rsa.RSAPublicKey:
    """The public key of a certificate of a card."""
    (item,) = [one for one in card.contents.items if one.key_id == key_id]
    key = x509.load_der_x509_certificate(item.certificate).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    return key


def verify(key: rsa.RSAPublicKey, signature: str) -> None:
    """Raises InvalidSignature unless it is one over MESSAGE."""
    digest = bytes.fromhex(MESSAGE)[len(_DIGEST_INFO) :]
    key.verify(bytes.fromhex(signature), digest, padding.PKCS1v15(), Prehashed(SHA256()))
