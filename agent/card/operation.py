"""One operation of the card host: a card is found and chosen, a PIN typed, a card pulled; no toolkit here."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import replace
from enum import Enum
from typing import TYPE_CHECKING, Any

from msgspec import structs

from agent.card.frames import DriverAnswer, HostAnswer, HostOrder, UnansweredError
from agent.card.old_asks import ListAsk, Listing, SiteAsk
from agent.card.past import PastFailures
from agent.card.pin import check_pin, wipe
from agent.card.view import Offer, Topic, Trouble, View, YesNo, first_questions
from agent.card.worker import Job, Worker
from agent.failures import Code, FailureError, Next, failure
from agent.settings import PinForm

if TYPE_CHECKING:  # loaded by the driver thread, beside the window
    from agent.card.card import Card, Cards

# Seconds (design, section 3): looking, signing, typing; and typing on the reader's own keys, which the reader ends.
LOOK_LIMIT, SIGN_LIMIT, ENTRY_LIMIT, PINPAD_LIMIT = 5.0, 20.0, 120.0, 60.0
# How long "the reader does not answer" is shown before the order gets that code and the daemon can end the driver.
HUNG_LIMIT = 10.0
# A reader that hangs so often in one operation gets no further job.
MAX_HANGS = 2
# How often a card that should be there, or should come, is looked for.
WATCH_INTERVAL = 0.5
LAST_TRY = 1
# Shown until the person closes the window: what stops here is not to be looked for on the page behind it.
# Another card may help, and a slow driver sees one later than PC/SC does.
_SHOWN = frozenset({Code.PIN_LOCKED, Code.CARD_NOT_ACTIVATED, Code.NO_DRIVER})
# Shown too, but nothing that happens in a reader would help.
_FINAL = frozenset({Code.DRIVER_REFUSED, Code.CARD_SWAPPED})
# What ends an operation at once, unless that would tell the site something.
_BROKEN = frozenset({Code.HOST_FAILED, Code.INTERNAL})
# What a look fails with when the cards that it saw before have left.
_LEFT = frozenset({Code.NO_READER, Code.NO_CARD, Code.NO_SERVICE, Code.NO_CERTIFICATE, Code.CARD_UNSUPPORTED})
_ABOUT_PIN = frozenset({Code.PIN_WRONG, Code.PIN_LOCKED})
# Which of the unusable certificates says most about the card.
_REPORTED_FIRST = (
    Code.PIN_LOCKED,
    Code.CARD_NOT_ACTIVATED,
    Code.CERTIFICATE_EXPIRED,
    Code.CERTIFICATE_NOT_YET_VALID,
    Code.CERTIFICATE_NOT_WANTED,
    Code.CERTIFICATE_ENCRYPTION_ONLY,
)


class State(Enum):
    """Where an operation is."""

    LOOKING = "looking"
    CHOOSING = "choosing"
    READY = "ready"
    SIGNING = "signing"
    PROBLEM = "problem"
    ASKING = "asking"  # a question that is answered with yes or no
    ENDED = "ended"


class Operation:
    """From an order to an answer; `tick` has to be called every `pause` seconds, all calls from one thread.

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
        self._list = order.old.work if order.old is not None and isinstance(order.old.work, ListAsk) else None
        self._cards_of = cards
        self._worker = worker
        self._view = view
        self._clock = clock
        self._offer = Offer((), ())
        self._card: Card | None = None  # the one that is shown
        self._chosen = b""  # the certificate that the person chose, DER
        self._trouble: Trouble | None = None
        self._job: Job[Any] | None = None
        self._then: Callable[[Any], None] = lambda _: None
        self._job_limit = self._next_watch = 0.0
        self._expires, self._hung_until = clock() + ENTRY_LIMIT, math.inf
        self._tells, self._started = order.tells, False
        self._countdown: int | None = None
        self._reason: FailureError | None = None
        self._past = PastFailures()
        self._asked: Card | None = None  # the one whose signature the driver thread is at
        self._cancelled = False
        self._hangs = 0
        self._questions = list(first_questions(order))  # still to be asked, before any card is looked for
        self._question: YesNo | None = None  # the one that is open
        self._driver = DriverAnswer("", "", False)  # the one that was asked about last
        self._answers: tuple[DriverAnswer, ...] = ()
        self._permitted = self._left = False
        self._given = ""  # the number of the card that was given a PIN
        self.state = State.LOOKING
        self.language: str | None = None
        self.answer: HostAnswer | None = None

    def start(self) -> None:
        """Begins to ask or to look for a card, or shows what a host before this one has ended with."""
        self._started = True
        if self._order.failed:
            self._problem(FailureError(Code(self._order.failed)))
        else:
            self._begin()

    def tick(self) -> None:
        """Takes what the driver thread has done and keeps the deadlines."""
        if self.state is State.ENDED:
            return
        now = self._clock()
        if self._job is not None:
            self._follow(self._job, now)
        elif now > self._next_watch:
            self._watch()
        if now > self._deadline() and self.state not in (State.SIGNING, State.ENDED):
            self._end(self._reason or FailureError(Code.TIMED_OUT))

    def choose(self, der: bytes) -> None:
        """Goes on with one of the certificates that are offered; any other is ignored."""
        card = next((card for card in self._offer.usable if card.facts.der == der), None)
        if self.state is State.CHOOSING and card is not None:
            self._chosen, self._reason = der, None
            self._ready(card)

    def choose_another(self) -> None:
        """Goes back from the PIN to the list of certificates."""
        if self.state is State.READY and len(self._offer) > 1:
            self._choosing(self._offer)
            self._next_watch = 0.0

    def submit(self, pin: str | bytearray | None, *, last_try_confirmed: bool, form: PinForm = "digits") -> None:
        """Signs with a PIN that a person typed; None has it typed on the reader. A malformed PIN reaches no card.

        A PIN in a bytearray is wiped, at the latest when the card has answered.
        """
        card = self._card
        if self.state is not State.READY or card is None or card.pinpad is not (pin is None):
            wipe(pin)
            return
        try:
            secret = None if pin is None else check_pin(pin, form)
        except FailureError as reason:
            self._view.show_note(reason.code, None)
            return
        if card.tries_left == LAST_TRY and not last_try_confirmed:
            wipe(secret)
            self._view.ask_last_try()
            return
        self._sign(card, secret)

    def cancel(self) -> None:
        """Ends the operation; while the card signs, as soon as it has finished, and nothing is answered with."""
        if self.state is State.SIGNING:
            if not self._cancelled:
                self._cancelled = True
                self._view.show_cancelling()
        elif self.state is not State.ENDED:
            self._end((self._tells and self._reason) or FailureError(Code.USER_CANCELLED))

    def tell(self) -> None:
        """Ends the operation, and the person wants the site to be told what is wrong."""
        self._tells = True
        self.cancel()

    def fail(self, code: Code) -> None:
        """Ends the operation at once with a code that is not about a card: nobody can be asked, or not any more.

        Once a card has been looked for, the moment of that may depend on it: then the daemon is to tell no site.
        """
        if self.state is not State.ENDED:
            self._end(FailureError(code if self._tells or not self._started else Code.HOST_FAILED))

    def speak(self, language: str) -> None:
        """The person has chosen another language; the answer tells it, for the next window."""
        self.language = language

    def permit(self, allowed: bool) -> None:
        """The person's word on what is asked; on a driver and on a site the next windows act by it too."""
        question = self._question
        if self.state is not State.ASKING or question is None:
            return
        self._question, self.state = None, State.LOOKING
        self._expires = self._clock() + ENTRY_LIMIT
        if question.topic is Topic.DRIVER:
            answer = structs.replace(self._driver, allowed=allowed)
            self._answers += (answer,)
            self._run(lambda: self._answered(answer), self._found, LOOK_LIMIT)
        elif question.topic is Topic.SITE:
            self._permit_site(allowed)
        elif allowed:
            self._begin()
        else:
            self._end(FailureError(Code.USER_CANCELLED))

    def page_left(self) -> None:
        """Nobody waits at the page any more. The order goes on: its answer is kept for when the page asks again."""
        if not self._left and self.state is not State.ENDED:
            self._left = True
            self._view.show_left()

    def reset_cards(self) -> Job[None]:
        """Resets the cards that were given a PIN."""
        return self._worker.submit(lambda: self._cards_of().reset())

    def _deadline(self) -> float:
        """When the operation ends by itself: never for a site that may not be told, the daemon ends it then."""
        return min(self._expires, self._hung_until) if self._tells else math.inf

    def _sign(self, card: Card, pin: bytearray | None) -> None:
        self.state, self._given = State.SIGNING, card.token.serial
        order = self._order
        limit = SIGN_LIMIT if pin is not None else PINPAD_LIMIT
        if pin is None:
            self._countdown = int(limit)
            self._view.show_countdown(self._countdown)
        else:
            self._view.show_signing()
        self._run(lambda: self._sign_now(card, pin, order), self._signed, limit, card)
        # Right behind it in the driver thread, whatever became of the signature: it waits for no window and no answer.
        self.reset_cards()

    def _sign_now(self, card: Card, pin: bytearray | None, order: HostOrder) -> HostAnswer:
        try:
            answer = self._cards_of().sign(card, pin, order)
        finally:
            wipe(pin)
        if not self._cancelled:
            self._worker.keep(structs.replace(answer, permitted=self._permitted))
        return answer

    def _run(
        self, call: Callable[[], Any], then: Callable[[Any], None], limit: float, asked: Card | None = None
    ) -> None:
        self._job, self._then, self._asked = self._worker.submit(call), then, asked
        self._job_limit = self._clock() + limit

    def _follow(self, job: Job[Any], now: float) -> None:
        if not job.done:
            if now > self._job_limit:
                self._job_limit = math.inf
                self._stuck(now)
            elif self._countdown is not None:
                self._count(math.ceil(self._job_limit - now))
            return
        self._job = self._countdown = None
        self._hung_until = math.inf
        self._next_watch = now + WATCH_INTERVAL
        try:
            value = job.result()
        except FailureError as reason:
            self._failed(reason)
        else:
            self._then(value)

    def _count(self, left: int) -> None:
        if left != self._countdown and not self._cancelled:
            self._countdown = left
            self._view.show_countdown(left)

    def _begin(self) -> None:
        """The next question; after the last one what was asked for, as far as no card is needed, or the card."""
        if self._questions:
            self._ask(self._questions.pop(0))
        elif self._order.old is not None and isinstance(self._order.old.work, SiteAsk):
            self._finish(HostAnswer())
        else:
            self._look()

    def _permit_site(self, allowed: bool) -> None:
        # Either way the site may be told from now on: of its own refusal too, which is the person's word.
        self._tells, self._permitted = True, allowed
        if allowed:
            self._begin()
        else:
            self._end(FailureError(Code.ORIGIN_NOT_PERMITTED))

    def _look(self) -> None:
        self._run(lambda: self._seek(self._cards_of()), self._found, LOOK_LIMIT)

    def _answered(self, answer: DriverAnswer) -> tuple[Card, ...] | Listing:
        cards = self._cards_of()
        cards.answer(answer)
        return self._seek(cards)

    def _seek(self, cards: Cards) -> tuple[Card, ...] | Listing:
        return cards.listing(self._list.certificates) if self._list is not None else cards.look(self._order)

    def _ask(self, question: YesNo) -> None:
        self._question, self.state, self._reason = question, State.ASKING, None
        self._expires = self._clock() + ENTRY_LIMIT
        self._view.ask(question)

    def _watch(self) -> None:
        card = self._card
        if self.state is State.READY and card is not None:
            self._run(lambda: self._cards_of().present(card), self._watched, LOOK_LIMIT)
        elif self.state in (State.PROBLEM, State.CHOOSING) and not self._final():
            self._look()

    def _final(self) -> bool:
        return self._hangs >= MAX_HANGS or (self._reason is not None and self._reason.code in _FINAL | _BROKEN)

    def _found(self, found: tuple[Card, ...] | Listing) -> None:
        if isinstance(found, Listing):
            self._finish(HostAnswer(listing=found))
            return
        if self.state is State.READY:  # chosen while the driver was looking
            return
        offer = _offer(self._past.mark(found))
        if not offer.usable:
            self._nothing_usable(offer)
        elif self.state is State.CHOOSING:
            if offer.key != self._offer.key:
                self._choosing(offer)
        else:
            self._offer = offer
            kept = [card for card in offer.usable if card.facts.der == self._chosen]
            # Where one has failed, a person says that it is to be another: it takes no place by itself.
            if kept or (len(offer.usable) == 1 and not self._past):
                self._reason = None
                self._ready((kept or list(offer.usable))[0])
            else:
                self._choosing(offer)

    def _nothing_usable(self, offer: Offer) -> None:
        card = min(offer.unusable, key=lambda item: _rank(item.problem))
        if self._past and self.state is State.PROBLEM and self._reason and self._reason.code is card.problem:
            return  # it was said when it failed
        self._problem(FailureError(card.problem or Code.NO_CERTIFICATE, card.tries_left), card, offer.unusable)

    def _ready(self, card: Card) -> None:
        self._card = card
        self._expires = self._clock() + ENTRY_LIMIT
        self._next_watch = 0.0  # at once: it makes the driver ready, while the person types
        self.state = State.READY
        self._view.show_card(card, len(self._offer) - 1)

    def _choosing(self, offer: Offer) -> None:
        if self.state is not State.CHOOSING:
            self._expires = self._clock() + ENTRY_LIMIT
        self._offer, self.state = offer, State.CHOOSING
        self._view.show_choice(offer, self._chosen or (self._card.facts.der if self._card else b""))
        self._card = None

    def _watched(self, present: bool) -> None:
        if not present and self.state is State.READY:
            self._problem(FailureError(Code.CARD_REMOVED), self._card)

    def _signed(self, answer: HostAnswer) -> None:
        if self._cancelled:
            self._end(FailureError(Code.USER_CANCELLED))
        else:
            self._finish(answer)

    def _failed(self, reason: FailureError) -> None:
        if self._asked is None and reason.code in _LEFT:
            self._past.forget()
        if self._cancelled:
            self._end(FailureError(Code.USER_CANCELLED))
        elif isinstance(reason, UnansweredError):
            self._driver = reason.file
            self._ask(YesNo(Topic.DRIVER, reason.file.path))
        elif self._list is not None:
            self._end(reason)  # a list is for the site alone, which asks again when it wants another
        elif reason.code in (Code.PIN_WRONG, Code.PIN_MALFORMED) and self._card is not None:
            self._reason = reason
            self._ready(replace(self._card, tries_left=_tries_after(self._card, reason)))
            self._view.show_note(reason.code, reason.tries_left)
        elif failure(reason.code).next is Next.WAIT or reason.code in _SHOWN | _FINAL or not self._tells:
            if self._asked is not None:
                self._past.add(self._asked, reason)
            self._problem(reason, self._card)
        else:
            self._end(reason)

    def _problem(self, reason: FailureError, card: Card | None = None, cards: tuple[Card, ...] = ()) -> None:
        known = self._reason if self.state is State.PROBLEM else None
        # A card that was pulled leaves "no card" behind: the person is told what happened, not what is.
        if known is not None and known.code is Code.CARD_REMOVED and reason.code is Code.NO_CARD:
            return
        if self.state is not State.PROBLEM:
            self._trouble = None
            self._expires = self._clock() + ENTRY_LIMIT
        self._card, self._reason = None, reason
        self.state = State.PROBLEM
        trouble = Trouble(reason.code, reason.tries_left, card, cards)
        if self._trouble is None or trouble.key != self._trouble.key:
            self._trouble = trouble
            self._view.show_problem(trouble)

    def _stuck(self, now: float) -> None:
        self._hangs += 1
        self._countdown = None
        if self._cancelled:
            self._end(FailureError(Code.USER_CANCELLED))
            return
        if self._asked is not None:
            _reset_beside(self._asked)
        self._problem(FailureError(Code.READER_HUNG), self._card)
        self._hung_until = now + HUNG_LIMIT
        if self._hangs >= MAX_HANGS:
            self._job = None

    def _end(self, reason: FailureError) -> None:
        # The count is for the person; a page gets it with the codes that are about the PIN.
        tries = reason.tries_left if reason.code in _ABOUT_PIN else None
        self._finish(HostAnswer(code=reason.code.value, tries_left=tries, told=self._tells))

    def _finish(self, answer: HostAnswer) -> None:
        # Of use where a page may send PINs: a token never comes of one.
        card = "" if answer.token else self._given
        self.answer = structs.replace(
            answer, language=self.language, drivers=self._answers, permitted=self._permitted, card=card
        )
        self.state = State.ENDED


