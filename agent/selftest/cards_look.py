"""Readers, drivers and cards as their examinations have found them, and which card is to be spoken of."""

import asyncio
from dataclasses import dataclass
from functools import cached_property

from agent.card.frames import HostSetup
from agent.card.reader_names import same_reader
from agent.selftest.examination import Examined, examine
from agent.selftest.once import apart
from agent.selftest.seen import DriverSeen, DriverWaits, ExamineAsk, FaultSeen, ReaderSeen, ServiceSeen, TokenSeen
from pkcs11_shims.atr import CardKind, recognise_atr
from pkcs11_shims.discovery import Refusal


@dataclass(frozen=True)
class ReadersSeen:
    """What PC/SC tells: a code where it does not answer, else its readers."""

    code: str
    readers: tuple[ReaderSeen, ...] = ()

    @property
    def cards(self) -> tuple[ReaderSeen, ...]:
        """The readers with a card in them."""
        return tuple(reader for reader in self.readers if reader.present)


@dataclass(frozen=True)
class DriverLook:
    """One driver that was found: its name, where it lies, and what its examination has told."""

    name: str
    path: str
    examined: Examined

    @cached_property
    def loaded(self) -> DriverSeen | None:
        """What it says of itself."""
        return next((step for step in self.examined.steps if isinstance(step, DriverSeen)), None)

    @cached_property
    def waits(self) -> bool:
        """Whether the person has still to allow it."""
        return any(isinstance(step, DriverWaits) for step in self.examined.steps)

    @cached_property
    def fault(self) -> FaultSeen | None:
        """What the driver itself has failed with."""
        return next((step for step in self.examined.steps if isinstance(step, FaultSeen) and not step.reader), None)

    @cached_property
    def tokens(self) -> tuple[TokenSeen, ...]:
        """The cards that it reads."""
        return tuple(step for step in self.examined.steps if isinstance(step, TokenSeen))


@dataclass(frozen=True)
class DriversSeen:
    """All drivers of this computer, and those that must not be loaded."""

    looks: tuple[DriverLook, ...] = ()
    refused: tuple[Refusal, ...] = ()
    broken_catalogue: bool = False

    @property
    def tokens(self) -> tuple[TokenSeen, ...]:
        """All cards that some driver reads, those with certificates first."""
        found = [token for look in self.looks for token in look.tokens]
        return tuple(sorted(found, key=lambda token: not token.certificates))

    def of(self, token: TokenSeen) -> DriverLook | None:
        """The driver that reads a card."""
        return next((look for look in self.looks if token in look.tokens), None)


async def look_at_readers(setup: HostSetup) -> ReadersSeen:
    """The readers and what is in them."""
    examined = await examine(ExamineAsk(setup, "readers"))
    service = next((step for step in examined.steps if isinstance(step, ServiceSeen)), None)
    if service is None or examined.hung or examined.crashed:
        return ReadersSeen("service_hung")
    return ReadersSeen(service.code, tuple(step for step in examined.steps if isinstance(step, ReaderSeen)))


async def look_at_drivers(setup: HostSetup) -> DriversSeen:
    """The drivers, each loaded in a process of its own, all at the same time: one that hangs costs no other."""
    from agent.card.card import survey
    from pkcs11_shims.errors import CardError

    try:
        found = await apart(lambda: survey(setup))
    except CardError:
        return DriversSeen(broken_catalogue=True)
    asks = [ExamineAsk(setup, "driver", str(item.path)) for item in found.found]
    examined = await asyncio.gather(*map(examine, asks))
    looks = (DriverLook(item.driver.name, str(item.path), one) for item, one in zip(found.found, examined, strict=True))
    return DriversSeen(tuple(looks), found.refused)


def kind_of(reader: ReaderSeen) -> CardKind | None:
    """The kind of card in a reader, by its answer to reset."""
    return recognise_atr(bytes.fromhex(reader.atr))


def reader_of(token: TokenSeen, readers: ReadersSeen) -> ReaderSeen | None:
    """The reader that a card is in."""
    return next((reader for reader in readers.readers if same_reader(reader.name, token.reader)), None)
