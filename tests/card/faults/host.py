"""A card host for the fault matrix: the product's own with a scripted person, and steps at which it can be held up.

For tests only. Its one argument is the folder of the plan (plan.py).
"""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from agent.card import host, operation, pcsc, worker
from agent.card.frames import HostOrder, Message
from agent.card.operation import Operation, State
from agent.card.prompts.prompt import Prompt, make_prompt
from pkcs11_shims.cryptoki import Library
from tests.card.faults.plan import Plan, read_clock, read_plan

if TYPE_CHECKING:
    from agent.card.card import Card, Cards
    from agent.card.frames import HostSetup
    from agent.card.view import Offer, Trouble, YesNo
    from agent.failures import Code

_TICK = 0.002
# A call that waits until the row goes on is not one that hangs, however long a busy machine takes; OVERDUE is longer.
UNHURRIED = {"LOOK_LIMIT": 60.0, "SIGN_LIMIT": 60.0}


class Steps:
    """Writes down every step that is reached, and waits at one of them.

    The plan is read when the order comes: a spare is started before, while another row may be under way.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen = Counter[str]()
        self.plan = Plan()
        self.cancelled, self.heard = threading.Event(), threading.Event()

    def begin(self) -> None:
        """There is an order."""
        with (self._folder / "busy").open("a") as file:
            file.write(f"{os.getpid()}\n")
        self.plan = read_plan(self._folder)
        self._journal = (self._folder / "journal").open("a", buffering=1)
        patient = UNHURRIED if self.plan.gate else {}
        for name, seconds in (patient | self.plan.limits).items():
            (module,) = [module for module in (host, operation) if hasattr(module, name)]
            setattr(module, name, seconds)

    def reach(self, name: str) -> None:
        """The next step, as `name#number`."""
        self._seen[name] += 1
        step = f"{name}#{self._seen[name]}"
        self.note("step", step)
        if step == self.plan.gate:
            self._wait()

    def note(self, kind: str, text: str) -> None:
        """A line of the journal."""
        self._journal.write(f"{kind} {text}\n")

    def around(self, owner: Any, name: str, tell: Callable[..., None]) -> None:
        """Has a function of the product told to `tell`, with its arguments, before it runs."""
        original = getattr(owner, name)

        def told(*arguments: Any, **named: Any) -> Any:
            tell(*arguments)
            return original(*arguments, **named)

        setattr(owner, name, told)

    def _wait(self) -> None:
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(str(self._folder / "gate"))
            sock.sendall(str(os.getpid()).encode())
            if sock.recv(1) == b"c":
                self.cancelled.set()
                if threading.current_thread() is not threading.main_thread():
                    self.heard.wait()


class Person:
    """A view with somebody before it, who acts between two ticks as with a window."""

    def __init__(self, plan: Plan, steps: Steps) -> None:
        self._pins, self._patience, self._steps = list(plan.pins), plan.patience, steps
        self._card: Card | None = None
        self._typed: str | None = None
        self._next: Callable[[Operation], None] = _wait
        self._since = 0.0

    def act(self, operation: Operation) -> None:
        """Does what is to be done now."""
        self._next(operation)

    def show_choice(self, offer: Offer, chosen: bytes) -> None:
        """Takes the first."""
        self._next = lambda operation: operation.choose(offer.usable[0].facts.der)

    def show_card(self, card: Card, others: int) -> None:
        """Types the next PIN."""
        self._card, self._next = card, self._type

    def show_problem(self, trouble: Trouble) -> None:
        """Gives up, at once or after a while."""
        self._since, self._next = time.monotonic(), self._lose_patience

    def ask(self, question: YesNo) -> None:
        """Yes; of a driver: where the tests are not root's, the HiCOS-like driver is a file of the user's."""
        self._next = lambda operation: operation.permit(True)

    def show_note(self, code: Code, tries_left: int | None) -> None:
        """Nothing: the card has been shown anew."""

    def ask_last_try(self) -> None:
        """Agrees."""
        self._next = self._submit

    def show_signing(self) -> None:
        """Waits."""
        self._next = _wait

    def show_countdown(self, seconds: int) -> None:
        """Waits."""
        self._next = _wait

    def show_left(self) -> None:
        """Waits."""

    def show_cancelling(self) -> None:
        """Waits."""
        self._next = _wait

    def _type(self, operation: Operation) -> None:
        if self._card is None or not self._pins:
            operation.cancel()
            return
        self._typed = self._pins.pop(0)
        self._steps.reach("PIN typed")
        operation.submit(None if self._card.pinpad else self._typed, last_try_confirmed=False)

    def _submit(self, operation: Operation) -> None:
        operation.submit(self._typed, last_try_confirmed=True)

    def _lose_patience(self, operation: Operation) -> None:
        if time.monotonic() - self._since >= self._patience:
            operation.cancel()


def _wait(operation: Operation) -> None:
    pass


class ScriptedPrompt:
    """Asks a scripted person."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps

    def run(
        self, order: HostOrder, worker: worker.Worker, cards: Callable[[], Cards], gone: threading.Event
    ) -> Operation:
        """Goes through the operation."""
        self._steps.reach("window")
        person = Person(self._steps.plan, self._steps)
        operation = Operation(order, cards, worker, person, time.monotonic)
        operation.start()
        while operation.answer is None:
            if gone.is_set() or self._steps.cancelled.is_set():
                operation.cancel()
                self._steps.heard.set()
            operation.tick()
            person.act(operation)
            time.sleep(_TICK)  # as often as the product's own prompts tick
        self._steps.reach("answer")
        return operation


