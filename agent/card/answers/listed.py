"""The list of readers, cards, certificates and public keys as the old component gives it (hipki.md, 1.3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from agent.card.answers.listed_facts import listed_certificate, listed_key
from agent.card.harmless import harmless
from agent.card.old_asks import ListedCertificate, ListedKey, ListedReader, ListedToken, Listing
from pkcs11_shims.cryptoki import LibraryInfo, TokenInfo
from pkcs11_shims.errors import CardError
from pkcs11_shims.keys import AUTHORITY_IDS, CardCertificate, CardPublicKey, rank
from pkcs11_shims.session import CardToken, Module, Slot

MAX_READERS = 16
# Bytes of all certificates and keys as they are sent: what is more does not fit into the answer's frame, and is left
# out. A real card has about ten thousand.
MAX_FOUND = 1024 * 1024
_NOTHING = LibraryInfo("", "", (0, 0), (0, 0))


def make_listing(modules: Iterable[Module], certificates: bool) -> Listing:
    """All readers that the drivers see, each once and at most 16: that of the driver that can use the card in it.

    `certificates`: with the certificates and public keys on the cards. What cannot be read is left out.
    """
    seats: dict[str, tuple[Module, Slot]] = {}
    for module in modules:
        for slot in _slots(module):
            name = slot.reader.name
            if name not in seats or (seats[name][1].token is None and slot.token is not None):
                seats[name] = (module, slot)
    chosen = list(seats.values())[:MAX_READERS]
    room = _Room()
    about = _about([module for module, slot in chosen if slot.token is not None] or list(modules))
    return Listing(
        tuple(_reader(module, slot, room if certificates else None) for module, slot in chosen),
        harmless(about.manufacturer),
        harmless(about.description),
        about.cryptoki,
        about.version,
    )


class _Room:
    """What is left of MAX_FOUND."""

    def __init__(self) -> None:
        self._left = MAX_FOUND

    def take(self, found: ListedCertificate | ListedKey) -> bool:
        """Whether there is room, which is used up then."""
        size = len(msgspec.json.encode(found))
        if size > self._left:
            return False
        self._left -= size
        return True


def _slots(module: Module) -> Iterator[Slot]:
    """The slots of a driver that have a name: pages tell readers apart by it."""
    try:
        yield from (slot for slot in module.slots() if slot.reader.name)
    except CardError:
        return


def _about(modules: list[Module]) -> LibraryInfo:
    try:
        return modules[0].info() if modules else _NOTHING
    except CardError:
        return _NOTHING


def _reader(module: Module, slot: Slot, room: _Room | None) -> ListedReader:
    token = None
    if slot.token is not None and slot.info is not None:
        token = _token(module, slot.token, slot.info, room)
    return ListedReader(
        slot.number, harmless(slot.reader.name), harmless(slot.reader.manufacturer), slot.reader.flags, token
    )


def _token(module: Module, token: CardToken, info: TokenInfo, room: _Room | None) -> ListedToken:
    certificates, keys = ((), ()) if room is None else _found(module, token, room)
    return ListedToken(
        harmless(info.label),
        harmless(info.manufacturer),
        harmless(info.model),
        harmless(info.serial),
        info.min_pin,
        info.max_pin,
        info.flags,
        certificates,
        keys,
    )


def _found(
    module: Module, token: CardToken, room: _Room
) -> tuple[tuple[ListedCertificate, ...], tuple[ListedKey, ...]]:
    """The holder's first, in the order of the driver's row: pages show what comes first."""
    first = module.driver.signing_ids
    certificates = sorted(_certificates(module, token), key=lambda item: _place(item.key_id, first))
    listed = (listed_certificate(item) for item in certificates)
    shown = tuple(item for item in listed if item is not None and room.take(item))
    found = sorted(_public_keys(module, token), key=lambda item: _place(item.key_id, first))
    keys = (listed_key(item, certificates) for item in found)
    return shown, tuple(item for item in keys if item is not None and room.take(item))


def _place(key_id: bytes, first: Sequence[bytes]) -> tuple[bool, int, bytes]:
    # By CKA_ID at last, because a driver may show its objects in another order each time.
    return key_id in AUTHORITY_IDS, rank(key_id, first), key_id


def _certificates(module: Module, token: CardToken) -> list[CardCertificate]:
    try:
        return module.all_certificates(token)
    except CardError:
        return []


def _public_keys(module: Module, token: CardToken) -> list[CardPublicKey]:
    try:
        return module.public_keys(token)
    except CardError:
        return []
