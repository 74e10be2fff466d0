"""The life of an order: the spare host, hosts that die or hang, the daemon's end, other cards, all with real parts."""

import asyncio
import contextlib
import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from agent.card import client
from agent.card.client import CardHost
from agent.failures import Code, FailureError
from agent.order import make_order
from agent.settings import CardSettings
from tests.card.conftest import Desk
from tests.stand.asking import ORIGIN, connect, new_challenge, send, signature_is_good, wait_until
from tests.stand.parts import PIN, Agent, Reader, free_port
from tests.stand.screen import TITLES, Screen
from tests.stand.waiting import LIMIT
from tests.unit.agent.fakes import card_host


def hosts(agent: Agent) -> list[psutil.Process]:
    """The card hosts of an agent."""
    return [
        child
        for child in psutil.Process(agent.program.pid).children()
        if child.status() != psutil.STATUS_ZOMBIE and child.cmdline()[1:3] == ["-I", "-c"]
    ]


def spare_of(desk: Desk) -> psutil.Process:
    """The spare that comes when a card is inserted."""
    assert not hosts(desk.agent)

    def started() -> bool:
        # Again when nothing comes of it: the agent may not have been watching yet.
        desk.use("citizen")
        with contextlib.suppress(TimeoutError):
            wait_until(lambda: len(hosts(desk.agent)) == 1, 3)
        return len(hosts(desk.agent)) == 1

    wait_until(started)
    return hosts(desk.agent)[0]


@pytest.fixture
def own_agent(reader: Reader, screen: Screen, tmp_path: Path, logs: Path) -> Iterator[Agent]:
    """An agent of the test's own, whose hosts are known and which may be ended."""
    agent = Agent(tmp_path, logs, {**reader.env, "DISPLAY": screen.display}, ports=[free_port()])
    agent.allow(ORIGIN)  # how many windows a site may open that nobody types into is tests/browser's matter
    yield agent
    agent.stop()


@pytest.fixture
def life(desk: Desk, own_agent: Agent, pki: Path) -> Iterator[Desk]:
    """The desk, with that agent."""
    life = Desk(desk.reader, own_agent, desk.screen, pki, desk.looking)
    yield life
    if own_agent.program.process.poll() is None and desk.screen.windows():
        desk.screen.key("Escape")
    life.asker.stop()


def sign_with(desk: Desk) -> None:
    """An order that a person signs."""
    challenge = new_challenge()
    order = desk.ask(challenge)
    desk.type_pin()
    answer = order.result()
    assert answer.status == 200, answer.code
    assert signature_is_good(answer.body, ORIGIN, challenge)


def wait_only_new_hosts(agent: Agent, gone: set[int]) -> None:
    """Returns when a host is there and none of those before: windows have no names that would tell them apart."""

    def there() -> bool:
        pids = {host.pid for host in hosts(agent)}
        return bool(pids) and not pids & gone

    wait_until(there)


def asks(desk: Desk) -> bool:
    """Whether the window can be answered now; it may also go while it is looked at."""
    windows = desk.screen.windows()
    return bool(windows) and desk.screen.title(windows[0]) in TITLES


def test_inserted_card_starts_a_host_without_a_window_and_the_order_takes_it(life: Desk) -> None:
    spare = spare_of(life)
    assert not life.screen.windows()
    order = life.ask()
    life.window()
    assert [host.pid for host in hosts(life.agent)] == [spare.pid]
    life.type_pin()
    assert order.result().status == 200
    wait_until(lambda: not spare.is_running())


def test_spare_has_loaded_no_driver_and_speaks_to_no_reader(life: Desk) -> None:
    spare = spare_of(life)
    maps = Path(f"/proc/{spare.pid}/maps")
    wait_until(lambda: "_rust.abi3" in maps.read_text())
    assert "opensc-pkcs11" not in maps.read_text()
    # The one connection is that to the screen.
    assert len(spare.net_connections("unix")) == 1


def test_card_inserted_while_an_order_waits_for_it_starts_no_second_host(life: Desk) -> None:
    order = life.ask()
    asking = life.screen.size(life.window())
    life.screen.key("Escape")
    assert order.result().code == "user_cancelled"
    life.screen.wait_no_window()
    life.card("remove")
    order = life.ask()
    life.window()
    (host,) = hosts(life.agent)
    life.card("insert")
    # A card that has just come may for a moment be one that the driver does not know yet.
    wait_until(lambda: life.screen.size(life.window()) == asking)
    assert [item.pid for item in hosts(life.agent)] == [host.pid]
    life.type_pin()
    assert order.result().status == 200


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_spare_killed_from_outside_costs_no_order(life: Desk, number: signal.Signals) -> None:
    spare = spare_of(life)
    spare.send_signal(number)
    # Not `hosts`: a process on its way out has no arguments any more, but still the pipe that the order goes into.
    wait_until(lambda: not spare.is_running() or spare.status() == psutil.STATUS_ZOMBIE)
    sign_with(life)


def test_host_killed_with_its_window_open_costs_one_order(life: Desk) -> None:
    spare = spare_of(life)
    order = life.ask()
    life.window()
    spare.kill()
    assert order.result().code == "host_failed"
    sign_with(life)


def test_page_that_goes_takes_the_window_of_a_spare_with_it(life: Desk) -> None:
    spare = spare_of(life)
    connection = connect(life.agent)
    headers = {"Origin": ORIGIN, "Content-Type": "application/json"}
    connection.request("POST", "/v1/authenticate", json.dumps({"challenge": new_challenge()}), headers)
    life.window()
    connection.close()
    life.screen.wait_no_window()
    wait_until(lambda: not spare.is_running())
    sign_with(life)


