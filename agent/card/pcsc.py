"""What PKCS#11 cannot do: say why there is no card, ask a card one question, and reset it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from agent.card.reader_names import cut
from agent.card.scard import scard
from agent.failures import Code, FailureError

_DENIED = frozenset({scard.SCARD_W_SECURITY_VIOLATION, scard.SCARD_E_NO_ACCESS})
_NO_SERVICE = frozenset({scard.SCARD_E_NO_SERVICE, scard.SCARD_E_SERVICE_STOPPED})


@dataclass(frozen=True)
class Reader:
    """A reader as PC/SC sees it now; `atr` is empty without a card, and for one that does not answer (`mute`)."""

    name: str
    atr: bytes
    present: bool
    exclusive: bool  # another program keeps the card for itself
    mute: bool
    insertions: int = 0  # how many cards have come and gone, where that is counted


def readers() -> list[Reader]:
    """All readers, looked at once without waiting; raises FailureError(no_service) when nobody serves them."""
    result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    if result != scard.SCARD_S_SUCCESS:
        raise FailureError(Code.NO_SERVICE)
    try:
        result, names = scard.SCardListReaders(context, [])
        if result in _NO_SERVICE:
            raise FailureError(Code.NO_SERVICE)
        if result != scard.SCARD_S_SUCCESS or not names:
            return []
        asked = [(name, scard.SCARD_STATE_UNAWARE) for name in names]
        _, states = scard.SCardGetStatusChange(context, 0, asked)
        return [_reader(name, state, bytes(byte & 0xFF for byte in atr)) for name, state, atr in states]
    finally:
        scard.SCardReleaseContext(context)


def refusal() -> str:
    """Why the service does not answer: "down", or "denied" where it does not let this user in; empty where it does."""
    result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    if result != scard.SCARD_S_SUCCESS:
        return "denied" if result in _DENIED else "down"
    scard.SCardReleaseContext(context)
    return ""


def seat(reader: str) -> int | None:
    """A number that changes with each card put into a reader; None without a card.

    On macOS, which does not count, it is 0 as long as a card is there.
    """
    try:
        found = [item for item in readers() if reader in (item.name, cut(item.name))]
    except FailureError:
        return None
    return found[0].insertions if found and found[0].present else None


def transmit(reader: str, apdu: bytes) -> int | None:
    """The status word of a card's answer to an APDU; None when the card does not answer."""
    with _card(reader, scard.SCARD_LEAVE_CARD) as (card, protocol):
        if card is None or scard.SCardBeginTransaction(card) != scard.SCARD_S_SUCCESS:
            return None
        send = scard.SCARD_PCI_T0 if protocol == scard.SCARD_PROTOCOL_T0 else scard.SCARD_PCI_T1
        result, answer = scard.SCardTransmit(card, send, list(apdu))
        scard.SCardEndTransaction(card, scard.SCARD_LEAVE_CARD)
        if result != scard.SCARD_S_SUCCESS or len(answer) < 2:
            return None
        return int.from_bytes(bytes(byte & 0xFF for byte in answer[-2:]))


def reset(reader: str) -> None:
    """Resets the card, because C_Logout alone leaves it verified for other programs (measured with OpenSC)."""
    with _card(reader, scard.SCARD_RESET_CARD):
        pass


def _reader(name: str, state: int, atr: bytes) -> Reader:
    return Reader(
        name,
        atr,
        present=bool(state & scard.SCARD_STATE_PRESENT),
        exclusive=bool(state & scard.SCARD_STATE_EXCLUSIVE),
        mute=bool(state & scard.SCARD_STATE_MUTE),
        insertions=state >> 16 & 0xFFFF,
    )


@contextmanager
def _card(reader: str, disposition: int) -> Iterator[tuple[int | None, int]]:
    result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    if result != scard.SCARD_S_SUCCESS:
        yield None, 0
        return
    name = _full_name(context, reader)
    protocols = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
    result, card, protocol = scard.SCardConnect(context, name, scard.SCARD_SHARE_SHARED, protocols)
    connected = result == scard.SCARD_S_SUCCESS
    try:
        yield (card if connected else None), protocol
    finally:
        if connected:
            scard.SCardDisconnect(card, disposition)
        scard.SCardReleaseContext(context)


def _full_name(context: int, reader: str) -> str:
    """The PC/SC name of a reader; PKCS#11 cuts it to the 64 bytes of a slot description."""
    result, names = scard.SCardListReaders(context, [])
    if result != scard.SCARD_S_SUCCESS or reader in names:
        return reader
    return next((str(name) for name in names if cut(name) == reader), reader)
