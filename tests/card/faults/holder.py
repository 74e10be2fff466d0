"""Another program that uses the card: keeps it for itself, or in a transaction, until its standard input ends."""

import sys

from smartcard import scard


def main() -> None:
    """Takes the card of the first reader."""
    _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    _, names = scard.SCardListReaders(context, [])
    protocols = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
    share = scard.SCARD_SHARE_EXCLUSIVE if sys.argv[1] == "exclusive" else scard.SCARD_SHARE_SHARED
    result, card, _ = scard.SCardConnect(context, names[0], share, protocols)
    if result == scard.SCARD_S_SUCCESS and sys.argv[1] == "transaction":
        result = scard.SCardBeginTransaction(card)
    print("held" if result == scard.SCARD_S_SUCCESS else f"{result & 0xFFFFFFFF:#x}", flush=True)
    sys.stdin.read()
    scard.SCardDisconnect(card, scard.SCARD_LEAVE_CARD)


if __name__ == "__main__":
    main()
