"""A program that knows no PIN and waits for a card that somebody else's PIN has opened.

Many connections wait for their turn with the card and try to sign in it; a few others never wait, and ask whether the
card is verified as fast as it answers. Prints what came of it, as JSON, for each line on stdin; ends with its stdin.
Its argument is how many wait.
"""

import json
import secrets
import sys
import threading
import time
from collections import Counter

from smartcard import scard

IMPATIENT = 3
# Seconds between two turns of a connection: it is to wait for the card, not to keep it from its user.
_PAUSE = 0.5
_HASTE = 0.002
_SHARED, _PROTOCOLS = scard.SCARD_SHARE_SHARED, scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
_GONE = (scard.SCARD_W_RESET_CARD, scard.SCARD_W_REMOVED_CARD, scard.SCARD_W_UNPOWERED_CARD)
# NIST SP 800-73-4 part 2: VERIFY without a PIN asks, GENERAL AUTHENTICATE signs (3.2.1, 3.2.4).
_IS_VERIFIED = bytes.fromhex("00200080")
_RSA, _P256 = 0x07, 0x11
_DIGEST = secrets.token_bytes(32)


def orders_to_sign() -> list[list[bytes]]:
    """What makes the authentication key sign, for RSA and for P-256: each one or two commands."""
    padded = b"\0\1" + b"\xff" * 221 + b"\0" + _DIGEST
    template = bytes.fromhex("7C820106820081820100") + padded
    rsa = [_command(0x10, _RSA, template[:255]), _command(0, _RSA, template[255:])]
    return [rsa, [_command(0, _P256, bytes.fromhex("7C2482008120") + _DIGEST)]]


def _command(cla: int, algorithm: int, data: bytes) -> bytes:
    return bytes([cla, 0x87, algorithm, 0x9A, len(data)]) + data + (b"" if cla else b"\0")


class Thief:
    """Counts: turns with the card, times that it was seen verified, signatures, and unlocked questions."""

    def __init__(self) -> None:
        self._counts = Counter[str](turns=0, sights=0, signatures=0, questions=0)
        self._lock = threading.Lock()
        self._sign = orders_to_sign()

    def wait(self) -> None:
        """One connection's life: a turn, a pause, and again."""
        context, card, protocol = _connect()
        while True:
            result = scard.SCardBeginTransaction(card)
            if result in _GONE:
                card, protocol = _again(context, card)
                continue
            if result == scard.SCARD_S_SUCCESS:
                self._take_turn(card, protocol)
                scard.SCardEndTransaction(card, scard.SCARD_LEAVE_CARD)
            time.sleep(_PAUSE * (0.5 + secrets.randbelow(1000) / 1000))

    def ask(self) -> None:
        """A connection that waits for no turn: the service lets it in whenever nobody else has the card."""
        context, card, protocol = _connect()
        while True:
            result, status = _transmit(card, protocol, _IS_VERIFIED)
            if result in _GONE:
                card, protocol = _again(context, card)
            elif result == scard.SCARD_S_SUCCESS:
                self._count(questions=1, sights=status == 0x9000)
            time.sleep(_HASTE)

    def told(self) -> str:
        """The counts."""
        with self._lock:
            return json.dumps(self._counts)

    def _take_turn(self, card: int, protocol: int) -> None:
        _, status = _transmit(card, protocol, _IS_VERIFIED)
        signed = 0
        for commands in self._sign:
            answers = [_transmit(card, protocol, command)[1] for command in commands]
            signed += answers[-1] == 0x9000 or answers[-1] >> 8 == 0x61
        self._count(turns=1, sights=status == 0x9000, signatures=signed)

    def _count(self, **more: int) -> None:
        with self._lock:
            self._counts.update(more)


def _connect() -> tuple[int, int, int]:
    _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    _, names = scard.SCardListReaders(context, [])
    result, card, protocol = scard.SCardConnect(context, names[0], _SHARED, _PROTOCOLS)
    if result != scard.SCARD_S_SUCCESS:
        raise SystemExit(f"thief: {scard.SCardGetErrorMessage(result)}")
    return context, card, protocol


def _again(context: int, card: int) -> tuple[int, int]:
    result, protocol = scard.SCardReconnect(card, _SHARED, _PROTOCOLS, scard.SCARD_LEAVE_CARD)
    while result != scard.SCARD_S_SUCCESS:  # the card is out for a moment
        time.sleep(_HASTE)
        result, protocol = scard.SCardReconnect(card, _SHARED, _PROTOCOLS, scard.SCARD_LEAVE_CARD)
    return card, protocol


def _transmit(card: int, protocol: int, apdu: bytes) -> tuple[int, int]:
    send = scard.SCARD_PCI_T0 if protocol == scard.SCARD_PROTOCOL_T0 else scard.SCARD_PCI_T1
    result, answer = scard.SCardTransmit(card, send, list(apdu))
    status = bytes(byte & 0xFF for byte in answer[-2:]) if result == scard.SCARD_S_SUCCESS else b""
    return result, int.from_bytes(status)


def main() -> None:
    """Waits until it is told to stop."""
    thief = Thief()
    for live in (*[thief.wait] * int(sys.argv[1]), *[thief.ask] * IMPATIENT):
        threading.Thread(target=live, daemon=True).start()
    print("ready", flush=True)
    for _ in sys.stdin:
        print(thief.told(), flush=True)


if __name__ == "__main__":
    main()
