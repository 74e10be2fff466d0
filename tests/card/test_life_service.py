"""Orders while the PC/SC service ends and comes back, and while the reader is unplugged."""

import signal
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from tests.card.service import Service
from tests.stand.asking import ORIGIN, Answer, Asker, new_challenge, send, signature_is_good, wait_until
from tests.stand.parts import PIN, Agent, free_port
from tests.stand.screen import Screen

# What may be said while nothing can be read: the service, the reader or the card is not there.
AWAY = {"no_service", "no_reader", "no_card", "card_removed", "card_error", "user_cancelled"}


class Life:
    """A service of its own, an agent on it, a screen."""

    def __init__(self, service: Service, agent: Agent, screen: Screen) -> None:
        self.service, self.agent, self.screen = service, agent, screen
        self.asker = Asker(agent)
        self.challenge = ""

    def ask(self) -> "Future[Answer]":
        """Begins an order."""
        self.challenge = new_challenge()
        return self.asker.ask(self.challenge)

    def sign(self, order: "Future[Answer]") -> None:
        """A person types the PIN; a token comes."""
        self.screen.wait_window()
        self.screen.type(PIN)
        self.screen.key("Return")
        answer = order.result()
        assert answer.status == 200, answer.code
        assert signature_is_good(answer.body, ORIGIN, self.challenge)

    def give_up(self, order: "Future[Answer]") -> str:
        """The code when the person closes the window."""
        self.screen.wait_window()
        self.screen.key("Escape")
        return order.result().code

    def wait_changed(self, before: tuple[int, int]) -> None:
        """Returns when the window shows another message, which gives it another size."""
        wait_until(lambda: self.screen.size(self.screen.wait_window()) != before)


@pytest.fixture
def life(tmp_path: Path, logs: Path, pki: Path, screen: Screen) -> Iterator[Life]:
    """Everything running."""
    service = Service(tmp_path / "reader", logs, pki / "cards" / "citizen.json")
    service.start()
    environment = {**service.env, "DISPLAY": screen.display}
    agent = Agent(tmp_path / "agent", logs, environment, ports=[free_port()])
    agent.allow(ORIGIN)
    life = Life(service, agent, screen)
    yield life
    if screen.windows():
        screen.key("Escape")
    life.asker.stop()
    agent.stop()
    service.stop()
    screen.wait_no_window()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_service_stopped_and_started_between_orders(life: Life, number: signal.Signals) -> None:
    life.sign(life.ask())
    life.service.stop(number)
    life.service.start()
    life.sign(life.ask())


def test_order_while_the_service_is_away_says_so_and_the_next_works(life: Life) -> None:
    life.service.stop()
    code = life.give_up(life.ask())
    assert code in AWAY - {"user_cancelled"}
    life.service.start()
    life.sign(life.ask())


def test_service_ends_while_the_window_is_open(life: Life) -> None:
    order = life.ask()
    size = life.screen.size(life.screen.wait_window())
    life.service.stop()
    life.wait_changed(size)
    assert life.give_up(order) in AWAY
    life.service.start()
    life.sign(life.ask())


def test_service_ends_while_the_window_is_open_and_comes_back(life: Life) -> None:
    order = life.ask()
    size = life.screen.size(life.screen.wait_window())
    life.service.stop()
    life.wait_changed(size)
    life.service.start()
    wait_until(lambda: life.screen.size(life.screen.wait_window()) == size)
    life.sign(order)


def test_service_ends_while_the_card_signs(life: Life) -> None:
    order = life.ask()
    life.screen.wait_window()
    before = life.service.card("status")["verifies"]
    life.service.card("delay", "0.3")
    life.screen.type(PIN)
    life.screen.key("Return")
    wait_until(lambda: life.service.card("status")["verifies"] > before)
    life.service.stop(signal.SIGKILL)
    wait_until(lambda: order.done() or life.screen.windows() != [])
    if not order.done():
        life.screen.key("Escape")
    assert order.result().code in AWAY | {"reader_hung"}
    life.service.start()
    life.sign(life.ask())


def test_reader_unplugged_and_plugged_while_the_window_is_open(life: Life) -> None:
    order = life.ask()
    size = life.screen.size(life.screen.wait_window())
    life.service.stop()
    life.service.start(empty=True)
    life.wait_changed(size)
    life.service.stop()
    life.service.start()
    wait_until(lambda: life.screen.size(life.screen.wait_window()) == size)
    life.sign(order)


def test_reader_unplugged_between_orders(life: Life) -> None:
    life.sign(life.ask())
    life.service.stop()
    life.service.start(empty=True)
    assert life.give_up(life.ask()) in {"no_reader", "no_card", "no_service"}
    life.service.stop()
    life.service.start()
    life.sign(life.ask())


def test_daemon_survives_a_service_that_comes_and_goes(life: Life) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGTERM):
        life.service.stop(number)
        assert send(life.agent, "GET", "/v1/hello")[0] == 200
        life.service.start()
    life.sign(life.ask())
    assert "Traceback" not in life.agent.log.read_text("utf-8")
