"""The reader watch, over a service in the test's hands: what it tells, when it pauses, how it ends."""

import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent import readers
from agent.readers import Change, Event, ReaderWatch, Scard, ServiceDownError, changes
from tests.stand.parts import ROOT
from tests.stand.waiting import LIMIT, wait_until

EMPTY, PRESENT, INUSE = 0x10, 0x20, 0x100
UP, DOWN = Event(Change.SERVICE_UP), Event(Change.SERVICE_DOWN)


def added(reader: str) -> Event:
    """A reader came."""
    return Event(Change.READER_ADDED, reader)


def removed(reader: str) -> Event:
    """A reader went."""
    return Event(Change.READER_REMOVED, reader)


def inserted(reader: str) -> Event:
    """A card came."""
    return Event(Change.CARD_INSERTED, reader)


def pulled(reader: str) -> Event:
    """A card went."""
    return Event(Change.CARD_REMOVED, reader)


def count(state: int, number: int) -> int:
    """A state with its count of insertions and removals."""
    return state | number << 16


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ({}, {}, []),
        ({"a": EMPTY}, {"a": EMPTY}, []),
        ({}, {"a": EMPTY}, [added("a")]),
        ({"a": EMPTY}, {}, [removed("a")]),
        ({"a": EMPTY}, {"a": PRESENT}, [inserted("a")]),
        ({"a": PRESENT}, {"a": EMPTY}, [pulled("a")]),
        ({"a": PRESENT}, {"a": PRESENT | INUSE}, []),
        ({"a": PRESENT}, {}, [pulled("a"), removed("a")]),
        pytest.param({}, {"a": PRESENT}, [added("a"), inserted("a")], id="USB token: reader and card in one"),
        pytest.param({"a": count(PRESENT, 1)}, {"a": count(PRESENT, 3)}, [pulled("a"), inserted("a")], id="swapped"),
        pytest.param({"a": count(EMPTY, 2)}, {"a": count(EMPTY, 4)}, [], id="in and out between two looks"),
        ({"a": count(EMPTY, 2)}, {"a": count(PRESENT, 3)}, [inserted("a")]),
        ({"a": PRESENT}, {"b": EMPTY}, [pulled("a"), removed("a"), added("b")]),
    ],
)
def test_what_two_states_tell(old: dict[str, int], new: dict[str, int], told: list[Event]) -> None:
    assert list(changes(old, new)) == told


tables = st.dictionaries(st.sampled_from("abc"), st.builds(count, st.sampled_from([EMPTY, PRESENT]), st.integers(0, 3)))


def cards(table: dict[str, int]) -> set[str]:
    """The readers with a card."""
    return {name for name, state in table.items() if state & PRESENT}


@given(tables, tables)
def test_who_follows_the_events_knows_what_is_there(old: dict[str, int], new: dict[str, int]) -> None:
    known, full = set(old), cards(old)
    acts: dict[Change, Callable[[str], None]] = {
        Change.READER_ADDED: known.add,
        Change.READER_REMOVED: known.remove,
        Change.CARD_INSERTED: full.add,
        Change.CARD_REMOVED: full.remove,
    }
    for event in changes(old, new):
        acts[event.change](event.reader)
        assert full <= known
    assert (known, full) == (set(new), cards(new))


