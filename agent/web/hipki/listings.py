"""Readers and cards for sites that are permitted: looked for once for all who ask at a time, and kept for a moment."""

import asyncio
import time
from collections.abc import Callable

from agent.card.frames import HostOrder
from agent.card.old_asks import ListAsk, Listing, OldAsk
from agent.failures import Code, FailureError
from agent.messages import DEFAULT
from agent.signing import Signing

# Seconds. Events of the readers end it before; a card whose content changes without one is seen after it.
KEPT = 10.0


class Listings:
    """The newest listing, without certificates and with; never two looks at once, whoever asks and however often."""

    def __init__(self, signing: Signing, clock: Callable[[], float] = time.monotonic) -> None:
        self._signing, self._clock = signing, clock
        self._kept: dict[bool, tuple[Listing, float]] = {}
        self._look: asyncio.Task[Listing] | None = None
        self._looks_for = False
        self._news = 0

    def changed(self) -> None:
        """A reader or card has come or gone: what is known is old."""
        self._kept.clear()
        self._news += 1

    async def get(self, *, certificates: bool) -> Listing:
        """The readers and cards; raises FailureError."""
        while True:
            for kind in (certificates, True):  # one with certificates says all that one without does
                listing, until = self._kept.get(kind, (None, 0.0))
                if listing is not None and self._clock() < until:
                    return listing
            if self._look is None:
                self._looks_for = certificates
                self._look = asyncio.create_task(self._ask(certificates))
            if self._looks_for or not certificates:
                return await asyncio.shield(self._look)
            await asyncio.wait([self._look])

    async def _ask(self, certificates: bool) -> Listing:
        news = self._news
        try:
            ask = OldAsk(ListAsk(certificates), permitted=True)
            answer = await self._signing.look(HostOrder("", "", DEFAULT, old=ask, tells=True))
            if answer.listing is None:
                raise FailureError(Code.HOST_FAILED)
            if news == self._news:
                self._kept[certificates] = (answer.listing, self._clock() + KEPT)
            return answer.listing
        finally:
            self._look = None
