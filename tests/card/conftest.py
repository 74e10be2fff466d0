"""A desk: a person's computer with reader, card, screen and agent, brought back to order before each test."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.card.driver import Driver
from tests.card.window_stage import Open, Stage
from tests.card.window_states import SIGNER
from tests.stand.asking import ORIGIN, Asker, wait_until
from tests.stand.parts import PIN, Agent, Reader, free_port
from tests.stand.screen import Screen

pytestmark = pytest.mark.card


class Desk:
    """What a test can do at the desk."""

    def __init__(self, reader: Reader, agent: Agent, screen: Screen, pki: Path, looking: Driver) -> None:
        self.reader, self.looking = reader, looking
        self.agent = agent
        self.screen = screen
        self._pki = pki
        self.asker = Asker(agent)
        self.ask = self.asker.ask

    def card(self, *command: str) -> dict[str, Any]:
        """Tells the card something."""
        return self.reader.control(*command)

    def image(self, name: str) -> Path:
        """The image of a card of the test PKI."""
        return self._pki / "cards" / f"{name}.json"

    def use(self, name: str) -> None:
        """Puts another card of the test PKI into the reader."""
        self.card("swap", str(self.image(name)))

    def window(self) -> str:
        """The PIN window, once it is there."""
        return self.screen.wait_window()

    def type_pin(self, pin: str = PIN) -> None:
        """Types a PIN and Return into the window, once it is there."""
        self.window()
        self.screen.type(pin)
        self.screen.key("Return")

    def noticed(self) -> None:
        """Returns when the PC/SC service has noticed the card: it looks every 400 ms, and a window may be faster."""
        wait_until(lambda: any(item["present"] for item in self.looking.do("readers")))

    def tidy(self) -> None:
        """The demo card in the reader, three tries, no fault."""
        self.reader.renew(self.image("citizen"))
        self.noticed()
        self.screen.wait_no_window()


@pytest.fixture(scope="session")
def reader(tmp_path_factory: pytest.TempPathFactory, logs: Path, pki: Path) -> Iterator[Reader]:
    """A private pcscd with the demo card."""
    reader = Reader(tmp_path_factory.mktemp("reader"), logs)
    reader.insert(pki / "cards" / "citizen.json")
    yield reader
    reader.stop()


@pytest.fixture(scope="session")
def agent(tmp_path_factory: pytest.TempPathFactory, logs: Path, reader: Reader, screen: Screen) -> Iterator[Agent]:
    """A daemon that uses OpenSC and the virtual reader."""
    environment = {**reader.env, "DISPLAY": screen.display}
    agent = Agent(tmp_path_factory.mktemp("agent"), logs, environment, ports=[free_port()])
    agent.allow(ORIGIN)
    yield agent
    agent.stop()


@pytest.fixture(scope="session")
def looking(reader: Reader) -> Iterator[Driver]:
    """A process that looks at the readers."""
    driver = Driver(reader.env, "opensc")
    yield driver
    driver.stop()


@pytest.fixture
def desk(reader: Reader, agent: Agent, screen: Screen, pki: Path, looking: Driver) -> Iterator[Desk]:
    """The desk in order; after the test no window is left open."""
    desk = Desk(reader, agent, screen, pki, looking)
    desk.tidy()
    yield desk
    desk.card("unhang")
    desk.card("delay", "0")
    if screen.windows():
        screen.key("Escape")
    desk.asker.stop()
    wait_until(lambda: not screen.windows())


@pytest.fixture
def opened(screen: Screen) -> Iterator[Open]:
    """Opens windows that are closed after the test."""
    stages: list[Stage] = []

    def make(**wishes: Any) -> Stage:
        stages.append(Stage(screen.display, **wishes))
        return stages[-1]

    yield make
    for made in stages:
        made.close()


@pytest.fixture
def asking(opened: Open) -> Stage:
    """A window that asks for the PIN of one card."""
    made = opened()
    made.bench.cards.seen = SIGNER
    made.ready()
    return made