class Service:
    """A PC/SC service in the test's hands; counts how often it is asked."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._up = True
        self._cancelled = False
        self._table: dict[str, int] = {}
        self.connects = self.waits = 0
        self.connected = False
        self.deaf = False
        self._known: dict[str, int] | None = None  # while somebody waits for a change of it

    def set(self, **table: int) -> None:
        """Readers and their states from now on."""
        with self._changed:
            self._table = dict(table)
            self._changed.notify_all()

    def run(self, up: bool) -> None:
        """The service is started or stopped."""
        with self._changed:
            self._up = up
            self._changed.notify_all()

    def connect(self) -> None:
        """As long as it runs."""
        self.connects += 1
        if not self._up:
            raise ServiceDownError
        self.connected = True

    def readers(self) -> list[str]:
        """The readers of the moment."""
        return list(self._table)

    def wait(self, states: dict[str, int]) -> dict[str, int]:
        """Blocks as the real one does."""
        self.waits += 1
        with self._changed:
            self._known = states
            while self._up and self._table == states and not self._cancelled:
                self._changed.wait()
            self._known = None
            if not self._up:
                raise ServiceDownError
            self._cancelled = False
            return {name: self._table[name] for name in states if name in self._table}

    def settled(self) -> bool:
        """Whether the watch knows all there is, and waits."""
        with self._changed:
            return self._up and self._known == self._table

    def cancel(self) -> None:
        """Ends a wait, unless this service hangs."""
        with self._changed:
            self._cancelled = not self.deaf
            self._changed.notify_all()

    def disconnect(self) -> None:
        """As the real one."""
        self.connected = False


class Told:
    """A running watch and what it tells."""

    def __init__(self, service: Service) -> None:
        self._events: queue.Queue[Event] = queue.Queue()
        self.now = 0.0
        self.watch = ReaderWatch(self._events.put, service, lambda: self.now)
        self.watch.start()

    def next(self, number: int) -> list[Event]:
        """The next events."""
        return [self._events.get(timeout=LIMIT) for _ in range(number)]

    def nothing(self) -> bool:
        """Whether nothing more has been told."""
        return self._events.empty()


@pytest.fixture
def service() -> Service:
    """A service without readers."""
    return Service()


@pytest.fixture
def told(service: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    """A watch over it that pauses briefly."""
    monkeypatch.setattr(readers, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(readers, "EMPTY_PAUSE", 0.01)
    told = Told(service)
    yield told
    told.watch.stop()
    assert not service.connected


def settled(service: Service) -> None:
    """Returns when the watch waits and has nothing left to do."""
    wait_until(service.settled)


def test_readers_and_cards_come_and_go(service: Service, told: Told) -> None:
    assert told.next(1) == [UP]
    settled(service)
    service.set(a=EMPTY)
    assert told.next(1) == [added("a")]
    service.set(a=PRESENT)
    assert told.next(1) == [inserted("a")]
    service.set(a=EMPTY)
    assert told.next(1) == [pulled("a")]
    service.set()
    assert told.next(1) == [removed("a")]
    service.set(b=PRESENT)
    assert told.next(2) == [added("b"), inserted("b")]
    assert told.nothing()


def test_what_is_there_at_the_start_is_not_news(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    service.set(a=PRESENT, b=EMPTY)
    told = Told(service)
    assert told.next(1) == [UP]
    settled(service)
    assert told.nothing()
    service.set(a=PRESENT, b=PRESENT)
    assert told.next(1) == [inserted("b")]
    told.watch.stop()


def test_what_changed_while_the_service_was_away_is_news(service: Service, told: Told) -> None:
    service.set(a=PRESENT)
    told.next(1)
    settled(service)
    while not told.nothing():
        told.next(1)
    service.run(False)
    assert told.next(3) == [pulled("a"), removed("a"), DOWN]
    service.set(b=PRESENT)
    service.run(True)
    assert told.next(3) == [UP, added("b"), inserted("b")]


def test_service_that_is_away_is_asked_less_and_less_often(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    service.run(False)
    watch = ReaderWatch(lambda event: None, service)
    done = threading.Event()

    def wait(seconds: float) -> bool:
        pauses.append(seconds)
        if len(pauses) == 9:
            watch._stopping.set()
            done.set()
        return False

    monkeypatch.setattr(watch._stopping, "wait", wait)
    watch.start()
    assert done.wait(LIMIT)
    assert pauses == [1, 2, 4, 8, 16, 30, 30, 30, 30]
    assert service.connects == 9


@pytest.mark.parametrize(("lived", "expected"), [(1.0, [1, 2, 4, 8]), (readers.GOOD, [1, 1, 1, 1])])
def test_connection_that_keeps_breaking_is_no_busy_loop(
    service: Service, monkeypatch: pytest.MonkeyPatch, lived: float, expected: list[float]
) -> None:
    pauses: list[float] = []
    now = [0.0]
    watch = ReaderWatch(lambda event: None, service, lambda: now[0])
    done = threading.Event()

    def broken(states: dict[str, int]) -> dict[str, int]:
        now[0] += lived
        raise ServiceDownError

    def wait(seconds: float) -> bool:
        pauses.append(seconds)
        if len(pauses) == len(expected):
            watch._stopping.set()
            done.set()
        return False

    monkeypatch.setattr(service, "wait", broken)
    monkeypatch.setattr(watch._stopping, "wait", wait)
    watch.start()
    assert done.wait(LIMIT)
    assert pauses == expected


def test_service_that_never_waits_is_no_busy_loop(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "EMPTY_PAUSE", 0.1)
    asked = threading.Event()

    def at_once(states: dict[str, int]) -> dict[str, int]:
        service.waits += 1
        if service.waits == 5:
            asked.set()
        return states

    monkeypatch.setattr(service, "wait", at_once)
    watch = ReaderWatch(lambda event: None, service)
    begun = time.monotonic()
    watch.start()
    assert asked.wait(LIMIT)
    assert time.monotonic() - begun > 0.35
    watch.stop()


def test_quiet_watch_asks_nothing(service: Service, told: Told) -> None:
    service.set(a=EMPTY)
    told.next(1)
    settled(service)
    # One question tells of a change, and one waits for the next: whoever asked in between would be counted.
    before = (service.waits, service.connects)
    service.set(a=PRESENT)
    told.next(1)
    settled(service)
    assert (service.waits, service.connects) == (before[0] + 1, before[1])


def test_stop_ends_the_wait_and_tells_nothing(service: Service, told: Told) -> None:
    service.set(a=PRESENT)
    told.next(1)
    settled(service)
    while not told.nothing():
        told.next(1)
    told.watch.stop()
    assert not told.watch._thread.is_alive()
    assert told.nothing()


def test_stop_right_after_start(service: Service) -> None:
    for _ in range(20):
        watch = ReaderWatch(lambda event: None, service)
        watch.start()
        watch.stop()
        assert not watch._thread.is_alive()


def test_stop_during_a_pause(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "FIRST_PAUSE", 600.0)
    service.run(False)
    told = Told(service)
    wait_until(lambda: service.connects > 0)
    told.watch.stop()
    assert not told.watch._thread.is_alive()


def test_hanging_service_does_not_hold_the_stop(service: Service) -> None:
    service.deaf = True
    told = Told(service)
    assert told.next(1) == [UP]
    told.watch.stop()
    service.set(a=PRESENT)
    wait_until(lambda: not told.watch._thread.is_alive())
    assert told.nothing()


def test_cancellation_that_hangs_does_not_hold_the_stop(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    free = threading.Event()
    monkeypatch.setattr(service, "cancel", lambda: free.wait(600) and None)
    told = Told(service)
    assert told.next(1) == [UP]
    told.watch.stop()
    free.set()
    service.run(False)


def test_missing_pyscard_is_a_service_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "smartcard", None)
    with pytest.raises(ServiceDownError):
        Scard().connect()


def test_module_is_imported_without_pcsc() -> None:
    code = "import sys, agent.readers; print(sorted({'smartcard', 'asyncio'} & set(sys.modules)))"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=LIMIT
    )
    assert result.stdout == "[]\n"


def test_readers_that_are_there_now_are_known(service: Service, told: Told) -> None:
    def known() -> list[tuple[str, bool]]:
        settled(service)
        return [(reader.name, reader.card) for reader in told.watch.readers]

    assert told.next(1) == [UP]
    assert known() == []
    service.set(a=EMPTY)
    assert told.next(1) == [added("a")]
    service.set(a=EMPTY, b=PRESENT)
    assert told.next(2) == [added("b"), inserted("b")]
    assert known() == [("a", False), ("b", True)]
    service.run(False)
    assert DOWN in told.next(4)
    assert told.watch.readers == ()
