"""A driver thread without a window: reads one command a line, prints what came of it.

Arguments: names of catalogue rows, and paths of further modules.
"""

import json
import sys
from dataclasses import asdict
from typing import Any

import msgspec
from smartcard import scard

from agent.card import card, pcsc
from agent.card.card import Card, Cards
from agent.card.frames import HostOrder, HostSetup
from agent.failures import FailureError

_ORDER = HostOrder("https://portal.example", "A" * 44 + ".login", "zh-Hant")


class Steps:
    """The cards, and the one that was shown last."""

    def __init__(self) -> None:
        self._opened: Cards | None = None
        self._card: Card | None = None
        self._order = _ORDER

    @property
    def _cards(self) -> Cards:
        # When it is needed: a process that keeps a card for itself must not have it open already.
        rows = tuple(argument for argument in sys.argv[1:] if "/" not in argument)
        modules = tuple(argument for argument in sys.argv[1:] if "/" in argument)
        self._opened = self._opened or Cards(HostSetup(rows, modules))
        return self._opened

    def look(self) -> Any:
        """Holder, problem, tries, PIN-pad and CKA_ID of all cards."""
        found = self._cards.look(self._order)
        self._card = found[0]
        return [
            [item.facts.holder, item.problem, item.tries_left, item.pinpad, item.certificate.key_id.decode("latin-1")]
            for item in found
        ]

    def ask(self, order: str) -> Any:
        """Takes another order (HostOrder, JSON) for what follows."""
        self._order = msgspec.json.decode(order, type=HostOrder)

    def answer(self, pin: str | None) -> Any:
        """The whole answer to the order, bytes in Base64."""
        assert self._card is not None
        return msgspec.to_builtins(self._cards.sign(self._card, pin, self._order))

    def listing(self, certificates: str) -> Any:
        """The list of readers, bytes in Base64; with certificates unless the text is empty."""
        return msgspec.to_builtins(self._cards.listing(bool(certificates)))

    def present(self) -> Any:
        """Whether the shown card is there."""
        assert self._card is not None
        return self._cards.present(self._card)

    def sign(self, pin: str | None) -> Any:
        """Whether a token came."""
        assert self._card is not None
        return self._cards.sign(self._card, pin, _ORDER).token is not None

    def reset(self) -> Any:
        """Resets what was given a PIN."""
        return self._cards.reset()

    def readers(self) -> Any:
        """What PC/SC says."""
        return [{**asdict(reader), "atr": reader.atr.hex()} for reader in pcsc.readers()]

    def settle(self, seconds: str) -> Any:
        """How long a card that fails is watched for going away; without PC/SC nothing lags behind."""
        card._SETTLE = float(seconds)

    def hold(self) -> Any:
        """Keeps the card for this process alone."""
        _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
        _, names = scard.SCardListReaders(context, [])
        protocols = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
        return scard.SCardConnect(context, names[0], scard.SCARD_SHARE_EXCLUSIVE, protocols)[0]


def main() -> None:
    """Makes one step after the other."""
    steps = Steps()
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        try:
            outcome = getattr(steps, name)(*arguments)
        except FailureError as failure:
            outcome = {"code": failure.code.value, "tries": failure.tries_left}
        print(json.dumps(outcome), flush=True)


if __name__ == "__main__":
    main()
