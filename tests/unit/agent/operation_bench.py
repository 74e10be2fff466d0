"""Around an operation: a clock turned by hand, a driver that works when told, a view that writes down."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any, cast

from cryptography.hazmat.primitives.asymmetric import ec
from typing_extensions import override

from agent.card.answers.certificate import CertificateFacts, read_certificate
from agent.card.card import Card, Cards
from agent.card.frames import DriverAnswer, HostAnswer, HostOrder, Token
from agent.card.old_asks import Listing, OldAsk
from agent.card.operation import WATCH_INTERVAL, Operation
from agent.card.view import Offer, Trouble, View, YesNo
from agent.card.worker import Job, Worker
from agent.failures import Code, FailureError
from pkcs11_shims.families import UNKNOWN, Family
from pkcs11_shims.session import CardToken
from tests.unit.agent.certificates import certificate
from tests.unit.agent.fakes import CHALLENGE, ORIGIN, TOKEN

PIN = "123456"
Shown = tuple[Any, ...]


@cache
def facts(
    holder: str = "王小明", not_after: datetime = datetime(2031, 5, 6, 15, 59, 59, tzinfo=UTC)
) -> CertificateFacts:
    """A certificate of somebody."""
    return read_certificate(certificate(ec.generate_private_key(ec.SECP256R1()), holder, not_after=not_after))


def card(
    tries_left: int | None = 3,
    holder: str = "王小明",
    problem: Code | None = None,
    *,
    pinpad: bool = False,
    reader: str = "Reader 00 00",
    family: Family = UNKNOWN,
) -> Card:
    """A card that nobody has; equal certificates have equal holders."""
    token = CardToken(reader, f"serial of {holder}", "maker")
    nothing = cast(Any, None)
    return Card(
        module=nothing, token=token, certificate=nothing, facts=facts(holder), tries_left=tries_left,
        family=family, pinpad=pinpad, problem=problem,
    )  # fmt: skip


class HandWorker(Worker):
    """A driver thread without a thread: jobs wait until `work`, as they do while a driver hangs."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[Job[Any]] = []

    @override
    def submit(self, call: Callable[[], Any]) -> Job[Any]:
        job = Job(call)
        self.waiting.append(job)
        return job

    def work(self) -> None:
        """Does what waits, in order."""
        while self.waiting:
            self.waiting.pop(0).run()


class FakeCards:
    """What the driver says; a value that is an exception is raised."""

    def __init__(self) -> None:
        self.seen: Card | tuple[Card, ...] | Exception = card()
        self.present_answer: bool | Exception = True
        self.signed: Token | Exception = TOKEN
        self.listed: Listing | Exception = Listing(description="a driver")
        self.lists: list[bool] = []
        self.looks = 0
        self.answers: list[DriverAnswer] = []
        self.pins: list[str | None] = []
        self.signed_with: list[Card] = []
        self.signed_for: list[tuple[str, str]] = []
        self.resets = 0

    def look(self, order: HostOrder) -> tuple[Card, ...]:
        """The cards in the readers."""
        self.looks += 1
        if isinstance(self.seen, Exception):
            raise self.seen
        return self.seen if isinstance(self.seen, tuple) else (self.seen,)

    def listing(self, certificates: bool) -> Listing:
        """What is in the readers."""
        self.lists.append(certificates)
        if isinstance(self.listed, Exception):
            raise self.listed
        return self.listed

    def answer(self, answer: DriverAnswer) -> None:
        """The person's word on a driver: the next look is made with the card behind it, or without any."""
        self.answers.append(answer)
        self.seen = card() if answer.allowed else FailureError(Code.DRIVER_REFUSED)

    def present(self, card: Card) -> bool:
        """Whether it is still there."""
        if isinstance(self.present_answer, Exception):
            raise self.present_answer
        return self.present_answer

    def sign(self, card: Card, pin: bytearray | None, order: HostOrder) -> HostAnswer:
        """The signature."""
        self.pins.append(None if pin is None else pin.decode())
        self.signed_with.append(card)
        self.signed_for.append((order.origin, order.challenge))
        if isinstance(self.signed, Exception):
            raise self.signed
        return HostAnswer(token=self.signed)

    def reset(self) -> None:
        """Counts."""
        self.resets += 1


