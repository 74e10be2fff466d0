"""The spare host: started once, used once, sent away in time, never started in a loop."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from agent.card import process, spare
from agent.card.client import CardHost
from agent.card.frames import HostOrder, HostSetup
from agent.card.process import HostProcess, NotDeliveredError
from agent.card.spare import LONGEST_PAUSE, Spare
from agent.failures import Code, FailureError
from agent.order import make_order
from agent.settings import CardSettings
from tests.stand.waiting import LIMIT
from tests.unit.agent.fakes import CHALLENGE, ORIGIN, card_host, until
from tests.unit.agent.host_programs import (
    TELL_PID,
    children,
    impatient,
    patient,
    put_program,
    seen,
    wait_children,
)

ORDER = make_order(ORIGIN, CHALLENGE, "en")
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
Program = Callable[[str], None]


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that tidies up is given its time."""
    patient(monkeypatch.setattr)


@pytest.fixture
def little_patience(patience: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that does not end by itself is killed soon."""
    impatient(monkeypatch.setattr)


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> Program:
    """Puts a program into the host's place."""
    return lambda code: put_program(monkeypatch.setattr, code)


@pytest.fixture
async def host() -> AsyncIterator[CardHost]:
    """The daemon's side; leaves no process behind."""
    host = card_host(CardSettings())
    yield host
    await host.close()
    assert await children() == []


async def signed_by(host: CardHost) -> int:
    """The process id of the host that an order was carried out by."""
    async with asyncio.timeout(LIMIT):
        pid = int((await host.sign(ORDER)).signature)
        await host.idle()
    return pid


async def test_order_takes_the_spare(program: Program, host: CardHost) -> None:
    program(TELL_PID)
    host.prepare()
    (waiting,) = await wait_children(1)
    assert await signed_by(host) == waiting
    assert await children() == []


async def test_order_that_comes_while_the_spare_starts_takes_it_too(
    program: Program, host: CardHost, tmp_path: Path
) -> None:
    program(f"os.close(os.open({str(tmp_path)!r} + f'/{{os.getpid()}}', os.O_CREAT | os.O_WRONLY)); " + TELL_PID)
    host.prepare()
    pid = await signed_by(host)
    assert await asyncio.to_thread(os.listdir, tmp_path) == [str(pid)]


async def test_there_is_one_spare_however_often_it_is_asked_for(program: Program, host: CardHost) -> None:
    program(TELL_PID)
    for _ in range(20):
        host.prepare()
    first = await wait_children(1)
    for _ in range(20):
        host.prepare()
        await asyncio.sleep(0)
    assert [await signed_by(host)] == first
    assert await children() == []


async def test_no_new_spare_after_an_order_by_itself(program: Program, host: CardHost) -> None:
    program(TELL_PID)
    host.prepare()
    first = await signed_by(host)
    assert await signed_by(host) != first
    assert await children() == []


async def test_spare_has_its_set_up_before_the_order(program: Program, host: CardHost, tmp_path: Path) -> None:
    program(f"setup = frame(); open({str(tmp_path / 'setup')!r}, 'w').write(json.dumps(setup)); frame()")
    host.prepare()
    await seen((tmp_path / "setup").exists)


async def test_spare_killed_from_outside_costs_no_order(program: Program, host: CardHost) -> None:
    program(TELL_PID)
    host.prepare()
    (waiting,) = await wait_children(1)
    os.kill(waiting, signal.SIGKILL)
    await wait_children(0)
    assert await signed_by(host) != waiting


async def test_killed_spare_is_replaced(program: Program, host: CardHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spare, "FIRST_PAUSE", 0.0)
    program(TELL_PID)
    host.prepare()
    (waiting,) = await wait_children(1)
    os.kill(waiting, signal.SIGKILL)
    await wait_children(0)
    await until(lambda: host._spare._keeper is None)  # its end has been noticed
    host.prepare()
    await wait_children(1)
    assert await signed_by(host) != waiting


async def test_order_that_the_spare_cannot_be_given_goes_to_a_host_of_its_own(
    program: Program, host: CardHost, little_patience: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The spare dies after it was looked at: the order never reached it, so nothing stands against another host."""
    monkeypatch.setattr(HostProcess, "alive", True)
    program("os.close(0); time.sleep(600)")
    host.prepare()
    (waiting,) = await wait_children(1)
    await seen(lambda: not Path(f"/proc/{waiting}/fd/0").is_symlink())
    program(TELL_PID)
    assert await signed_by(host) != waiting


async def test_order_that_a_dying_spare_does_not_take_goes_to_another(program: Program, host: CardHost) -> None:
    """A process on its way out keeps its pipes open for a moment: what is written to them then is lost."""
    program("frame(); frame(); os._exit(1)")
    host.prepare()
    (waiting,) = await wait_children(1)
    program(TELL_PID)
    assert await signed_by(host) != waiting


async def test_order_that_reached_a_host_is_never_given_to_another(program: Program, host: CardHost) -> None:
    program("order(); os._exit(1)")
    host.prepare()
    await wait_children(1)
    program(TELL_PID)
    with pytest.raises(FailureError) as caught:
        await host.sign(replace(ORDER, tells=True))
    assert caught.value.code is Code.HOST_FAILED


async def test_host_that_died_with_an_order_is_shown_by_another_where_the_site_may_not_be_told(
    program: Program, host: CardHost
) -> None:
    program("order(); os._exit(1)")
    host.prepare()
    await wait_children(1)
    program('answer({"code": "user_cancelled" if order()["failed"] == "host_failed" else "internal"})')
    with pytest.raises(FailureError) as caught:
        await host.sign(ORDER)
    assert caught.value.code is Code.USER_CANCELLED


async def test_closed_stdin_of_a_host_is_an_order_not_delivered(program: Program, little_patience: None) -> None:
    program("os.close(0); time.sleep(600)")
    started = await HostProcess.start(HostSetup())
    await until(lambda: not started.alive)
    with pytest.raises(NotDeliveredError):
        await started.ask(HostOrder(ORDER.origin, ORDER.challenge, "zh-Hant"))
    await started.end()


async def test_unused_spare_is_told_to_go(
    program: Program, host: CardHost, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(spare, "KEEP_LIMIT", 0.0)
    program(f"frame(); sys.stdin.buffer.read(); open({str(tmp_path / 'gone')!r}, 'w').close()")
    host.prepare()
    await seen((tmp_path / "gone").exists)
    await wait_children(0)


async def test_unused_spare_that_does_not_go_is_killed(
    program: Program, host: CardHost, little_patience: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spare, "KEEP_LIMIT", 0.0)
    program(STUBBORN)
    host.prepare()
    await until(lambda: host._spare._started.is_set() and host._spare._host is None)  # it has been told to go
    program(TELL_PID)
    assert await signed_by(host)
    await wait_children(0)


@pytest.mark.parametrize("code", [TELL_PID, STUBBORN, "os.abort()"])
async def test_close_leaves_no_spare(
    program: Program, host: CardHost, little_patience: None, tmp_path: Path, code: str
) -> None:
    program(f"sys.stderr.close(); open({str(tmp_path / 'runs')!r}, 'w').close(); " + code)
    host.prepare()
    await seen((tmp_path / "runs").exists)
    await host.close()
    assert await children() == []
    host.prepare()
    assert host._spare._keeper is None
    assert await children() == []


async def test_order_under_way_at_the_close_is_answered_by_its_host(
    program: Program, host: CardHost, tmp_path: Path
) -> None:
    taken = f"order(); open({str(tmp_path / 'taken')!r}, 'w').close(); "
    program(taken + 'sys.stdin.buffer.read(); answer({"code": "user_cancelled"})')
    task = asyncio.create_task(host.sign(ORDER))
    await seen((tmp_path / "taken").exists)
    await host.close()
    with pytest.raises(FailureError) as caught:
        await task
    assert caught.value.code is Code.USER_CANCELLED


async def test_hanging_order_does_not_hold_the_close(program: Program, host: CardHost, little_patience: None) -> None:
    program(STUBBORN)
    task = asyncio.create_task(host.sign(ORDER))
    await wait_children(1)
    async with asyncio.timeout(LIMIT):
        await host.close()
    with pytest.raises(FailureError) as caught:
        await task
    assert caught.value.code is Code.HOST_FAILED


async def test_no_order_after_the_close(program: Program, host: CardHost) -> None:
    program(TELL_PID)
    await host.close()
    with pytest.raises(FailureError) as caught:
        await host.sign(ORDER)
    assert caught.value.code is Code.HOST_FAILED


async def test_cancelled_order_that_waited_for_the_spare_to_start_leaves_it_usable(
    program: Program, host: CardHost
) -> None:
    program(TELL_PID)
    host.prepare()
    task = asyncio.create_task(host.sign(ORDER))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await host.idle()
    assert await signed_by(host)
    await wait_children(0)


class Unkillable:
    """A process that is stuck inside the system: neither its end nor a kill comes."""

    pid = 4711
    returncode = None

    def __init__(self) -> None:
        self.kills = 0

    async def wait(self) -> int:
        """Never returns."""
        await asyncio.Event().wait()
        raise AssertionError

    def kill(self) -> None:
        """Does nothing."""
        self.kills += 1


class NoStdin:
    """A pipe that can be closed."""

    def close(self) -> None:
        """Closes nothing."""


async def test_host_that_cannot_even_be_killed_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "KILL_LIMIT", 0.1)
    monkeypatch.setattr(process, "END_LIMIT", 0.1)
    stuck = Unkillable()
    pipe = cast(asyncio.StreamWriter, NoStdin())
    host = HostProcess(cast(asyncio.subprocess.Process, stuck), pipe, cast(asyncio.StreamReader, None))
    async with asyncio.timeout(LIMIT):
        await host.end()
    assert stuck.kills == 1


class Starts:
    """Hosts that fail: they do not start, or they end at once with a status."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.count = 0
        self.status: int | None = None
        self.spare = Spare(self.start, lambda: self.now)

    async def start(self) -> HostProcess:
        """Fails, or gives a host that ends at once."""
        self.count += 1
        if self.status is None:
            raise FailureError(Code.HOST_FAILED)
        return cast(HostProcess, Ending(self.status))

    async def prepare(self) -> int:
        """How many have been started, after one was asked for."""
        self.spare.prepare()
        for _ in range(5):
            await asyncio.sleep(0)
        return self.count


class Ending:
    """A host that has ended."""

    alive = False

    def __init__(self, status: int) -> None:
        self._status = status

    async def ended(self, seconds: float) -> int:
        """Its status."""
        return self._status


@pytest.mark.parametrize("status", [None, 1, -9])
async def test_failing_spare_is_started_again_after_a_pause_that_doubles(status: int | None) -> None:
    starts = Starts()
    starts.status = status
    assert await starts.prepare() == 1
    for number, pause in enumerate((0.5, 1, 2, 4, 8, 16, 30, 30, 30), start=1):
        starts.now += pause - 0.01
        assert await starts.prepare() == number
        starts.now += 0.02
        assert await starts.prepare() == number + 1


async def test_pause_of_a_spare_that_never_works_stays_finite() -> None:
    starts = Starts()
    for _ in range(1200):
        starts.now += LONGEST_PAUSE
        await starts.prepare()
    assert starts.count == 1200


async def test_spare_that_ended_in_order_may_be_started_again_at_once() -> None:
    starts = Starts()
    starts.status = 0
    assert [await starts.prepare() for _ in range(5)] == [1, 2, 3, 4, 5]


async def test_order_does_not_wait_for_the_pause_and_ends_it(
    program: Program, host: CardHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spare, "FIRST_PAUSE", LIMIT)
    program("sys.exit(1)")
    host.prepare()
    await until(lambda: host._spare._keeper is None)  # its end has been noticed
    program(TELL_PID)
    host.prepare()
    assert await children() == []
    assert await signed_by(host)


async def test_host_that_cannot_be_started_fails_the_order_at_once_and_prepare_never(
    monkeypatch: pytest.MonkeyPatch, host: CardHost
) -> None:
    monkeypatch.setattr(process, "_COMMAND", ("/nonexistent/host",))
    for _ in range(3):
        host.prepare()
        await until(lambda: host._spare._keeper is None)
        with pytest.raises(FailureError) as caught:
            await host.sign(ORDER)
        assert caught.value.code is Code.HOST_FAILED
