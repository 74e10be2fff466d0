"""Orders of pages of the old component that need no person: lists, and the one try of a PIN that the page sent.

The person has allowed the site before, and for a PIN the user or administrator has allowed it to send one. Nothing is
repeated here; what a person has to decide goes on in the window, as if no PIN had come.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from msgspec import structs

from agent.card.frames import HostAnswer, HostOrder, UnansweredError
from agent.card.old_asks import ListAsk, OldAsk, RawAsk, SiteAsk
from agent.card.operation import LAST_TRY, LOOK_LIMIT, SIGN_LIMIT
from agent.card.pin import check_pin, wipe
from agent.card.worker import Job, Worker
from agent.failures import Code, FailureError

if TYPE_CHECKING:  # loaded by the driver thread
    from agent.card.card import Card, Cards

_ABOUT_PIN = frozenset({Code.PIN_WRONG, Code.PIN_LOCKED})
# Seconds between two looks at a job: what the answer may be late by.
_PAUSE = 0.005

Result = TypeVar("Result")


def needs_nobody(order: HostOrder) -> bool:
    """Whether an order may be answered without a window."""
    old = order.old
    if old is None or not old.permitted or order.failed:
        return False
    return isinstance(old.work, ListAsk) or (bool(old.pin) and not isinstance(old.work, RawAsk | SiteAsk))


@dataclass(frozen=True)
class Unattended:
    """One order that `needs_nobody`; `cards` is called in the driver thread, `gone` is set when the page has gone."""

    order: HostOrder
    worker: Worker
    cards: Callable[[], Cards]
    gone: threading.Event
    _over: threading.Event = field(default_factory=threading.Event)

    def answer(self) -> HostAnswer | None:
        """The answer, of which the site may be told all; None where a person has to decide.

        That is for a driver that waits for the person's word, for usable certificates on several cards, for the last
        try, and for a PIN that is typed on the reader. A PIN is tried once; the card is still logged in then.
        """
        old = self.order.old
        if old is None:
            return None
        try:
            return self._list(old.work) if isinstance(old.work, ListAsk) else self._try(old)
        except UnansweredError:
            return None
        except FailureError as failure:
            return _failed(failure)

    def _list(self, ask: ListAsk) -> HostAnswer:
        found = self._wait(self.worker.submit(lambda: self.cards().listing(ask.certificates)), LOOK_LIMIT)
        return HostAnswer(listing=found)

    def _try(self, old: OldAsk) -> HostAnswer | None:
        secret = check_pin(old.pin, "printable")
        try:
            card = self._card(self._wait(self.worker.submit(lambda: self.cards().look(self.order)), LOOK_LIMIT))
            if self.gone.is_set():
                raise FailureError(Code.USER_CANCELLED)
        except FailureError:
            wipe(secret)
            raise
        if card is None:
            wipe(secret)
            return None
        return self._use(card, secret)

    def _card(self, found: tuple[Card, ...]) -> Card | None:
        """The card for the PIN; None for the window's. Raises why there is none that can be used."""
        usable = [card for card in found if card.problem is None]
        if not usable:
            raise FailureError(found[0].problem or Code.NO_CERTIFICATE, found[0].tries_left)
        card = usable[0]
        several = any(other.token.reader != card.token.reader for other in usable)
        unsure = card.tries_left is None and self.order.old is not None and card.token.serial in self.order.old.tried
        return None if several or card.pinpad or unsure or card.tries_left in (0, LAST_TRY) else card

    def _use(self, card: Card, secret: bytearray) -> HostAnswer:
        try:
            answer = self._wait(self.worker.submit(lambda: self._use_now(card, secret)), SIGN_LIMIT, card)
        except FailureError as failure:
            answer = _failed(_counted(card, failure))
        return structs.replace(answer, card=card.token.serial)

    def _use_now(self, card: Card, secret: bytearray) -> HostAnswer:
        """In the driver thread: a page that has gone while this waited there costs no try."""
        try:
            if self.gone.is_set():
                raise FailureError(Code.USER_CANCELLED)
            answer = self.cards().sign(card, secret, self.order)
        finally:
            wipe(secret)  # here alone: a driver that hangs with it must not go on with another PIN
        if not self._over.is_set():
            self.worker.keep(answer)
        return answer

    def _wait(self, job: Job[Result], seconds: float, card: Card | None = None) -> Result:
        """What comes of a job; with a card it is one that has been given the PIN, and goes on without the page."""
        end = time.monotonic() + seconds
        while not job.wait(_PAUSE):
            if card is None and self.gone.is_set():
                raise FailureError(Code.USER_CANCELLED)
            if time.monotonic() > end:
                self._over.set()
                if card is not None:
                    _reset_beside(card)
                raise FailureError(Code.READER_HUNG)
        return job.result()


def _failed(failure: FailureError) -> HostAnswer:
    tries = failure.tries_left if failure.code in _ABOUT_PIN else None
    return HostAnswer(code=failure.code.value, tries_left=tries, told=True)


def _counted(card: Card, failure: FailureError) -> FailureError:
    """With the tries left, at most: a card that cannot tell any more has lost one of those known before."""
    if failure.code is not Code.PIN_WRONG or failure.tries_left is not None or card.tries_left is None:
        return failure
    return FailureError(failure.code, max(card.tries_left - 1, LAST_TRY))


def _reset_beside(card: Card) -> None:
    """Resets a card whose driver hangs with it, as soon as PC/SC gives it to anybody but that driver."""
    pcsc = sys.modules["agent.card.pcsc"]  # loaded with the card
    threading.Thread(target=pcsc.reset, args=(card.token.reader,), name="reset", daemon=True).start()
