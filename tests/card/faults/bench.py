"""Where a row is made: one agent with cards of its own, an order with a fault and the one after it."""

from __future__ import annotations

import base64
import json
import queue
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from http.client import HTTPException
from itertools import count
from pathlib import Path
from typing import Protocol

import psutil
from cryptography.exceptions import InvalidSignature

from tests.card.faults import daemon
from tests.card.faults.cases import Case, wait
from tests.card.faults.plan import Gate, Plan, journal
from tests.card.faults.rows import TOKEN, Row
from tests.stand.asking import connect, new_challenge, signature_is_good, wait_until
from tests.stand.parts import Agent, free_port
from tests.stand.screen import Screen

_numbers = count(1)


class CardSide(Protocol):
    """The cards of a bench, real or simulated."""

    env: dict[str, str]
    drivers: tuple[str, ...]
    modules: tuple[str, ...]

    def tidy(self) -> None:
        """The citizen's card in the reader with three tries, no fault, nothing counted."""

    def tries(self) -> int:
        """PIN tries left, of the card that has fewest."""

    def checks(self) -> int:
        """How often a card has been asked to check a PIN since `tidy`."""

    def verified(self) -> bool:
        """Whether a card takes its holder for present."""

    def stop(self) -> None:
        """The end."""


class Request:
    """An order of a page of its own: an agent may limit how often one origin asks."""

    def __init__(self, agent: Agent, *, allowed: bool = False) -> None:
        self.origin, self.challenge = f"https://row-{next(_numbers)}.portal.test", new_challenge()
        if allowed:
            agent.allow(self.origin)
        self.certificate = b""
        self._connection = connect(agent)
        headers = {"Origin": self.origin, "Content-Type": "application/json"}
        self._connection.request("POST", "/v1/authenticate", json.dumps({"challenge": self.challenge}), headers)
        self._socket = self._connection.sock
        self._outcome: Future[str] = Future()
        threading.Thread(target=lambda: self._outcome.set_result(self._read()), daemon=True).start()

    def answered(self) -> bool:
        """Whether the answer is there."""
        return self._outcome.done()

    def outcome(self) -> str:
        """TOKEN, if the answer is one and verifies; otherwise its code, or what is wrong with it."""
        return self._outcome.result()

    def leave(self) -> None:
        """The page goes away."""
        self._socket.shutdown(socket.SHUT_RDWR)

    def _read(self) -> str:
        try:
            response = self._connection.getresponse()
            body = json.loads(response.read())
        except (OSError, ValueError, HTTPException) as error:
            return f"no answer: {type(error).__name__}"
        finally:
            self._connection.close()
        if response.status != 200:
            return str(body.get("code", "no code"))
        self.certificate = base64.b64decode(body["unverifiedCertificate"])
        try:
            return TOKEN if signature_is_good(body, self.origin, self.challenge) else "no signature"
        except InvalidSignature:
            return "bad signature"


