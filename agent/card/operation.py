"""One operation of the card host: a card is found, a PIN typed, a card pulled; no toolkit here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol

from agent.card.frames import HostAnswer, HostOrder
from agent.card.pin import check_pin
from agent.card.worker import Job, Worker
from agent.failures import Code, FailureError, Next, failure

if TYPE_CHECKING:  # loaded by the driver thread, beside the window
    from agent.card.card import Card, Cards

# Seconds (design, section 3).
LOOK_LIMIT, SIGN_LIMIT, ENTRY_LIMIT = 5.0, 20.0, 120.0
# How often a card that should be there, or should come, is looked for.
WATCH_INTERVAL = 0.5
LAST_TRY = 1
# Shown until the person closes the window: what stops here is not to be looked for on the page behind it.
_SHOWN = frozenset({Code.PIN_LOCKED, Code.NO_DRIVER})


class View(Protocol):
    """What the operation shows; the Tk window is one."""

    def show_card(self, card: Card) -> None:
        """A card is ready: holder, reader, tries left, and an empty PIN field."""

    def show_problem(self, code: Code, tries_left: int | None) -> None:
        """Nothing can be typed now; the catalogue says why and what to do."""

    def show_note(self, code: Code, tries_left: int | None) -> None:
        """The last PIN was not right; another can be typed."""

    def ask_last_try(self) -> None:
        """The typed PIN waits until the person has confirmed the last try."""

    def show_signing(self) -> None:
        """The card is at work."""


class State(Enum):
    """Where an operation is."""

    LOOKING = "looking"
    READY = "ready"
    SIGNING = "signing"
    PROBLEM = "problem"
    ENDED = "ended"


class Operation:
    """From an order to an answer; `tick` has to be called every few milliseconds, all calls from one thread.

    `cards` is called in the driver thread only, and may raise FailureError when no driver can be loaded.
    """

    def __init__(
        self,
        order: HostOrder,
        cards: Callable[[], Cards],
        worker: Worker,
        view: View,
        clock: Callable[[], float],
    ) -> None:
        self._order = order
        self._cards_of = cards
        self._worker = worker
        self._view = view
        self._clock = clock
        self._card: Card | None = None
        self._job: Job[Any] | None = None
        self._then: Callable[[Any], None] = lambda _: None
        self._job_limit = self._next_watch = 0.0
        self._expires = clock() + ENTRY_LIMIT
        self._reason: FailureError | None = None
        self._cancelled = False
        self.state = State.LOOKING
        self.answer: HostAnswer | None = None

    def start(self) -> None:
        """Begins to look for a card."""
        self._look()

    def tick(self) -> None:
        """Takes what the driver thread has done and keeps the deadlines."""
        if self.state is State.ENDED:
            return
        now = self._clock()
        if self._job is not None:
            self._follow(self._job, now)
        elif now > self._next_watch:
            self._watch()
        if now > self._expires and self.state in (State.LOOKING, State.READY, State.PROBLEM):
            self._end(self._reason or FailureError(Code.TIMED_OUT))

    def submit(self, pin: str, *, last_try_confirmed: bool) -> None:
        """Signs with a PIN that a person typed; a malformed one never reaches the card."""
        card = self._card
        if self.state is not State.READY or card is None:
            return
        try:
            pin = check_pin(pin)
        except FailureError as reason:
            self._view.show_note(reason.code, None)
            return
        if card.tries_left == LAST_TRY and not last_try_confirmed:
            self._view.ask_last_try()
            return
        self.state = State.SIGNING
        self._view.show_signing()
        order = self._order
        self._run(lambda: self._cards_of().sign(card, pin, order), self._signed, SIGN_LIMIT)

    def cancel(self) -> None:
        """Ends the operation; while the card signs, as soon as it has finished, and nothing is answered with."""
        if self.state is State.SIGNING:
            self._cancelled = True
        elif self.state is not State.ENDED:
            self._end(self._reason or FailureError(Code.USER_CANCELLED))

    def reset_cards(self) -> Job[None]:
        """Resets the cards that were given a PIN."""
        return self._worker.submit(lambda: self._cards_of().reset())

    def _run(self, call: Callable[[], Any], then: Callable[[Any], None], limit: float) -> None:
        self._job, self._then = self._worker.submit(call), then
        self._job_limit = self._clock() + limit

    def _follow(self, job: Job[Any], now: float) -> None:
        if not job.done:
            if now > self._job_limit:
                self._job_limit = float("inf")
                self._stuck()
            return
        self._job = None
        self._next_watch = now + WATCH_INTERVAL
        try:
            value = job.result()
        except FailureError as reason:
            self._failed(reason)
        else:
            self._then(value)

    def _look(self) -> None:
        self._run(lambda: self._cards_of().look(self._order), self._found, LOOK_LIMIT)

    def _watch(self) -> None:
        card = self._card
        if self.state is State.READY and card is not None:
            self._run(lambda: self._cards_of().present(card), self._watched, LOOK_LIMIT)
        elif self.state is State.PROBLEM:
            self._look()

    def _found(self, cards: tuple[Card, ...]) -> None:
        card = cards[0]
        if card.tries_left == 0:
            self._problem(FailureError(Code.PIN_LOCKED, 0))
            return
        self._card, self._reason = card, None
        self._expires = self._clock() + ENTRY_LIMIT
        self.state = State.READY
        self._view.show_card(card)

    def _watched(self, present: bool) -> None:
        if not present:
            self._problem(FailureError(Code.CARD_REMOVED))

    def _signed(self, answer: HostAnswer) -> None:
        if self._cancelled:
            self._end(FailureError(Code.USER_CANCELLED))
        else:
            self._finish(answer)

    def _failed(self, reason: FailureError) -> None:
        row = failure(reason.code)
        if self._cancelled:
            self._end(FailureError(Code.USER_CANCELLED))
        elif reason.code in (Code.PIN_WRONG, Code.PIN_MALFORMED) and self._card is not None:
            self._card, self._reason = replace(self._card, tries_left=reason.tries_left), reason
            self._expires = self._clock() + ENTRY_LIMIT
            self.state = State.READY
            self._view.show_card(self._card)
            self._view.show_note(reason.code, reason.tries_left)
        elif row.next is Next.WAIT or reason.code in _SHOWN:
            self._problem(reason)
        else:
            self._end(reason)

    def _problem(self, reason: FailureError) -> None:
        known = self._reason if self.state is State.PROBLEM else None
        # A card that was pulled leaves "no card" behind: the person is told what happened, not what is.
        if known is not None and known.code is Code.CARD_REMOVED and reason.code is Code.NO_CARD:
            return
        self._card, self._reason = None, reason
        self.state = State.PROBLEM
        if known is None or known.code is not reason.code:
            self._view.show_problem(reason.code, reason.tries_left)

    def _stuck(self) -> None:
        if self._cancelled:
            self._end(FailureError(Code.USER_CANCELLED))
        else:
            self._problem(FailureError(Code.READER_HUNG))

    def _end(self, reason: FailureError) -> None:
        self._finish(HostAnswer(code=reason.code.value, tries_left=reason.tries_left))

    def _finish(self, answer: HostAnswer) -> None:
        self.answer = answer
        self.state = State.ENDED
