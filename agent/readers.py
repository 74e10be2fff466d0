"""Readers and cards coming and going: one thread that waits on PC/SC, and tells the event loop what has changed."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

# Seconds between two tries to reach a service that does not run, and how long a connection counts as a good one.
FIRST_PAUSE, LONGEST_PAUSE, GOOD = 1.0, 30.0, 60.0
# Seconds between two looks at the list of readers where the system does not report new ones (macOS), and after a
# wait that brought nothing, lest a service that never waits makes a busy loop.
LOOK_INTERVAL, EMPTY_PAUSE = 2.0, 0.5
_STOP_LIMIT = 1.0
# Bits of a reader state (PC/SC part 5; pcsc-lite winscard.h): the upper half counts insertions and removals.
_CHANGED, _UNKNOWN, _PRESENT, _COUNT = 0x0002, 0x0004, 0x0020, 16
# The pseudo reader that stands for the list of readers.
_LIST = "\\\\?PnP?\\Notification"
_LOG = logging.getLogger(__name__)


class Change(StrEnum):
    """What can happen."""

    SERVICE_UP = "service up"
    SERVICE_DOWN = "service down"
    READER_ADDED = "reader added"
    READER_REMOVED = "reader removed"
    CARD_INSERTED = "card inserted"
    CARD_REMOVED = "card removed"


@dataclass(frozen=True)
class Event:
    """Something that happened; `reader` is for this computer only and never reaches a page."""

    change: Change
    reader: str = ""


@dataclass(frozen=True)
class Reader:
    """A reader, and whether a card is in it; its name is for this computer only and never reaches a stranger's page."""

    name: str
    card: bool


class ServiceDownError(Exception):
    """The PC/SC service does not run, or has ended."""


class Pcsc(Protocol):
    """What the watch needs of PC/SC; only `cancel` may be called from another thread."""

    def connect(self) -> None:
        """Reaches the service; raises ServiceDownError."""

    def readers(self) -> list[str]:
        """The names of the readers; raises ServiceDownError."""

    def wait(self, states: dict[str, int]) -> dict[str, int]:
        """The new state of every reader, as soon as one differs from the state given (0: not known), a reader comes or
        goes, or `cancel` is called; raises ServiceDownError.
        """

    def cancel(self) -> None:
        """Ends a wait that is under way."""

    def disconnect(self) -> None:
        """Gives the connection back."""


