"""A site that nobody has allowed asks, with every state of reader and card: it cannot tell one from another.

What it gets is the same to the byte, and when it gets it is decided by the person or by one limit that is the same for
all: the limits that the daemon sets are written down, and the test turns the clock (discreet_daemon.py).
"""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import psutil
import pytest

from agent.discretion import DISCREET_LIMIT
from agent.failures import Code, FailureError
from agent.web.problems import problem
from tests.card.attacks import discreet_daemon
from tests.stand.asking import new_challenge, send, wait_until
from tests.stand.parts import Agent, Reader, free_port
from tests.stand.screen import Screen

WHO = "a web page"
pytestmark = [pytest.mark.card, pytest.mark.timeout(120)]
Answer = tuple[int, dict[str, str], bytes]
_sites = count(1)
_seen: dict[str, Answer] = {}


class Desk:
    """A person's computer with an agent that has allowed nobody."""

    def __init__(self, folder: Path, screen: Screen, reader: Reader | None, env: dict[str, str], driver: str) -> None:
        self.screen, self.reader, self._folder = screen, reader, folder
        folder.mkdir(parents=True)
        (folder / "journal").touch()
        environment = {**env, "DISPLAY": screen.display, discreet_daemon.FOLDER: str(folder)}
        self.agent = Agent(
            folder / "agent", folder, environment, ports=[free_port()], drivers=[driver],
            program="tests.card.attacks.discreet_daemon",
        )  # fmt: skip
        self._pool = ThreadPoolExecutor(2)

    def ask(self, wish: dict[str, str], *, allowed: bool = False) -> "Future[Answer]":
        """A site that was never here before asks."""
        origin = f"https://site-{next(_sites)}.test"
        if allowed:
            self.agent.allow(origin)
        (self._folder / "over").unlink(missing_ok=True)
        (self._folder / "journal").write_text("")
        headers = {"Origin": origin, "Content-Type": "application/json"}
        body: dict[str, Any] = {"challenge": new_challenge(), "certificate": wish}
        return self._pool.submit(send, self.agent, "POST", "/v1/authenticate", body, headers)

    def card(self, *command: str) -> None:
        """Tells the card something."""
        assert self.reader is not None
        self.reader.control(*command)

    def end_time(self) -> None:
        """The limit has passed."""
        (self._folder / "over").touch()

    def limits(self) -> list[str]:
        """The limits that the daemon has set since the site asked."""
        return (self._folder / "journal").read_text().split()

    def hosts(self) -> list[psutil.Process]:
        """The card hosts."""
        return psutil.Process(self.agent.program.pid).children()

    def stop(self) -> None:
        """The end."""
        self._pool.shutdown()
        self.agent.stop()


@dataclass(frozen=True)
class State:
    """What is so before the site asks, what it asks for, what happens then; and the code that others are told."""

    code: str
    image: str = "citizen"
    before: tuple[str, ...] = ()
    wish: tuple[tuple[str, str], ...] = ()
    then: Callable[[Desk], None] = lambda desk: None


def wrong_pin(desk: Desk) -> None:
    """The person types a wrong PIN."""
    assert desk.reader is not None
    desk.screen.type("999999")
    desk.screen.key("Return")
    wait_until(lambda: desk.reader is not None and desk.reader.control("status")["tries"] == 2)
    desk.screen.wait_window()


def pull(desk: Desk) -> None:
    """The person pulls the card, and the window says so."""
    size = desk.screen.size(desk.screen.wait_window())
    desk.card("remove")
    wait_until(lambda: desk.screen.size(desk.screen.wait_window()) != size)


def kill(desk: Desk) -> None:
    """The card host dies; another one shows it."""
    desk.screen.wait_window()
    killed = desk.hosts()
    for host in killed:
        host.kill()
    wait_until(lambda: (hosts := desk.hosts()) and not set(hosts) & set(killed))
    desk.screen.wait_window()


