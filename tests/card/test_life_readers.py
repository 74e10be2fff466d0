"""The reader watch on a real PC/SC service with a virtual reader: cards, readers and the service come and go."""

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.card.service import Service
from tests.stand.parts import ROOT
from tests.stand.waiting import LIMIT

# In a process of its own, because libpcsclite reads the name of the service's socket once in the life of a process.
PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
from agent import readers
readers.FIRST_PAUSE = 0.1
watch = readers.ReaderWatch(lambda event: print(event.change.value, event.reader[-2:], flush=True))
watch.start()
sys.stdin.read()
watch.stop()
print("stopped" if not watch._thread.is_alive() else "left", flush=True)
"""


# A service that comes tells of its readers and the card in one of them, in any order.
BOTH_READERS = ("reader added 00", "reader added 01", "card inserted 00")


class Told:
    """A watch in a process of its own, and what it tells."""

    def __init__(self, env: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(ROOT)], text=True, env={**os.environ, **env},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line.strip())

    def next(self) -> str:
        """The next thing told."""
        return self._lines.get(timeout=LIMIT)

    def until(self, *things: str) -> list[str]:
        """Everything up to the last of some things."""
        lines = [self.next()]
        while not set(things) <= set(lines):
            lines.append(self.next())
        return lines

    def stop_process(self) -> int:
        """The exit status after the watch was stopped."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        return self._process.wait(LIMIT)

    def stop(self) -> list[str]:
        """What comes when the watch is stopped."""
        self.stop_process()
        return self.until("stopped")

    @property
    def pid(self) -> int:
        """The process that watches."""
        return self._process.pid

    def end(self) -> None:
        """Leaves no process behind."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


@pytest.fixture
def service(tmp_path: Path, logs: Path, pki: Path) -> Iterator[Service]:
    """A PC/SC service of this test's own, with the demo card."""
    service = Service(tmp_path / "reader", logs, pki / "cards" / "citizen.json")
    service.start()
    yield service
    service.stop()


@pytest.fixture
def told(service: Service) -> Iterator[Told]:
    """A watch on it."""
    told = Told(service.env)
    assert told.next() == "service up"
    # The card that is there at the start is not told; this one is, and then the watch is known to wait.
    service.card("remove")
    assert told.next() == "card removed 00"
    yield told
    told.end()


def test_card_inserted_and_removed(service: Service, told: Told) -> None:
    for _ in range(3):
        service.card("insert")
        assert told.next() == "card inserted 00"
        service.card("remove")
        assert told.next() == "card removed 00"
    assert told.stop() == ["stopped"]


def test_card_swapped_between_two_looks_is_seen(service: Service, told: Told, pki: Path) -> None:
    service.card("insert")
    assert told.next() == "card inserted 00"
    service.card("swap", str(pki / "cards" / "citizen2.json"))
    assert [told.next(), told.next()] == ["card removed 00", "card inserted 00"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_service_stopped_and_started(service: Service, told: Told, number: signal.Signals) -> None:
    service.stop(number)
    lines = told.until("service down")
    assert sorted(lines) == ["reader removed 00", "reader removed 01", "service down"]
    service.start()
    assert told.until(*BOTH_READERS)[0] == "service up"
    service.card("remove")
    assert told.until("card removed 00")
    assert told.stop() == ["stopped"]


def test_reader_unplugged_and_plugged(service: Service, told: Told) -> None:
    service.stop()
    told.until("service down")
    service.start(empty=True)
    assert told.next() == "service up"
    service.stop()
    assert told.next() == "service down"
    service.start()
    told.until(*BOTH_READERS)


def test_service_that_is_away_from_the_start_is_found_when_it_comes(service: Service) -> None:
    service.stop()
    told = Told(service.env)
    try:
        service.start()
        assert told.next() == "service up"
        told.until("card inserted 00")
        assert told.stop()[-1] == "stopped"
    finally:
        told.end()


def test_hanging_service_does_not_hold_the_stop(service: Service, told: Told) -> None:
    for process in service.processes():
        process.suspend()
    try:
        # The thread may be left behind in the service; the process ends all the same.
        assert told.stop_process() == 0
    finally:
        for process in service.processes():
            process.resume()


def test_watch_loads_neither_driver_nor_cryptography(service: Service, told: Told) -> None:
    maps = Path(f"/proc/{told.pid}/maps").read_text()
    assert "_scard" in maps
    assert not [name for name in ("opensc", "_pkcs11", "_rust.abi3", "_tkinter") if name in maps]
    assert psutil.Process(told.pid).children() == []
