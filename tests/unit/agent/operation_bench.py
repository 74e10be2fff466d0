"""Around an operation: a clock turned by hand, a driver that works when told, a view that writes down."""

from collections.abc import Callable
from typing import Any, cast

from typing_extensions import override

from agent.card.card import Card, Cards
from agent.card.frames import HostAnswer, HostOrder, Token
from agent.card.operation import WATCH_INTERVAL, Operation
from agent.card.worker import Job, Worker
from agent.failures import Code, FailureError
from tests.unit.agent.fakes import CHALLENGE, ORIGIN, TOKEN

PIN = "123456"
Shown = tuple[Any, ...]


def card(tries_left: int | None = 3) -> Card:
    """A card; the operation looks at its tries only."""
    nothing = cast(Any, None)
    return Card(nothing, nothing, nothing, nothing, tries_left)


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
        self.seen: Card | Exception = card()
        self.present_answer: bool | Exception = True
        self.signed: Token | Exception = TOKEN
        self.pins: list[str] = []
        self.signed_for: list[tuple[str, str]] = []
        self.resets = 0

    def look(self, order: HostOrder) -> tuple[Card, ...]:
        """The card in the reader."""
        if isinstance(self.seen, Exception):
            raise self.seen
        return (self.seen,)

    def present(self, card: Card) -> bool:
        """Whether it is still there."""
        if isinstance(self.present_answer, Exception):
            raise self.present_answer
        return self.present_answer

    def sign(self, card: Card, pin: str, order: HostOrder) -> HostAnswer:
        """The signature."""
        self.pins.append(pin)
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

    def show_card(self, card: Card) -> None:
        """A card."""
        self.shown.append(("card", card.tries_left))

    def show_problem(self, code: Code, tries_left: int | None) -> None:
        """A problem."""
        self.shown.append(("problem", code, tries_left))

    def show_note(self, code: Code, tries_left: int | None) -> None:
        """A note."""
        self.shown.append(("note", code, tries_left))

    def ask_last_try(self) -> None:
        """The question before the last try."""
        self.shown.append(("last try",))

    def show_signing(self) -> None:
        """The card works."""
        self.shown.append(("signing",))


class Bench:
    """An operation with everything around it in the test's hands."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.cards = FakeCards()
        self.worker = HandWorker()
        self.view = FakeView()
        self.driver_failure: FailureError | None = None
        order = HostOrder(ORIGIN, CHALLENGE, "zh-Hant")
        self.operation = Operation(order, self._cards, self.worker, self.view, lambda: self.now)
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

    def submit(self, pin: str = PIN, *, confirmed: bool = False) -> None:
        """A person types a PIN."""
        self.operation.submit(pin, last_try_confirmed=confirmed)

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