STATES = {
    "card that could sign": State(""),
    "no card": State("no_card", before=("remove",)),
    "card of somebody else": State("certificate_not_wanted", wish=(("subject_serial", "0000000000000001"),)),
    "card of another issuer": State("certificate_not_wanted", wish=(("issuer", "Another authority"),)),
    "card with another policy": State("certificate_not_wanted", wish=(("policy", "1.2.3.4"),)),
    "expired card": State("certificate_expired", "expired"),
    "encryption card": State("certificate_encryption_only", "encryption-only"),
    "empty card": State("no_certificate", "empty"),
    "locked card": State("pin_locked", before=("tries", "0")),
    "card on its last try": State("", before=("tries", "1")),
    "reader that hangs": State("reader_hung", before=("hang",)),
    "card pulled": State("card_removed", then=pull),
    "wrong PIN typed": State("pin_wrong", then=wrong_pin),
    "card host killed": State("host_failed", then=kill),
}
ENDS = {"closed": Code.USER_CANCELLED, "left alone": Code.TIMED_OUT}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, reader: Reader, screen: Screen) -> Iterator[Desk]:
    """With reader and card."""
    made = Desk(tmp_path_factory.mktemp("discreet") / "d", screen, reader, reader.env, "opensc")
    yield made
    made.stop()


@pytest.fixture
def state(request: pytest.FixtureRequest, desk: Desk, pki: Path) -> Iterator[State]:
    """One of the states."""
    chosen = STATES[request.param]
    assert desk.reader is not None
    desk.reader.renew(pki / "cards" / f"{chosen.image}.json")
    if chosen.before:
        desk.card(*chosen.before)
    yield chosen
    desk.card("unhang")
    desk.reader.renew(pki / "cards" / "citizen.json")


@pytest.fixture(scope="module", params=["no PC/SC service", "no reader", "no driver"])
def poor_desk(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, logs: Path, screen: Screen
) -> Iterator[Desk]:
    """Without something."""
    folder = tmp_path_factory.mktemp("poor")
    empty = Reader(folder / "reader", logs, empty=True)
    env = {"PCSCLITE_CSOCK_NAME": str(folder / "none")} if request.param == "no PC/SC service" else empty.env
    made = Desk(folder / "d", screen, None, env, "unheard-of" if request.param == "no driver" else "opensc")
    yield made
    made.stop()
    empty.stop()


def check(desk: Desk, end: str, wish: dict[str, str], then: Callable[[Desk], None]) -> None:
    """The site gets what all get, and nothing but the person or the one limit has decided when."""
    order = desk.ask(wish)
    desk.screen.wait_window()
    then(desk)
    assert not order.done(), "the time would tell"
    if end == "closed":
        desk.screen.key("Escape")
    else:
        desk.end_time()
    status, headers, body = order.result()
    headers.pop("date")
    assert body == (problem(FailureError(ENDS[end])).text or "").encode()
    headers["access-control-allow-origin"] = "the site's"
    assert (status, headers, body) == _seen.setdefault(end, (status, headers, body))
    assert desk.limits() == [str(DISCREET_LIMIT)]
    desk.screen.wait_no_window()


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("state", STATES, indirect=True)
def test_state_of_the_card(desk: Desk, state: State, end: str) -> None:
    """Read from the answer, or from its time, what is in the reader and whose it is."""
    check(desk, end, dict(state.wish), state.then)


@pytest.mark.parametrize("end", ENDS)
def test_state_of_the_computer(poor_desk: Desk, end: str) -> None:
    """Read from the answer, or from its time, whether this computer can use cards."""
    check(poor_desk, end, {}, lambda desk: None)


@pytest.mark.parametrize("state", [name for name in STATES if STATES[name].code], indirect=True)
def test_site_that_is_allowed_is_told(desk: Desk, state: State) -> None:
    """Have the remembered permission come to nothing."""
    order = desk.ask(dict(state.wish), allowed=True)
    if state.code != "host_failed":
        desk.screen.wait_window()
        state.then(desk)
        desk.screen.key("Escape")
    else:
        desk.screen.wait_window()
        for host in desk.hosts():
            host.kill()
    assert json.loads(order.result()[2])["code"] == state.code
    assert desk.limits() == []
    desk.screen.wait_no_window()


@pytest.mark.parametrize("state", ["no card", "expired card", "card of somebody else", "locked card"], indirect=True)
def test_site_that_the_person_wants_to_be_told(desk: Desk, state: State) -> None:
    """Have the person's wish to tell the site come to nothing."""
    order = desk.ask(dict(state.wish))
    desk.screen.wait_window()

    def told() -> bool:
        if not order.done():
            desk.screen.key("alt+t")  # not taken in the first second
        return order.done()

    wait_until(told, between=0.3)
    assert json.loads(order.result()[2])["code"] == state.code
    desk.screen.wait_no_window()
