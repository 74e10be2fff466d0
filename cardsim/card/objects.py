"""The data objects a PIV card hands out without a PIN, made from a card image."""

from cardsim.card.image import CardImage
from cardsim.tlv import encode

PIV_AID = bytes.fromhex("A000000308000010000100")
"""The full application identifier of PIV (SP 800-73-4 part 1, 2.2)."""
DISCOVERY = 0x7E
"""Tag of the discovery object."""
CERTIFICATES = {0x9A: 0x5FC105, 0x9C: 0x5FC10A, 0x9D: 0x5FC10B}
"""Tag of each key's certificate object (SP 800-73-4 part 1, table 3)."""
PIN_PROTECTED = frozenset({0x5FC103, 0x5FC109})
"""Fingerprints and printed information: refused before the PIN is verified, absent after it."""

_FASC_N = bytes.fromhex("D4E739DA739CED39CE739DA1685A1082108CE73984119257FC")
_CARD_IDENTIFIER = bytes.fromhex("A000000397425446590201") + bytes(10)


def application_template() -> bytes:
    """The answer to SELECT (SP 800-73-4 part 2, table 3)."""
    authority = encode(0x79, encode(0x4F, PIV_AID[:5]))
    return encode(0x61, encode(0x4F, PIV_AID[5:]) + authority)


def data_objects(image: CardImage) -> dict[int, bytes]:
    """The whole answer to GET DATA by tag."""
    objects = {
        DISCOVERY: encode(DISCOVERY, encode(0x4F, PIV_AID) + encode(0x5F2F, b"\x40\x00")),
        0x5FC102: encode(0x53, _holder_identifier(image.guid)),
        0x5FC107: encode(0x53, _capabilities()),
        0x5FC10C: encode(0x53, bytes.fromhex("C10100C20100FE00")),
    }
    for reference, slot in image.keys.items():
        body = encode(0x70, slot.certificate) + encode(0x71, b"\x00") + encode(0xFE, b"")
        objects[CERTIFICATES[reference]] = encode(0x53, body)
    return objects


def _holder_identifier(guid: bytes) -> bytes:
    """CHUID: OpenSC takes the token's serial number from the last 8 bytes of the GUID."""
    expiry = encode(0x35, b"20991231")
    return encode(0x30, _FASC_N) + encode(0x34, guid) + expiry + encode(0x3E, b"") + encode(0xFE, b"")


def _capabilities() -> bytes:
    """CCC; the identifier names no CAC issuer, else OpenSC would look for CAC data."""
    empty = b"".join(encode(tag, b"") for tag in (0xF3, 0xF4, 0xF6, 0xF7, 0xFA, 0xFB, 0xFC, 0xFD, 0xFE))
    versions = encode(0xF1, b"\x21") + encode(0xF2, b"\x21") + encode(0xF5, b"\x10")
    return encode(0xF0, _CARD_IDENTIFIER) + versions + empty
