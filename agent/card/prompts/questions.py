"""What is to be asked now, one question at a time: for prompts that cannot show everything at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from agent.card.frames import HostOrder
from agent.card.operation import LAST_TRY, Operation
from agent.card.pin import half_width
from agent.card.prompts import old_texts, texts
from agent.card.prompts.content_text import content_of, quoted
from agent.card.prompts.origin_text import Remark, origin_text
from agent.card.prompts.words import Said, failure_texts, kind_of, reader_of, say, validity_of
from agent.card.view import Offer, Topic, Trouble, YesNo
from agent.failures import Code, failure
from agent.messages import translator
from agent.settings import PinForm

if TYPE_CHECKING:
    from agent.card.card import Card


class Kind(Enum):
    """What answers a question."""

    NOTHING = "nothing"  # the card is at work
    CHOICE = "choice"  # yes takes the certificate, no goes to the next one; or its number is taken
    YES_NO = "yes or no"  # `Question.asked`
    LAST_TRY = "last try"  # yes goes on to the PIN
    PIN = "pin"
    PINPAD = "pinpad"  # yes starts the reader's own PIN entry
    NOTICE = "notice"  # to be read; the person can only close it


@dataclass(frozen=True, eq=False)
class Question:
    """`lines` say who asks, why and with which card; `error` what was wrong with the last answer.

    Where there is little room the first `kept` lines stay, and of `content` as much as there is room for.
    """

    kind: Kind
    lines: tuple[str, ...] = ()
    error: str = ""
    cards: tuple[Card, ...] = ()
    at: int = 0  # which of the cards is asked about
    kept: int = 0
    content: tuple[str, ...] = ()  # what is signed, in lines that cannot be taken for ours
    asked: YesNo | None = None
    secret: bool = False  # the site is not told of it, unless the person wants that


class Questions:
    """A view that keeps the one question that is open; a new one is another object."""

    def __init__(self, order: HostOrder, form: PinForm) -> None:
        self._translator = translator(order.language)
        self.form, self.tells = form, order.tells
        self.question = Question(Kind.NOTHING)
        self._order = order
        self._card: Card | None = None
        self._others = 0
        self._confirmed = self._left = False

    def show_choice(self, offer: Offer, chosen: bytes) -> None:
        """Which certificate."""
        ders = [card.facts.der for card in offer.usable]
        self._ask(Kind.CHOICE, self._reasons(offer.unusable), cards=offer.usable)
        self.question = replace(self.question, at=ders.index(chosen) if chosen in ders else 0)

    def show_card(self, card: Card, others: int) -> None:
        """The PIN, or before it whether the last try is to be made."""
        self._card, self._others, self._confirmed = card, others, False
        kind = Kind.PINPAD if card.pinpad else Kind.PIN
        self._ask_pin(Kind.LAST_TRY if card.tries_left == LAST_TRY else kind, card)

    def show_problem(self, trouble: Trouble) -> None:
        """What is wrong."""
        row = failure(trouble.code)
        lines = [self.say(row.meaning), self.say(row.remedy)]
        family = trouble.card.family if trouble.card else None
        if family is not None:
            lines += [line for line in (family.unlock_page, family.telephone) if line]
        self._ask(Kind.NOTICE, [*lines, *(self._reasons(trouble.cards) if len(trouble.cards) > 1 else [])])
        self.question = replace(self.question, secret=not self.tells)

    def ask(self, question: YesNo) -> None:
        """A question and what it is about first, and never left out; the site has nothing to do with a driver."""
        what, how, _, _ = texts.QUESTIONS[question.topic]
        site = [] if question.topic is Topic.DRIVER else self.site()
        kept = [*site, self.say(what), *filter(None, [old_texts.detail(question, self._order)])]
        self.question = Question(Kind.YES_NO, (*kept, self.say(how)), kept=len(kept), asked=question)

    def show_note(self, code: Code, tries_left: int | None) -> None:
        """The same question again, with what was wrong."""
        meaning, remedy = failure_texts(code, tries_left, self.form)
        self.question = replace(self.question, error=f"{self.say(meaning)}\n{self.say(remedy)}")

    def ask_last_try(self) -> None:
        """Never needed: the question comes before the PIN here, so that no typed PIN has to be kept."""

    def show_signing(self) -> None:
        """Nothing to ask."""
        self._ask(Kind.NOTHING, [self.say(texts.SIGNING)])

    def show_countdown(self, seconds: int) -> None:
        """The reader asks."""
        if self.question.kind is not Kind.NOTICE:
            countdown = texts.countdown(self._translator, seconds)
            self._ask(Kind.NOTICE, [countdown, self.say(texts.PINPAD_CANCEL)])

    def show_cancelling(self) -> None:
        """Nothing to ask."""
        self._ask(Kind.NOTHING, [self.say(texts.CANCELLING)])

    def show_left(self) -> None:
        """Said with the next question: asking this one anew would lose what has been typed."""
        self._left = True

    def yes(self, operation: Operation) -> None:
        """The person agrees."""
        question = self.question
        if question.kind is Kind.CHOICE:
            self.take(operation, question.at)
        elif question.kind is Kind.YES_NO:
            self._permit(operation, allowed=True)
        elif question.kind is Kind.PINPAD:
            operation.submit(None, last_try_confirmed=self._confirmed)
        elif question.kind is Kind.LAST_TRY and self._card is not None:
            self._confirmed = True
            self._ask_pin(Kind.PINPAD if self._card.pinpad else Kind.PIN, self._card)

    def no(self, operation: Operation) -> None:
        """The person does not: the next certificate, or the end."""
        question = self.question
        if question.kind is Kind.CHOICE and len(question.cards) > 1:
            self.question = replace(question, at=(question.at + 1) % len(question.cards))
        elif question.kind is Kind.YES_NO:
            self._permit(operation, allowed=False)
        else:
            operation.cancel()

    def take(self, operation: Operation, index: int) -> None:
        """The person has chosen a certificate by its place."""
        if self.question.kind is Kind.CHOICE and 0 <= index < len(self.question.cards):
            operation.choose(self.question.cards[index].facts.der)

    def pin(self, operation: Operation, typed: str) -> None:
        """The person has typed a PIN."""
        if self.question.kind is Kind.PIN:
            operation.submit(half_width(typed), last_try_confirmed=self._confirmed, form=self.form)

    def head(self) -> list[str]:
        """Who asks and why."""
        return [*self.site(), self.named(texts.PURPOSE, self.say(old_texts.purpose(self._order)))]

    def site(self) -> list[str]:
        """Who asks."""
        shown = origin_text(self._order.origin)
        lines = [self.named(old_texts.caption(self._order), shown.origin)]
        if shown.readable:
            lines.append(f"({shown.readable})")
        if shown.remark is not Remark.NONE:
            lines.append(self.say(texts.REMARKS[shown.remark]))
        return lines

    def say(self, said: Said) -> str:
        """A text in the order's language."""
        return say(self._translator, said)

    def named(self, name: Said, value: str) -> str:
        """A value after its name."""
        return self._translator.gettext("{name}: {value}").format(name=self.say(name), value=value)

    def describe(self, card: Card) -> str:
        """One certificate on one line."""
        told = (kind_of(self._translator, card), validity_of(self._translator, card), reader_of(card))
        return f"{card.facts.holder or '—'} ({', '.join(told)})"

    def _permit(self, operation: Operation, *, allowed: bool) -> None:
        asked = self.question.asked
        if allowed and asked is not None and asked.topic is Topic.SITE:
            self.tells = True
        self.question = Question(Kind.NOTHING)
        operation.permit(allowed)

    def _ask_pin(self, kind: Kind, card: Card) -> None:
        cautions = [self.say(caution) for caution in old_texts.cautions(self._order.old)]
        left = [self.say(old_texts.LEFT), self.say(old_texts.LEFT_HOW)] if self._left else []
        self._ask(kind, [*cautions, *left, *self._about(card)])
        self.question = replace(self.question, kept=self.question.kept + len(cautions), content=self._content())

    def _content(self) -> tuple[str, ...]:
        content = content_of(self._order.old) if self._order.old is not None else None
        return tuple(quoted(old_texts.below_purpose(content))) if content is not None else ()

    def _about(self, card: Card) -> list[str]:
        tries = texts.tries(self._translator, card.tries_left)
        lines = [self.named(texts.HOLDER, self.describe(card)), self.named(texts.TRIES, tries)]
        if card.tries_left == LAST_TRY:
            lines.append(self.say(texts.ASK_LAST_TRY))
        return lines

    def _reasons(self, cards: tuple[Card, ...]) -> list[str]:
        reasons = [(card, failure(card.problem or Code.NO_CERTIFICATE).meaning) for card in cards[:3]]
        return [f"✗ {self.describe(card)}: {self.say(why)}" for card, why in reasons]

    def _ask(self, kind: Kind, lines: list[str], cards: tuple[Card, ...] = ()) -> None:
        head = self.head()
        self.question = Question(kind, (*head, *lines), cards=cards, kept=len(head))
