"""The daemon's port for pages written for the old component: on, off, taken."""

import asyncio
import http.client
import socket
from pathlib import Path

import psutil
import pytest

from agent.card.client import LOOK_LIMIT, CardHost
from agent.card.frames import HostOrder
from agent.card.old_asks import ListAsk, Listing, OldAsk
from agent.failures import Code, FailureError
from agent.settings import CardSettings
from tests.stand.asking import send, wait_until
from tests.stand.parts import Agent, free_port
from tests.stand.waiting import LIMIT
from tests.unit.agent.fakes import card_host, until
from tests.unit.agent.host_programs import children, impatient, put_program

LOOK = HostOrder("", "", "en", old=OldAsk(ListAsk(), permitted=True), tells=True)


def status(port: int, host: str = "localhost", path: str = "/popupForm") -> int:
    """The status of an answer on a port, 0 where nobody answers."""
    connection = http.client.HTTPConnection(host, port, timeout=LIMIT)
    try:
        connection.request("GET", path, headers={"Host": f"localhost:{port}"})
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def page(agent: Agent) -> str:
    """The page of the state."""
    return send(agent, "GET", "/status")[2].decode()


def test_old_port_is_served_on_both_addresses(tmp_path: Path, logs: Path) -> None:
    port = free_port()
    agent = Agent(tmp_path, logs, {"DISPLAY": ""}, ports=[free_port()], hipki_port=port)
    try:
        assert [status(port, host) for host in ("127.0.0.1", "::1")] == [200, 200]
        assert status(port, path="/pkcs11info") == 200
        assert status(port, path="/v1/popup") == 404
        assert f"<dd>{port}</dd>" in page(agent)
    finally:
        agent.stop()


def test_taken_port_is_told_and_served_once_it_is_free(tmp_path: Path, logs: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = int(other.getsockname()[1])
        agent = Agent(tmp_path, logs, {"DISPLAY": ""}, ports=[free_port()], hipki_port=port)
        try:
            wait_until(lambda: f"<dd>– ({port}: " in page(agent))
            assert send(agent, "GET", "/v1/hello")[0] == 200
            other.close()
            wait_until(lambda: status(port) == 200)
        finally:
            agent.stop()


def test_port_zero_is_off(tmp_path: Path, logs: Path) -> None:
    agent = Agent(tmp_path, logs, {"DISPLAY": ""}, ports=[free_port()], hipki_port=0)
    try:
        connections = psutil.Process(agent.program.process.pid).net_connections("tcp")
        assert {item.laddr.port for item in connections if item.status == "LISTEN"} == {agent.port}
    finally:
        agent.stop()


@pytest.fixture
def host() -> CardHost:
    """A real card host's client side."""
    return card_host(CardSettings())


async def test_look_is_carried_out_by_a_host_of_its_own(host: CardHost, monkeypatch: pytest.MonkeyPatch) -> None:
    put_program(monkeypatch.setattr, 'frame(); frame(); raw(TAKEN); answer({"listing": {}})')
    assert (await host.look(LOOK)).listing == Listing()
    await host.close()
    assert await children() == []


async def test_look_that_hangs_is_ended_and_keeps_no_order_waiting(
    host: CardHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert LOOK_LIMIT < 10
    monkeypatch.setattr("agent.card.client.LOOK_LIMIT", 0.5)
    impatient(monkeypatch.setattr)
    put_program(monkeypatch.setattr, "frame(); frame(); raw(TAKEN); time.sleep(60)")
    with pytest.raises(FailureError) as caught:
        await host.look(LOOK)
    assert caught.value.code is Code.READER_HUNG
    await host.idle()  # at once, though the host of the look is still there
    await host.close()
    assert await children() == []


async def test_look_under_way_ends_with_the_daemon(host: CardHost, monkeypatch: pytest.MonkeyPatch) -> None:
    put_program(monkeypatch.setattr, "frame(); frame(); raw(TAKEN); sys.stdin.buffer.read()")
    look = asyncio.create_task(host.look(LOOK))
    await until(lambda: host._looking is not None)
    await host.close()
    with pytest.raises(FailureError):
        await look
    assert await children() == []