class Bench:
    """One agent; `folder` holds the plan of its card hosts, `next_operation` says how the order after a row is met.

    `allows`: the person has allowed the pages that ask; the agent of the matrix takes them as allowed by itself.
    """

    def __init__(
        self,
        folder: Path,
        cards: CardSide,
        screen: Screen | None = None,
        *,
        program: str = "tests.card.faults.daemon",
        next_operation: Callable[[Bench, Request], str] = wait,
        allows: bool = False,
    ) -> None:
        self.folder, self.cards, self._screen, self._next_operation = folder, cards, screen, next_operation
        self._allows = allows
        folder.mkdir(parents=True)
        Plan().write(folder)
        self.gate = Gate(folder)
        display = {"DISPLAY": screen.display} if screen else {}
        environment = {**cards.env, daemon.FOLDER: str(folder), **display}
        self.agent = Agent(
            folder / "agent", folder, environment, ports=[free_port()], drivers=cards.drivers, modules=cards.modules,
            program=program,
        )  # fmt: skip

    @property
    def screen(self) -> Screen:
        """The screen that windows open on."""
        assert self._screen is not None
        return self._screen

    def ask(self) -> Request:
        """Begins an order."""
        return Request(self.agent, allowed=self._allows)

    def run(self, case: Case) -> Row:
        """Makes a row; what goes wrong in making it is a row that was not survived."""
        try:
            return self._run(case)
        except Exception as error:
            return Row(
                case.part, case.fault, case.step, "", 0, 0, 0, "not tried", self._alive(),
                (f"{type(error).__name__}: {error}",),
            )  # fmt: skip
        finally:
            self.gate.open()

    def steps(self) -> list[str]:
        """The steps of an order without a fault."""
        self.cards.tidy()
        Plan().write(self.folder)
        outcome = self.ask().outcome()
        assert outcome == TOKEN, outcome
        self.wait_no_host()
        return journal(self.folder, "step")

    def shown(self) -> list[str]:
        """The problems that the person has been shown."""
        return journal(self.folder, "problem")

    def hosts(self) -> list[int]:
        """The processes that the daemon has started."""
        pid = self.agent.program.pid
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def log(self) -> str:
        """What the daemon has logged."""
        return self.agent.log.read_text("utf-8", "replace")

    def busy_hosts(self) -> list[int]:
        """Those that have an order; a spare has none yet."""
        file = self.folder / "busy"
        if not file.exists():  # the product's own hosts write nothing down
            return self.hosts()
        ordered = set(file.read_text().split())
        return [pid for pid in self.hosts() if str(pid) in ordered]

    def wait_no_host(self) -> None:
        """Returns when every card host that had an order has ended."""
        wait_until(lambda: not self.busy_hosts())

    def stop(self) -> None:
        """The end."""
        self.gate.close()
        self.agent.stop()
        self.cards.stop()
        if self._screen is not None:
            self._screen.stop()

    def _run(self, case: Case) -> Row:
        self.gate.forget()
        self.cards.tidy()
        case.plan.write(self.folder)
        tries = self.cards.tries()
        case.before(self)
        request = self.ask()
        try:
            code = case.during(self, request)
            wrong = list(self._complaints(case, request))
            left = self.cards.tries()
        finally:
            case.cure(self)
        if code not in case.codes:
            wrong.append(f"{code} is not one of {', '.join(sorted(case.codes))}")
        Plan().write(self.folder)
        then = self._next_operation(self, self.ask())
        if then != TOKEN:
            wrong.append(f"the log ends with: {' / '.join(self.log().splitlines()[-5:])}")
        wrong += self._leftovers()
        return Row(
            case.part, case.fault, case.step, code, tries, left, case.spent, then, self._alive(), tuple(wrong)
        )  # fmt: skip

    def _complaints(self, case: Case, request: Request) -> Iterator[str]:
        shown = journal(self.folder, "typed")
        typed = len(shown) if case.typed is None else case.typed
        wait_until(lambda: case.struck(self) or not self.busy_hosts())  # some happen only after the answer
        if not case.struck(self):
            yield "the fault did not happen"
        if self.cards.checks() > typed:
            yield f"the card checked a PIN {self.cards.checks()} times, a person typed one {typed} times"
        if request.certificate and case.typed is None and request.certificate.hex() != shown[-1]:
            yield "signed with another certificate than the one shown"

    def _leftovers(self) -> Iterator[str]:
        for wrong, gone in (
            ("a card host is left", lambda: not self.busy_hosts()),
            ("a card stays verified", lambda: not self.cards.verified()),
        ):
            try:
                wait_until(gone)
            except TimeoutError:
                yield wrong
        if "Traceback" in self.log():
            yield "a traceback in the log"

    def _alive(self) -> bool:
        """Whether the daemon that was started still runs; nothing here starts another."""
        process = self.agent.program.process
        return process.poll() is None and psutil.Process(process.pid).status() != psutil.STATUS_ZOMBIE


class Benches:
    """Several benches side by side; rows are made wherever one is free."""

    def __init__(self, number: int, make: Callable[[int], Bench]) -> None:
        self._pool = ThreadPoolExecutor(number)
        self._free: queue.SimpleQueue[Bench] = queue.SimpleQueue()
        self.all = list(self._pool.map(make, range(number)))
        for bench in self.all:
            self._free.put(bench)

    def run(self, cases: Iterable[Case]) -> list[Row]:
        """The rows of some cases."""
        return list(self._pool.map(self._one, cases))

    def stop(self) -> None:
        """Ends them all."""
        list(self._pool.map(Bench.stop, self.all))
        self._pool.shutdown()

    def _one(self, case: Case) -> Row:
        bench = self._free.get()
        try:
            return bench.run(case)
        finally:
            self._free.put(bench)
