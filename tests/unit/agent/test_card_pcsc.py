"""What PC/SC tells of readers, with and without a service."""

from collections.abc import Callable
from typing import Any

import pytest

from agent.card import pcsc
from agent.card.pcsc import Reader
from agent.card.scard import scard
from agent.failures import Code, FailureError

States = list[tuple[str, int, list[int]]]
Install = Callable[..., None]


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Install:
    """A service that answers as told."""

    def install(states: States | None = None, *, establish: int = 0, listing: int = 0) -> None:
        found = states or []

        def change(context: int, wait: int, asked: list[Any]) -> tuple[int, States]:
            assert wait == 0, "never waits"
            assert asked == [(name, scard.SCARD_STATE_UNAWARE) for name, _, _ in found]
            return 0, found

        monkeypatch.setattr(scard, "SCardEstablishContext", lambda scope: (establish, 7))
        monkeypatch.setattr(scard, "SCardListReaders", lambda context, groups: (listing, [item[0] for item in found]))
        monkeypatch.setattr(scard, "SCardGetStatusChange", change)
        monkeypatch.setattr(scard, "SCardReleaseContext", lambda context: released.append(context))

    released: list[int] = []
    return install


PRESENT = scard.SCARD_STATE_PRESENT


@pytest.mark.parametrize(
    ("state", "reader"),
    [
        (scard.SCARD_STATE_EMPTY, Reader("R", b"", False, False, False)),
        (PRESENT, Reader("R", b"", True, False, False)),
        (PRESENT | scard.SCARD_STATE_INUSE, Reader("R", b"", True, False, False)),
        (PRESENT | scard.SCARD_STATE_EXCLUSIVE, Reader("R", b"", True, True, False)),
        (PRESENT | scard.SCARD_STATE_MUTE, Reader("R", b"", True, False, True)),
        (PRESENT | 0x00120000, Reader("R", b"", True, False, False, 18)),  # the upper half counts the cards
    ],
)
def test_state_of_a_reader(service: Install, state: int, reader: Reader) -> None:
    service([("R", state, [])])
    assert pcsc.readers() == [reader]


def test_answer_to_reset_is_told(service: Install) -> None:
    service([("A", PRESENT, [0x3B, 0x00, -1]), ("B", scard.SCARD_STATE_EMPTY, [])])
    assert [reader.atr for reader in pcsc.readers()] == [b"\x3b\x00\xff", b""]


@pytest.mark.parametrize(
    "failing",
    [
        {"establish": scard.SCARD_E_NO_SERVICE},
        {"establish": scard.SCARD_F_COMM_ERROR},
        {"listing": scard.SCARD_E_NO_SERVICE},
        {"listing": scard.SCARD_E_SERVICE_STOPPED},
    ],
)
def test_service_that_does_not_run_is_told(service: Install, failing: dict[str, int]) -> None:
    service(**failing)
    with pytest.raises(FailureError) as caught:
        pcsc.readers()
    assert caught.value.code is Code.NO_SERVICE


@pytest.mark.parametrize("listing", [0, scard.SCARD_E_NO_READERS_AVAILABLE, scard.SCARD_E_READER_UNAVAILABLE])
def test_no_reader_is_an_empty_list(service: Install, listing: int) -> None:
    service(listing=listing)
    assert pcsc.readers() == []


def test_without_a_real_service_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PCSCLITE_CSOCK_NAME", "/nonexistent/socket")
    with pytest.raises(FailureError) as caught:
        pcsc.readers()
    assert caught.value.code is Code.NO_SERVICE


def test_seat_changes_with_each_card_and_is_nothing_without_one(service: Install) -> None:
    long = "R" * 70
    service([(long, PRESENT | 0x00120000, []), ("S", scard.SCARD_STATE_EMPTY | 0x00010000, [])])
    assert [pcsc.seat(name) for name in (long, long[:64], "S", "T")] == [18, 18, None, None]


def test_without_a_service_there_is_no_seat(service: Install) -> None:
    service(establish=scard.SCARD_E_NO_SERVICE)
    assert pcsc.seat("R") is None
