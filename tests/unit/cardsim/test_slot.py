"""The slot against a reader played by the test: insert, pull, hang, delay, swap, counters."""

import statistics
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from cardsim.card import slot as slot_module
from cardsim.card.pin import pad
from cardsim.card.slot import Slot
from cardsim.errors import SimulatorError
from tests.stand.waiting import LIMIT, wait_until

ATR = bytes.fromhex("3b8b0180f9a0000003080000100048")
GET_ATR, POWER_OFF, POWER_ON, RESET = b"\x04", b"\x00", b"\x01", b"\x02"
QUERY = bytes.fromhex("00200080")
VERIFY = bytes.fromhex("0020008008") + pad("123456")
WRONG = bytes.fromhex("0020008008") + pad("000000")


def works(slot: Slot) -> bool:
    """Whether the card has a message in hand that it does not answer yet."""
    return bool(vars(slot._changed)["_waiters"])


@pytest.fixture
def background() -> Iterator[ThreadPoolExecutor]:
    """Threads for calls that wait."""
    with ThreadPoolExecutor() as pool:
        yield pool


@pytest.fixture
def slot(pki: Path, fake_reader: Any, background: ThreadPoolExecutor) -> Iterator[Slot]:
    """A slot with the citizen card in the reader."""
    slot = Slot(fake_reader.port, pki / "cards" / "citizen.json", 0)
    _take(slot.insert, fake_reader, background)
    yield slot
    slot.remove()


def _take(insert: Callable[[], None], reader: Any, background: ThreadPoolExecutor) -> None:
    done: Future[None] = background.submit(insert)
    reader.accept()
    assert reader.ask(GET_ATR) == ATR
    done.result(LIMIT)


def test_status_of_a_fresh_card(slot: Slot, pki: Path) -> None:
    assert slot.status() == {
        "card": "citizen",
        "image": str((pki / "cards" / "citizen.json").resolve()),
        "inserted": True,
        "tries": 3,
        "verified": False,
        "hung": False,
        "delay": 0,
        "apdus": 0,
        "verifies": 0,
        "signatures": 0,
        "card_ms": 0.0,
    }


def test_commands_and_counters(slot: Slot, fake_reader: Any) -> None:
    assert fake_reader.ask(QUERY) == b"\x63\xc3"
    assert fake_reader.ask(WRONG) == b"\x63\xc2"
    assert fake_reader.ask(VERIFY) == b"\x90\x00"
    status = slot.status()
    assert (status["apdus"], status["verifies"], status["verified"], status["tries"]) == (3, 2, True, 3)
    assert status["card_ms"] > 0


def test_no_exchange_waits_for_a_delayed_acknowledgement(slot: Slot, fake_reader: Any) -> None:
    """The reader writes length and body apart: without TCP_QUICKACK each exchange takes 40 ms."""
    times = []
    for _ in range(60):
        start = time.perf_counter()
        fake_reader.ask(QUERY)
        times.append(time.perf_counter() - start)
    # A busy machine makes many of them slow; the acknowledgement would delay all.
    assert statistics.quantiles(times, n=4)[0] < 0.02


@pytest.mark.parametrize("message", [POWER_OFF, RESET])
def test_power_off_and_reset_forget_the_pin(slot: Slot, fake_reader: Any, message: bytes) -> None:
    fake_reader.ask(VERIFY)
    fake_reader.send(message)
    assert fake_reader.ask(QUERY) == b"\x63\xc3"


def test_power_on_and_unknown_control_bytes_get_no_answer(slot: Slot, fake_reader: Any) -> None:
    fake_reader.ask(VERIFY)
    fake_reader.send(POWER_ON)
    fake_reader.send(b"\x07")
    fake_reader.send(b"")
    assert fake_reader.ask(QUERY) == b"\x90\x00"


def test_remove_ends_the_connection_and_insert_makes_a_new_one(
    slot: Slot, fake_reader: Any, background: ThreadPoolExecutor
) -> None:
    fake_reader.ask(VERIFY)
    slot.remove()
    assert fake_reader.receive() is None
    assert not slot.status()["inserted"]
    _take(slot.insert, fake_reader, background)
    assert fake_reader.ask(QUERY) == b"\x63\xc3"


def test_delay_counts_as_card_time(slot: Slot, fake_reader: Any) -> None:
    slot.set_delay(0.2)
    start = time.monotonic()
    assert fake_reader.ask(QUERY) == b"\x63\xc3"
    assert time.monotonic() - start >= 0.2
    assert slot.status()["card_ms"] >= 200