class ReaderWatch:
    """Calls `tell` in its own thread for everything that happens; what is there at the start is not news."""

    def __init__(
        self,
        tell: Callable[[Event], None],
        pcsc: Pcsc | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tell = tell
        self._pcsc = pcsc or Scard()
        self._clock = clock
        self._stopping = threading.Event()
        self._readers: tuple[Reader, ...] = ()
        self._thread = threading.Thread(target=self._run, name="readers", daemon=True)

    def start(self) -> None:
        """Starts to watch; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the watch; returns within a second even when the service hangs, and then nothing is told any more."""
        self._stopping.set()
        # A cancellation that comes just before the wait is lost, and one that meets a hanging service does not return.
        deadline = time.monotonic() + _STOP_LIMIT
        while self._thread.is_alive() and time.monotonic() < deadline:
            canceller = threading.Thread(target=self._pcsc.cancel, daemon=True)
            canceller.start()
            self._thread.join(0.1)
            canceller.join(max(deadline - time.monotonic(), 0))

    @property
    def readers(self) -> tuple[Reader, ...]:
        """The readers that are there now, in the order of the service; none while it does not run."""
        return self._readers

    def _run(self) -> None:
        pause = FIRST_PAUSE
        news = False
        while not self._stopping.is_set():
            begun = self._clock()
            if self._watch(news):
                news = True
                # A connection that keeps breaking must not become a busy loop.
                pause = FIRST_PAUSE if self._clock() - begun >= GOOD else pause
            self._stopping.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _watch(self, news: bool) -> bool:
        """Follows the readers until the service ends; whether it was there at all."""
        try:
            self._pcsc.connect()
        except ServiceDownError:
            return False
        self._say(Event(Change.SERVICE_UP))
        states: dict[str, int] = {}
        try:
            while not self._stopping.is_set():
                states = self._step(states, news)
                news = True
        except ServiceDownError:
            pass
        finally:
            self._readers = ()
            self._pcsc.disconnect()
        for event in changes(states, {}):
            self._say(event)
        self._say(Event(Change.SERVICE_DOWN))
        return True

    def _step(self, states: dict[str, int], news: bool) -> dict[str, int]:
        # The list is read anew after every wait, whatever ended it: so a long sleep of the computer hides nothing.
        known = {name: states.get(name, 0) for name in self._pcsc.readers()}
        new = self._pcsc.wait(known)
        if new == states:
            self._stopping.wait(EMPTY_PAUSE)
        self._readers = tuple(Reader(name, bool(state & _PRESENT)) for name, state in new.items())
        if news:
            for event in changes(states, new):
                self._say(event)
        return new

    def _say(self, event: Event) -> None:
        if not self._stopping.is_set():
            self._tell(event)


def changes(old: dict[str, int], new: dict[str, int]) -> Iterable[Event]:
    """What has happened between two states of the readers; a reader that comes with a card in it brings a card."""
    for name in old.keys() - new.keys():
        if old[name] & _PRESENT:
            yield Event(Change.CARD_REMOVED, name)
        yield Event(Change.READER_REMOVED, name)
    for name, state in new.items():
        before = old.get(name, 0)
        if name not in old:
            yield Event(Change.READER_ADDED, name)
        # Another count with a card before and after: it was pulled and put back between two looks.
        if before & _PRESENT and (not state & _PRESENT or before >> _COUNT != state >> _COUNT):
            yield Event(Change.CARD_REMOVED, name)
        if state & _PRESENT and (not before & _PRESENT or before >> _COUNT != state >> _COUNT):
            yield Event(Change.CARD_INSERTED, name)


class Scard:
    """The real PC/SC, by pyscard's C layer; loaded by the first `connect`, in the thread of the watch.

    pyscard's own monitor is not used: it does not survive the end of the service (measured).
    """

    def __init__(self) -> None:
        self._scard: Any = None
        self._context: int | None = None
        # What the service last said of its list of readers; None where it says nothing (macOS), so that we have to ask.
        self._list_state: int | None = 0
        self._cancelled = threading.Event()

    def connect(self) -> None:
        """Reaches the service; raises ServiceDownError, also where pyscard cannot be loaded."""
        try:
            # Imported here: the start of the daemon need not wait for it.
            from smartcard import scard
        except ImportError as error:
            raise ServiceDownError(str(error)) from None
        self._scard, self._list_state = scard, 0
        result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
        self._check(result)
        self._context = context

    def readers(self) -> list[str]:
        """The names of the readers."""
        result, names = self._scard.SCardListReaders(self._context, [])
        if result == self._scard.SCARD_E_NO_READERS_AVAILABLE:
            return []
        self._check(result)
        return [str(name) for name in names]

    def wait(self, states: dict[str, int]) -> dict[str, int]:
        """The new states, as soon as something has changed."""
        scard, asked, timeout = self._scard, list(states.items()), int(1000 * LOOK_INTERVAL)
        if self._list_state is not None:
            # The state given back holds a count of readers: with 0 Windows would return at once, again and again.
            asked.append((_LIST, self._list_state))
            timeout = scard.INFINITE
        elif not asked:
            self._cancelled.wait(LOOK_INTERVAL)
            return {}
        result, found = scard.SCardGetStatusChange(self._context, timeout, asked)
        if result == scard.SCARD_E_UNKNOWN_READER and states.keys() <= set(self.readers()):
            self._list_state = None
        if result in (scard.SCARD_E_TIMEOUT, scard.SCARD_E_CANCELLED, scard.SCARD_E_UNKNOWN_READER):
            return states
        self._check(result)
        new = {str(name): state & ~_CHANGED for name, state, _ in found}
        list_state = new.pop(_LIST, _UNKNOWN)
        self._list_state = None if list_state & _UNKNOWN else list_state
        return new

    def cancel(self) -> None:
        """Ends a wait that is under way."""
        self._cancelled.set()
        if self._context is not None:
            self._scard.SCardCancel(self._context)

    def disconnect(self) -> None:
        """Gives the connection back."""
        context, self._context = self._context, None
        if context is not None:
            self._scard.SCardReleaseContext(context)

    def _check(self, result: int) -> None:
        if result != self._scard.SCARD_S_SUCCESS:
            raise ServiceDownError(f"{result & 0xFFFFFFFF:#x}")