def pause(operation: Operation) -> float:
    """Seconds until the next tick: short while a person waits for the card, longer while it waits for a person."""
    return 0.002 if operation.state in (State.LOOKING, State.SIGNING) else 0.02


def follow(operation: Operation, gone: threading.Event, left: threading.Event | None) -> None:
    """What the daemon has said since the last tick: `gone` ends the order, `left` says that the page waits no more."""
    if gone.is_set():
        operation.cancel()
    elif left is not None and left.is_set():
        operation.page_left()


def _offer(cards: tuple[Card, ...]) -> Offer:
    """The certificates apart: those that can be used, and the others each with the reason."""
    known = tuple(replace(card, problem=Code.PIN_LOCKED) if _locked(card) else card for card in cards)
    usable = tuple(card for card in known if card.problem is None)
    return Offer(usable, tuple(card for card in known if card.problem is not None))


def _tries_after(card: Card, reason: FailureError) -> int | None:
    """The tries left, at most: where the card cannot tell any more, a wrong PIN has cost one of those known before."""
    if reason.tries_left is not None or card.tries_left is None:
        return reason.tries_left
    return card.tries_left if reason.code is Code.PIN_MALFORMED else max(card.tries_left - 1, LAST_TRY)


def _locked(card: Card) -> bool:
    return card.problem is None and card.tries_left == 0


def _reset_beside(card: Card) -> None:
    """Resets a card whose driver hangs with it, as soon as PC/SC gives it to anybody but that driver."""
    from agent.card import pcsc

    threading.Thread(target=pcsc.reset, args=(card.token.reader,), name="reset", daemon=True).start()


def _rank(problem: Code | None) -> int:
    """Its place; a problem that no look finds is one that a signature had, and goes first."""
    return _REPORTED_FIRST.index(problem) if problem in _REPORTED_FIRST else -1