def test_pulled_while_it_works(slot: Slot, fake_reader: Any) -> None:
    slot.set_delay(600)
    fake_reader.send(WRONG)
    wait_until(lambda: works(slot))
    slot.remove()
    assert fake_reader.receive() is None
    assert slot.status()["tries"] == 3


def test_hang_and_unhang(slot: Slot, fake_reader: Any, background: ThreadPoolExecutor) -> None:
    slot.hang()
    answer = background.submit(fake_reader.ask, VERIFY)
    wait_until(lambda: works(slot))
    assert not answer.done()
    assert slot.status()["hung"]
    slot.unhang()
    assert answer.result(LIMIT) == b"\x90\x00"


def test_pulled_while_it_hangs(slot: Slot, fake_reader: Any) -> None:
    slot.hang()
    fake_reader.send(VERIFY)
    wait_until(lambda: works(slot))
    slot.remove()
    assert fake_reader.receive() is None
    assert not slot.status()["hung"]


def test_each_card_keeps_its_own_tries(
    slot: Slot, fake_reader: Any, background: ThreadPoolExecutor, pki: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slot_module, "CHANGE_PAUSE", 0.01)
    fake_reader.ask(WRONG)
    _take(lambda: slot.swap(pki / "cards" / "ec.json"), fake_reader, background)
    assert (slot.status()["card"], slot.status()["tries"]) == ("ec", 3)
    assert slot.status()["image"] == str((pki / "cards" / "ec.json").resolve())
    assert fake_reader.ask(QUERY) == b"\x63\xc3"
    _take(lambda: slot.swap(pki / "cards" / "citizen.json"), fake_reader, background)
    assert fake_reader.ask(QUERY) == b"\x63\xc2"


def test_a_swap_with_a_bad_image_changes_nothing(slot: Slot, fake_reader: Any, pki: Path, tmp_path: Path) -> None:
    with pytest.raises(SimulatorError):
        slot.swap(tmp_path / "missing.json")
    assert slot.status()["card"] == "citizen"
    assert slot.status()["image"] == str((pki / "cards" / "citizen.json").resolve())
    assert fake_reader.ask(QUERY) == b"\x63\xc3"


def test_tries_and_unblock(slot: Slot, fake_reader: Any) -> None:
    fake_reader.ask(VERIFY)
    slot.set_tries(0)
    assert fake_reader.ask(VERIFY) == b"\x69\x83"
    slot.unblock()
    assert fake_reader.ask(VERIFY) == b"\x90\x00"


def test_the_reader_goes_away_and_comes_back(slot: Slot, fake_reader: Any, background: ThreadPoolExecutor) -> None:
    fake_reader.eject()
    wait_until(lambda: not slot.status()["inserted"])
    _take(slot.insert, fake_reader, background)
    assert slot.status()["inserted"]


def test_a_message_cut_off_ends_the_stay(slot: Slot, fake_reader: Any) -> None:
    fake_reader._card.sendall(b"\x00\x20\x00")
    fake_reader.eject()
    wait_until(lambda: not slot.status()["inserted"])


def test_trace(slot: Slot, fake_reader: Any, tmp_path: Path) -> None:
    slot.trace_to(tmp_path / "trace")
    fake_reader.ask(VERIFY)
    slot.trace_to(None)
    fake_reader.ask(QUERY)
    text = (tmp_path / "trace").read_text()
    assert text.endswith(" > 0020008008" + "**" * 8 + " < 9000\n")
    assert text.count("\n") == 1


def test_nobody_listens(pki: Path, fake_reader: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slot_module, "PATIENCE", 0.1)
    fake_reader.close()
    slot = Slot(fake_reader.port, pki / "cards" / "citizen.json", 0)
    with pytest.raises(SimulatorError, match="no virtual reader listens"):
        slot.insert()


def test_a_reader_that_takes_no_card(pki: Path, fake_reader: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slot_module, "PATIENCE", 0.2)
    slot = Slot(fake_reader.port, pki / "cards" / "citizen.json", 0)
    with pytest.raises(SimulatorError, match="does not take the card"):
        slot.insert()
    assert not slot.status()["inserted"]


def test_remove_ends_an_insertion_that_waits(pki: Path, fake_reader: Any, background: ThreadPoolExecutor) -> None:
    slot = Slot(fake_reader.port, pki / "cards" / "citizen.json", 0)
    waiting = background.submit(slot.insert)
    wait_until(lambda: any(thread.name.endswith("(_serve)") for thread in threading.enumerate()))
    slot.remove()
    with pytest.raises(SimulatorError):
        waiting.result(LIMIT)