def test_page_that_asks_again_at_once_is_not_kept_out_by_its_own_order(life: Desk) -> None:
    """A page that was loaded anew: its old order ends with it, and the new one waits until the card is free."""
    gone: set[int] = set()
    for _ in range(3):
        connection = connect(life.agent)
        headers = {"Origin": ORIGIN, "Content-Type": "application/json"}
        connection.request("POST", "/v1/authenticate", json.dumps({"challenge": new_challenge()}), headers)
        wait_only_new_hosts(life.agent, gone)
        life.window()
        gone |= {host.pid for host in hosts(life.agent)}
        ended = life.agent.log.read_text("utf-8").count("page_closed")
        connection.close()
        wait_until(lambda ended=ended: life.agent.log.read_text("utf-8").count("page_closed") > ended)
    order = life.ask()
    wait_only_new_hosts(life.agent, gone)
    life.type_pin()
    assert order.result().status == 200


@pytest.mark.parametrize("late", [0.0, 0.2, 0.5])
def test_card_swapped_after_it_was_shown_signs_nothing_without_its_own_pin(life: Desk, late: float) -> None:
    order = life.ask()
    life.window()
    life.screen.type(PIN)
    before = life.card("status")
    life.use("citizen2")
    time.sleep(late)  # by then the window has looked after the card, or not
    life.screen.key("Return")
    # Whatever comes first, the look after the card or the signature: the order ends, or the window asks anew.
    wait_until(lambda: order.done() or asks(life))
    life.screen.key("Escape")
    assert order.result().code in ("user_cancelled", "card_removed", "card_swapped")
    after = life.card("status")
    assert (after["verifies"], after["signatures"]) == (before["verifies"], before["signatures"])
    assert after["tries"] == 3


def test_end_of_the_daemon_during_an_order_leaves_no_process_and_no_window(life: Desk) -> None:
    order = life.ask()
    life.window()
    (host,) = hosts(life.agent)
    life.agent.program.process.send_signal(signal.SIGTERM)
    assert order.result().code == "user_cancelled"
    assert life.agent.program.process.wait(LIMIT) == 0
    assert not host.is_running()
    life.screen.wait_no_window()


def test_end_of_the_daemon_leaves_no_spare(life: Desk) -> None:
    spare = spare_of(life)
    life.agent.program.process.send_signal(signal.SIGTERM)
    assert life.agent.program.process.wait(LIMIT) == 0
    assert not spare.is_running()


def test_killed_daemon_leaves_no_spare(life: Desk) -> None:
    spare = spare_of(life)
    life.agent.program.process.kill()
    wait_until(lambda: not spare.is_running())


def test_hanging_service_holds_neither_the_daemon_nor_its_end(life: Desk) -> None:
    pcscd = [
        child for child in psutil.Process(life.reader.program.pid).children(recursive=True) if child.name() == "pcscd"
    ]
    for process in pcscd:
        process.suspend()
    try:
        for _ in range(5):
            assert send(life.agent, "GET", "/v1/hello")[0] == 200
        life.agent.program.process.send_signal(signal.SIGTERM)
        assert life.agent.program.process.wait(LIMIT) == 0
    finally:
        for process in pcscd:
            process.resume()


@pytest.fixture
def direct(reader: Reader, screen: Screen, monkeypatch: pytest.MonkeyPatch) -> CardHost:
    """The daemon's side of the card host without the daemon, so that its limits can be shortened."""
    for name, value in {**reader.env, "DISPLAY": screen.display}.items():
        monkeypatch.setenv(name, value)
    return card_host(CardSettings(drivers=("opensc",)))


def stop_own_children() -> list[psutil.Process]:
    """Stops the hosts of this process as a debugger would; they cannot even end."""
    children = [child for child in psutil.Process().children() if child.cmdline()[1:3] == ["-I", "-c"]]
    for child in children:
        child.suspend()
    return children


class NoteTimeouts:
    """asyncio, with a note of the limits that are set: a test says when one is over, not a clock."""

    def __init__(self, limits: list[asyncio.Timeout]) -> None:
        self._limits = limits

    def timeout(self, seconds: float) -> asyncio.Timeout:
        """As in asyncio."""
        self._limits.append(asyncio.timeout(seconds))
        return self._limits[-1]

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)


async def test_stopped_host_is_killed_at_its_limit_and_the_next_order_works(
    desk: Desk, direct: CardHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = make_order(ORIGIN, new_challenge(), "zh-Hant")
    limits: list[asyncio.Timeout] = []
    monkeypatch.setattr(client, "asyncio", NoteTimeouts(limits))
    monkeypatch.setattr("agent.card.process.END_LIMIT", 0.5)
    task = asyncio.create_task(direct.sign(order))
    await asyncio.to_thread(desk.window)
    (stopped,) = await asyncio.to_thread(stop_own_children)
    limits[0].reschedule(asyncio.get_running_loop().time())
    with pytest.raises(FailureError) as caught:
        await task
    assert caught.value.code is Code.TIMED_OUT
    await direct.idle()
    assert not stopped.is_running()
    await asyncio.to_thread(desk.screen.wait_no_window)
    task = asyncio.create_task(direct.sign(order))
    await asyncio.to_thread(desk.type_pin)
    assert (await task).format == "web-eid:1.0"
    await direct.close()


async def test_stopped_host_of_a_page_that_went_is_killed_too(
    desk: Desk, direct: CardHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.card.process.END_LIMIT", 0.5)
    task = asyncio.create_task(direct.sign(make_order(ORIGIN, new_challenge(), "zh-Hant")))
    await asyncio.to_thread(desk.window)
    (stopped,) = await asyncio.to_thread(stop_own_children)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await direct.idle()
    assert not stopped.is_running()
    await asyncio.to_thread(desk.screen.wait_no_window)