def _view(prompt: str) -> type:
    if prompt == "scripted":
        return Person
    from agent.card.prompts.window.window import Window  # only where it is needed: Tk takes a while to load

    return Window


def _turn_clock(folder: Path) -> None:
    """Gives the operation a clock that a row can put forward."""
    begin = Operation.__init__

    def begin_with_clock(
        self: Operation, order: HostOrder, cards: Any, worker: worker.Worker, view: Any, clock: Callable[[], float]
    ) -> None:
        begin(self, order, cards, worker, view, lambda: clock() + read_clock(folder))

    setattr(Operation, "__init__", begin_with_clock)  # noqa: B010  # mypy takes an assignment for a new method


def _tell(steps: Steps, view: type) -> None:
    """Has the product's own functions tell what they do."""
    steps.around(Library, "_table", lambda *_: steps.reach("C_GetFunctionList"))
    steps.around(Library, "call", lambda library, name, *_: steps.reach(name))
    for name in ("readers", "transmit", "reset"):
        steps.around(pcsc, name, lambda *_, name=name: steps.reach(f"PC/SC {name}"))

    def submitted(operation: Operation, pin: str | None, **_: Any) -> None:
        if operation.state is State.READY and operation._card is not None:
            steps.note("typed", operation._card.facts.der.hex())

    steps.around(Operation, "submit", submitted)
    steps.around(view, "show_card", lambda *_: steps.note("card", "shown"))
    steps.around(view, "show_problem", lambda _, trouble: steps.note("problem", trouble.code))


def main() -> None:
    """Runs the host."""
    folder = Path(sys.argv[1])
    steps, kind = Steps(folder), read_plan(folder).prompt
    _tell(steps, _view(kind))
    _turn_clock(folder)
    read = host._read

    def read_and_begin(stream: BinaryIO, kind: type[Message]) -> Message | None:
        message = read(stream, kind)
        if isinstance(message, HostOrder):
            steps.begin()
        return message

    def prompt(setup: HostSetup) -> Prompt:
        return ScriptedPrompt(steps) if kind == "scripted" else make_prompt(setup)

    host._read = read_and_begin
    host.serve(prompt)
