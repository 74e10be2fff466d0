"""After a PIN was typed the card is reset in any case, and what it has signed is in safety before."""

import threading

import pytest

from agent.card import pcsc
from agent.card.frames import HostAnswer
from agent.card.operation import SIGN_LIMIT
from agent.failures import Code, FailureError
from tests.unit.agent.fakes import TOKEN
from tests.unit.agent.operation_bench import PIN, Bench


@pytest.mark.parametrize(
    "outcome", [TOKEN, *(FailureError(code) for code in (Code.PIN_WRONG, Code.CARD_ERROR)), RuntimeError()], ids=repr
)
def test_reset_follows_the_signature_and_waits_for_no_window(signing: Bench, outcome: object) -> None:
    signing.cards.signed = outcome  # type: ignore[assignment]
    signing.worker.work()  # the driver thread alone
    assert signing.cards.pins == [PIN]
    assert signing.cards.resets == 1


def test_signature_is_kept_before_the_reset(signing: Bench) -> None:
    kept: list[tuple[HostAnswer, int]] = []
    signing.worker.keep = lambda answer: kept.append((answer, signing.cards.resets))
    signing.worker.work()
    assert kept == [(HostAnswer(token=TOKEN), 0)]


def test_signature_of_a_person_who_has_cancelled_is_not_kept(signing: Bench) -> None:
    kept: list[HostAnswer] = []
    signing.worker.keep = kept.append
    signing.operation.cancel()
    signing.worker.work()
    assert kept == []
    assert signing.cards.resets == 1


def test_card_whose_driver_hangs_is_reset_beside_it(signing: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    done = threading.Event()
    monkeypatch.setattr(pcsc, "reset", lambda reader: done.set() if reader == "Reader 00 00" else None)
    signing.hang(SIGN_LIMIT - 0.1)
    assert not done.is_set()
    signing.hang(0.2)
    assert done.wait(10)


def test_pin_in_a_buffer_is_wiped_when_the_card_has_answered(ready: Bench) -> None:
    typed = bytearray(PIN.encode())
    ready.cards.signed = FailureError(Code.PIN_WRONG, 2)
    ready.operation.submit(typed, last_try_confirmed=False)
    ready.worker.work()
    assert ready.cards.pins == [PIN]
    assert typed == bytes(6)


@pytest.mark.parametrize("typed", ["12345", "123456"], ids=["malformed", "nothing is asked"])
def test_pin_in_a_buffer_is_wiped_when_no_card_gets_it(ready: Bench, typed: str) -> None:
    secret = bytearray(typed.encode())
    if typed == PIN:
        ready.operation.cancel()
    ready.operation.submit(secret, last_try_confirmed=False)
    assert secret == bytes(len(typed))
    assert ready.cards.pins == []