class FakeView:
    """Writes down what would be shown."""

    def __init__(self) -> None:
        self.shown: list[Shown] = []
        self.card: Card | None = None
        self.others = 0
        self.trouble = Trouble(Code.INTERNAL)

    def show_choice(self, offer: Offer, chosen: bytes) -> None:
        """A list: holders that can be chosen, holders that cannot, and the one that is marked."""
        marked = [card.facts.holder for card in offer.usable if card.facts.der == chosen]
        usable, unusable = (tuple(card.facts.holder for card in cards) for cards in (offer.usable, offer.unusable))
        self.shown.append(("choice", usable, unusable, *marked))

    def show_card(self, card: Card, others: int) -> None:
        """A card."""
        self.card, self.others = card, others
        self.shown.append(("card", card.tries_left))

    def show_problem(self, trouble: Trouble) -> None:
        """A problem."""
        self.trouble = trouble
        self.shown.append(("problem", trouble.code, trouble.tries_left))

    def ask(self, question: YesNo) -> None:
        """A question, and the file that it is about."""
        self.shown.append((question.topic.value, *([question.path] if question.path else [])))

    def show_note(self, code: Code, tries_left: int | None) -> None:
        """A note."""
        self.shown.append(("note", code, tries_left))

    def ask_last_try(self) -> None:
        """The question before the last try."""
        self.shown.append(("last try",))

    def show_signing(self) -> None:
        """The card works."""
        self.shown.append(("signing",))

    def show_countdown(self, seconds: int) -> None:
        """The reader waits for the PIN."""
        self.shown.append(("countdown", seconds))

    def show_cancelling(self) -> None:
        """The person has cancelled."""
        self.shown.append(("cancelling",))

    def show_left(self) -> None:
        """The page has left."""
        self.shown.append(("left",))


class Bench:
    """An operation with everything around it in the test's hands; its site may be told what is wrong, or not."""

    def __init__(
        self, real_view: View | None = None, *, tells: bool = True, failed: str = "", old: OldAsk | None = None
    ) -> None:
        self.now = 1000.0
        self.cards = FakeCards()
        self.worker = HandWorker()
        self.view = FakeView()
        self.driver_failure: FailureError | None = None
        order = HostOrder(ORIGIN, "" if old else CHALLENGE, "zh-Hant", tells=tells, failed=failed, old=old)
        self.operation = Operation(order, self._cards, self.worker, real_view or self.view, lambda: self.now)
        self.operation.start()

    def _cards(self) -> Cards:
        if self.driver_failure is not None:
            raise self.driver_failure
        return cast(Cards, self.cards)

    def step(self, seconds: float = 0.0) -> None:
        """Time passes, the driver does its work, the window ticks."""
        self.now += seconds
        self.worker.work()
        self.operation.tick()

    def hang(self, seconds: float) -> None:
        """Time passes and the window ticks, but the driver does not come back."""
        self.now += seconds
        self.operation.tick()

    def watch(self) -> None:
        """Long enough for the next look after the card, and its answer."""
        self.hang(WATCH_INTERVAL + 0.1)
        self.step()

    def submit(self, pin: str | None = PIN, *, confirmed: bool = False) -> None:
        """A person types a PIN, or (None) asks to type it on the reader."""
        self.operation.submit(pin, last_try_confirmed=confirmed)

    def choose(self, holder: str) -> None:
        """A person chooses a certificate."""
        self.operation.choose(facts(holder).der)

    def last(self) -> Shown:
        """What was shown last."""
        return self.view.shown[-1]

    @property
    def answer(self) -> tuple[str | None, int | None]:
        """Code and tries of the answer; there must be one, and no token in it."""
        answer = self.operation.answer
        assert answer is not None
        assert answer.token is None
        return answer.code, answer.tries_left
