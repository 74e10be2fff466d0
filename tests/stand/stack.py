"""Everything one log-in needs, started together and ended together."""

import contextlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from tests.stand.browser import make_home
from tests.stand.parts import ROOT, Agent, Confirmer, Portal, Reader, make_pki, python
from tests.stand.processes import Program


class Staging(NamedTuple):
    """What may differ from the demonstration: the portal's policy profile, and the description of another PKI.

    That one too has a card "citizen".
    """

    profile: str = ""
    cards: Path | None = None


class Stack:
    """Reader with the demo card, revocation server, identity confirmer, agent and portal; a context manager."""

    def __init__(
        self,
        state: Path,
        display: str | None,
        staging: Staging = Staging(),  # noqa: B008  # immutable
        /,
        *,
        portal_port: int,
        crl_port: int,
        agent_ports: Sequence[int],
        agent_http_port: int = 0,
        agent_old_port: int = 0,
    ) -> None:
        self._state, self._display, self._staging, self._crl_port = state, display, staging, crl_port
        self._ports, self.http_port, self._old_port = tuple(agent_ports), agent_http_port, agent_old_port
        self.logs = state / "logs"
        self.pki = state / "pki"
        self.home = state / "home"
        self.confirmer = Confirmer(state / "confirmer")
        self.portal = self.portal_with("portal.settings.demo", portal_port)
        self._stops = contextlib.ExitStack()
        self.reader: Reader
        self.agent: Agent

    def __enter__(self) -> "Stack":
        """Starts all parts, side by side where they do not need each other."""
        try:
            self.logs.mkdir(parents=True, exist_ok=True)
            make_pki(self.pki, self._crl_port, self._staging.cards)
            with ThreadPoolExecutor() as pool:
                for part in [pool.submit(self._card_side), pool.submit(self._server_side), pool.submit(self._crl)]:
                    part.result()
            roots = (
                ("CardLogin localhost root", self.agent.root),
                ("CardLogin demonstration", self.portal.root),
            )
            make_home(self.home, roots)
        except BaseException:
            self._stops.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends everything that was started, last first."""
        self._stops.close()

    def portal_with(self, settings: str, port: int) -> Portal:
        """The portal with other settings and a port of its own: same accounts, same certificate; not started."""
        return Portal(
            self._state / "portal", self.logs, self.pki, port=port, crl_port=self._crl_port, agent_ports=self._ports,
            agent_http_port=self.http_port, settings=settings, profile=self._staging.profile,
            confirmer=self.confirmer,
        )  # fmt: skip

    def card_image(self, name: str) -> Path:
        """The image of a card of the test PKI."""
        return self.pki / "cards" / f"{name}.json"

    def card_ms(self) -> float:
        """Milliseconds the card itself has worked since it was started."""
        return float(self.reader.control("status")["card_ms"])

    def exchange_reader(self, *, empty: bool) -> None:
        """Starts the card service anew, on the same socket: with an empty reader, or with none at all."""
        self.reader.stop()
        self.reader = Reader(self._state / "reader", self.logs, empty=empty)

    def start_agent(self) -> None:
        """Starts the agent; a test may have stopped it."""
        environment = {**self.reader.env, **({"DISPLAY": self._display} if self._display else {})}
        self.agent = Agent(
            self._state / "agent", self.logs, environment, ports=self._ports, http_port=self.http_port,
            hipki_port=self._old_port,
        )  # fmt: skip
        self.agent.allow(self.portal.origin)

    def _card_side(self) -> None:
        self.reader = Reader(self._state / "reader", self.logs)
        self._stops.callback(lambda: self.reader.stop())
        self.reader.insert(self.card_image("citizen"))
        self.start_agent()
        self._stops.callback(lambda: self.agent.stop())

    def _server_side(self) -> None:
        self._stops.callback(self.confirmer.stop)
        self.confirmer.start(self.logs, self.pki)
        self.portal.prepare()
        self._stops.callback(self.portal.stop)
        self.portal.start()

    def _crl(self) -> None:
        command = python("cardsim", "crl-server", "--pki", str(self.pki), "--port", str(self._crl_port))
        server = Program.start("crl-server", command, logs=self.logs, cwd=ROOT)
        self._stops.callback(server.stop)
