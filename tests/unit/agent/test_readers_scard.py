"""The PC/SC side of the reader watch, over the habits of services that are not on this computer."""

import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from agent import readers
from agent.readers import Scard, ServiceDownError
from tests.stand.waiting import LIMIT

OK, CANCELLED, TIMEOUT, UNKNOWN_READER, NO_READERS, NO_SERVICE = 0, 2, 10, 9, 46, 29
INFINITE = 0xFFFFFFFF
PNP = "\\\\?PnP?\\Notification"
EMPTY, CHANGED, UNKNOWN = 0x10, 0x2, 0x4
Asked = list[tuple[str, int]]


class Library:
    """In the place of pyscard's C layer; `answer` makes the result of a wait from what was asked."""

    def __init__(self, answer: Callable[[Asked], tuple[int, Asked]], names: list[str]) -> None:
        self._answer = answer
        self.names = names
        self.asked: list[tuple[int, Asked]] = []
        self.scard = SimpleNamespace(
            SCARD_S_SUCCESS=OK, SCARD_E_TIMEOUT=TIMEOUT, SCARD_E_CANCELLED=CANCELLED, INFINITE=INFINITE,
            SCARD_E_UNKNOWN_READER=UNKNOWN_READER, SCARD_E_NO_READERS_AVAILABLE=NO_READERS, SCARD_SCOPE_USER=0,
            SCardGetStatusChange=self._wait, SCardListReaders=self._list, SCardCancel=lambda context: OK,
            SCardEstablishContext=lambda scope: (OK, 7), SCardReleaseContext=lambda context: OK,
        )  # fmt: skip

    def _wait(self, context: int, timeout: int, asked: Asked) -> tuple[int, list[tuple[str, int, list[int]]]]:
        self.asked.append((timeout, asked))
        result, found = self._answer(asked)
        return result, [(name, state, []) for name, state in found]

    def _list(self, context: int, groups: list[str]) -> tuple[int, list[str]]:
        return (OK, self.names) if self.names else (NO_READERS, [])


Make = Callable[[Callable[[Asked], tuple[int, Asked]], list[str]], tuple[Scard, Library]]


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Make:
    """A connection over a library."""

    def connected(answer: Callable[[Asked], tuple[int, Asked]], names: list[str]) -> tuple[Scard, Library]:
        library = Library(answer, names)
        package: Any = SimpleNamespace(scard=library.scard)
        monkeypatch.setitem(__import__("sys").modules, "smartcard", package)
        scard = Scard()
        scard.connect()
        return scard, library

    return connected


def test_waits_without_end_for_readers_and_for_the_list_of_readers(make: Make) -> None:
    scard, library = make(lambda asked: (OK, [("a", EMPTY | CHANGED), (PNP, 0)]), ["a"])
    assert scard.readers() == ["a"]
    assert scard.wait({"a": 0}) == {"a": EMPTY}
    assert library.asked == [(INFINITE, [("a", 0), (PNP, 0)])]


def test_count_of_readers_is_given_back_or_windows_would_return_at_once(make: Make) -> None:
    scard, library = make(lambda asked: (OK, [("a", EMPTY), (PNP, 1 << 16 | CHANGED)]), ["a"])
    for _ in range(2):
        scard.wait({"a": EMPTY})
    assert [dict(asked)[PNP] for _, asked in library.asked] == [0, 1 << 16]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(lambda asked: (OK, [(name, EMPTY | UNKNOWN * (name == PNP)) for name, _ in asked]), id="state"),
        pytest.param(lambda asked: (UNKNOWN_READER * (PNP in dict(asked)), [("a", EMPTY)]), id="result"),
    ],
)
def test_where_the_list_cannot_be_watched_it_is_read_every_two_seconds(
    make: Make, answer: Callable[[Asked], tuple[int, Asked]]
) -> None:
    scard, library = make(answer, ["a"])
    assert scard.wait({"a": EMPTY}) == {"a": EMPTY}
    assert scard.wait({"a": EMPTY}) == {"a": EMPTY}
    assert library.asked[1:] == [(2000, [("a", EMPTY)])]


def test_reader_that_goes_while_it_is_asked_for_does_not_end_the_watching_of_the_list(make: Make) -> None:
    scard, library = make(lambda asked: (UNKNOWN_READER, asked), [])
    for _ in range(2):
        assert scard.wait({"a": EMPTY}) == {"a": EMPTY}
    assert [timeout for timeout, _ in library.asked] == [INFINITE, INFINITE]


def test_without_readers_and_without_a_list_nobody_is_asked_until_it_is_time(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "LOOK_INTERVAL", 0.2)
    scard, library = make(lambda asked: (UNKNOWN_READER, asked), [])
    assert scard.wait({}) == {}
    begun = time.monotonic()
    assert scard.wait({}) == {}
    assert time.monotonic() - begun > 0.15
    assert len(library.asked) == 1


def test_cancellation_ends_that_pause_too(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "LOOK_INTERVAL", 30.0)
    scard, _ = make(lambda asked: (UNKNOWN_READER, asked), [])
    scard.wait({})
    thread = threading.Thread(target=scard.wait, args=({},))
    thread.start()
    scard.cancel()
    thread.join(LIMIT)
    assert not thread.is_alive()


@pytest.mark.parametrize("result", [TIMEOUT, CANCELLED])
def test_wait_that_brings_nothing_keeps_the_states(make: Make, result: int) -> None:
    scard, _ = make(lambda asked: (result, asked), ["a"])
    assert scard.wait({"a": EMPTY}) == {"a": EMPTY}


@pytest.mark.parametrize("result", [NO_SERVICE, 1, 0x80100013])
def test_any_other_result_is_a_service_that_is_away(make: Make, result: int) -> None:
    scard, _ = make(lambda asked: (result, asked), ["a"])
    with pytest.raises(ServiceDownError):
        scard.wait({"a": EMPTY})


def test_no_reader_is_an_empty_list(make: Make) -> None:
    scard, _ = make(lambda asked: (OK, asked), [])
    assert scard.readers() == []


def test_disconnected_twice_and_cancelled_afterwards_is_nothing(make: Make) -> None:
    scard, _ = make(lambda asked: (OK, asked), [])
    scard.disconnect()
    scard.disconnect()
    scard.cancel()
