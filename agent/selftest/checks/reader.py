"""The PC/SC service, the readers, and the card in one of them."""

from typing import ClassVar

from agent.failures import Code
from agent.selftest.cards_look import ReadersSeen, kind_of
from agent.selftest.context import Context
from agent.selftest.known_readers import KnownReader, connected
from agent.selftest.results import Outcome, bad, good
from agent.selftest.seen import ReaderSeen


class Service:
    """The PC/SC service answers."""

    name: ClassVar[str] = "service"
    needs: ClassVar[tuple[str, ...]] = ()

    async def run(self, context: Context) -> Outcome:
        """By asking it for its readers."""
        code = (await context.readers()).code
        return bad(code) if code else good()


class Reader:
    """There is a reader."""

    name: ClassVar[str] = "reader"
    needs: ClassVar[tuple[str, ...]] = ("service",)

    async def run(self, context: Context) -> Outcome:
        """By the service's list; one that is connected and not in it may need its maker's driver.

        Where a driver hangs, its card is asked without it: a reader that does not answer hangs every driver.
        """
        readers = (await context.readers()).readers
        if readers and await context.cards_hang():
            return bad(Code.READER_HUNG, reader=", ".join(reader.name for reader in readers if reader.present))
        if readers:
            return good(reader=", ".join(reader.name for reader in readers))
        known = connected()
        special = next((model for model in known if not model.ccid), None)
        if special is not None:
            return bad("reader_needs_driver", model=special.name, page=special.page)
        return bad(Code.NO_READER, model=_names(known))


def _names(known: tuple[KnownReader, ...]) -> str:
    return ", ".join(model.name for model in known)


class CardInside:
    """There is a card in a reader, it answers, nobody else keeps it, and it is of a kind that holds certificates."""

    name: ClassVar[str] = "card"
    needs: ClassVar[tuple[str, ...]] = ("reader",)

    async def run(self, context: Context) -> Outcome:
        """By its answer to reset; a card that some driver reads is a good one, whatever it answers."""
        seen = await context.readers()
        if not seen.cards:
            return bad(Code.NO_CARD, reader=", ".join(reader.name for reader in seen.readers))
        token = await context.token()
        if token is not None:
            return good(reader=token.reader, card_kind=_kind(seen, token.reader))
        return _worst(seen.cards)


def _worst(cards: tuple[ReaderSeen, ...]) -> Outcome:
    """What can be said by PC/SC alone of cards that no driver reads."""
    for card in cards:
        if card.exclusive:
            return bad(Code.CARD_BUSY, reader=card.name)
    if all(card.mute or not card.atr for card in cards):
        return bad("card_mute", reader=cards[0].name)
    kinds = [(card, kind_of(card)) for card in cards]
    if all(kind is not None and not kind.certificate for _, kind in kinds):
        card, kind = kinds[0]
        return bad(Code.CARD_UNSUPPORTED, reader=card.name, card_kind=kind.zh if kind else "")
    named = next((f"{kind.zh} / {kind.en}" for _, kind in kinds if kind is not None), "")
    return good(reader=cards[0].name, card_kind=named)


def _kind(seen: ReadersSeen, name: str) -> str:
    reader = next((reader for reader in seen.readers if reader.name == name), None)
    kind = None if reader is None else kind_of(reader)
    return "" if kind is None else f"{kind.zh} / {kind.en}"
