"""Orders without a person: the list, and a page's PIN, which is tried once and only where no person is needed."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from agent.card import operation, unattended
from agent.card.card import Cards
from agent.card.frames import DriverAnswer, HostAnswer, HostOrder, UnansweredError
from agent.card.old_asks import CmsAsk, DecryptAsk, ListAsk, Listing, OldAsk, Pkcs1Ask, RawAsk, SiteAsk
from agent.card.unattended import Unattended, needs_nobody
from agent.card.worker import Worker
from agent.failures import Code, FailureError
from pkcs11_shims.errors import CardError, Fault
from pkcs11_shims.keys import Scheme
from tests.stand.waiting import LIMIT
from tests.unit.agent.card_fakes import READY, A, B, FakeModule, make, module, resets
from tests.unit.agent.certificates import card_signs, certificate
from tests.unit.agent.fakes import ORIGIN

__all__ = ["make", "module", "resets"]

PIN = "123456"
SIGN = CmsAsk(b"TBS")
Try = Callable[..., HostAnswer | None]


def order(work: Any = SIGN, **more: Any) -> HostOrder:
    """An order of a site that may send a PIN."""
    return HostOrder(ORIGIN, "", "en", old=OldAsk(work, **{"permitted": True, "pin": PIN, **more}))


class Bench:
    """A driver thread over fake modules; `kept` is what the thread has brought into safety."""

    def __init__(self, cards: Cards) -> None:
        self.cards, self.kept = cards, list[HostAnswer]()
        self.worker = Worker(self.kept.append)
        self.worker.start()
        self.gone = threading.Event()

    def answer(self, asked: HostOrder) -> HostAnswer | None:
        """What comes of an order without a window."""
        return Unattended(asked, self.worker, lambda: self.cards, self.gone).answer()

    def settle(self) -> None:
        """Returns when the driver thread has done everything that it was given."""
        assert self.worker.submit(lambda: None).wait(LIMIT)


@pytest.fixture
def bench(make: Callable[..., Cards], module: FakeModule, resets: list[str]) -> Bench:
    """One good card in reader A."""
    return Bench(make(module))


@pytest.mark.parametrize(
    ("asked", "alone"),
    [
        (order(), True),
        (order(Pkcs1Ask(b"TBS")), True),
        (order(DecryptAsk(b"cipher")), True),
        (order(ListAsk(), pin=""), True),
        (order(ListAsk(certificates=True)), True),
        (order(pin=""), False),
        (order(permitted=False), False),
        (order(ListAsk(), permitted=False), False),
        (order(RawAsk(b"digest")), False),
        (order(SiteAsk()), False),
        (HostOrder(ORIGIN, "A" * 44, "en"), False),
        (HostOrder(ORIGIN, "", "en", old=order().old, failed="host_failed"), False),
    ],
)
def test_what_needs_nobody(asked: HostOrder, alone: bool) -> None:
    assert needs_nobody(asked) is alone


def test_right_pin_is_used_once_and_wiped(bench: Bench, module: FakeModule) -> None:
    answer = bench.answer(order())
    assert answer is not None
    assert answer.signed is not None
    assert answer.signed.card_number == A.serial
    ((pin, _, scheme),) = module.payloads
    assert (cast(bytearray, pin), scheme) == (bytearray(len(PIN)), Scheme.PKCS1)
    bench.settle()
    assert [kept.signed for kept in bench.kept] == [answer.signed]


@pytest.mark.parametrize("tries", [2, 1, None])
def test_wrong_pin_is_told_at_once_with_the_tries_left(
    bench: Bench, module: FakeModule, resets: list[str], tries: int | None
) -> None:
    module.signing = CardError(Fault.PIN_WRONG, tries)
    module.state = replace(READY, tries_left=None)
    answer = bench.answer(order())
    assert answer == HostAnswer(code="pin_wrong", tries_left=tries, told=True, card=A.serial)
    assert len(module.payloads) == 1
    assert resets == [A.reader]
    assert bench.kept == []


def test_wrong_pin_of_a_card_that_cannot_tell_any_more_has_cost_one_of_those_known(
    bench: Bench, module: FakeModule
) -> None:
    def wrong(payload: bytes, scheme: Scheme) -> bytes:
        module.state = CardError(Fault.CARD_ERROR)
        raise CardError(Fault.PIN_WRONG)

    module.signing = wrong
    assert bench.answer(order()) == HostAnswer(code="pin_wrong", tries_left=2, told=True, card=A.serial)


@pytest.mark.parametrize("state", [replace(READY, tries_left=1), replace(READY, pinpad=True)])
def test_last_try_and_pin_pad_are_for_the_window(bench: Bench, module: FakeModule, state: Any) -> None:
    module.state = state
    assert bench.answer(order()) is None
    assert module.payloads == []


def test_tries_that_the_card_tells_are_believed(bench: Bench, module: FakeModule) -> None:
    module.state = replace(READY, tries_left=3)
    answer = bench.answer(order(tried=(A.serial,)))
    assert answer is not None
    assert answer.card == A.serial


def test_unknown_tries_are_tried(bench: Bench, module: FakeModule) -> None:
    """HiCOS tells them with a wrong PIN only; agent.card.page_pins counts beside it."""
    module.state = replace(READY, tries_left=None)
    assert bench.answer(order(tried=("B", A.serial))) is None
    assert module.payloads == []
    answer = bench.answer(order())
    assert answer is not None
    assert answer.signed is not None


def test_cards_in_two_readers_are_for_the_window(
    make: Callable[..., Cards], rsa_key: rsa.RSAPrivateKey, resets: list[str]
) -> None:
    """Nobody can know whose PIN it is."""
    both = FakeModule([A, B], {A.reader: certificate(rsa_key), B.reader: certificate(rsa_key, "別人")})
    both.signing = lambda payload, scheme: card_signs(rsa_key, payload, scheme)
    bench = Bench(make(both))
    assert bench.answer(order()) is None
    assert both.payloads == []
    named = bench.answer(order(reader=B.reader))
    assert named is not None
    assert named.signed is not None
    assert named.signed.card_number == B.serial


def test_first_of_several_certificates_on_one_card_is_used(
    make: Callable[..., Cards], rsa_key: rsa.RSAPrivateKey, resets: list[str]
) -> None:
    first, second = certificate(rsa_key, "first"), certificate(rsa_key, "second")
    one = FakeModule([A], {A.reader: {b"\2": second, b"\1": first}})
    one.signing = lambda payload, scheme: card_signs(rsa_key, payload, scheme)
    answer = Bench(make(one)).answer(order())
    assert answer is not None
    assert answer.signed is not None
    assert answer.signed.certificate == first


@pytest.mark.parametrize("pin", ["12345", "123456789", "12345\n", "密碼密碼密碼", "12 456"])
def test_pin_of_another_form_reaches_no_driver(bench: Bench, module: FakeModule, pin: str) -> None:
    assert bench.answer(order(pin=pin)) == HostAnswer(code="pin_malformed", told=True)
    assert module.payloads == []


def test_driver_that_waits_for_the_persons_word_is_for_the_window(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look(asked: HostOrder) -> Any:
        raise UnansweredError(DriverAnswer("/driver.so", "00", False))

    monkeypatch.setattr(bench.cards, "look", look)
    assert bench.answer(order()) is None


@pytest.mark.parametrize(
    ("fault", "code"),
    [(Fault.NO_READER, "no_reader"), (Fault.NO_CARD, "no_card"), (Fault.NO_CERTIFICATE, "no_certificate")],
)
def test_what_is_missing_is_told_at_once(bench: Bench, module: FakeModule, fault: Fault, code: str) -> None:
    module.list = CardError(fault)
    assert bench.answer(order()) == HostAnswer(code=code, told=True)


def test_locked_card_is_told_without_asking_it(bench: Bench, module: FakeModule) -> None:
    module.state = replace(READY, tries_left=0)
    assert bench.answer(order()) == HostAnswer(code="pin_locked", tries_left=0, told=True)
    assert module.payloads == []


def test_page_that_has_gone_before_costs_no_try(bench: Bench, module: FakeModule) -> None:
    bench.gone.set()
    assert bench.answer(order()) == HostAnswer(code="user_cancelled", told=True)
    bench.settle()
    assert module.payloads == []


def test_page_that_goes_while_the_cards_are_looked_at_costs_no_try(
    bench: Bench, module: FakeModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = bench.cards.look

    def leave(asked: HostOrder) -> Any:
        bench.gone.set()
        return look(asked)

    monkeypatch.setattr(bench.cards, "look", leave)
    assert bench.answer(order()) == HostAnswer(code="user_cancelled", told=True)
    bench.settle()
    assert module.payloads == []


@pytest.fixture
def held() -> Iterator[threading.Event]:
    """Lets a driver hang until it is set."""
    event = threading.Event()
    yield event
    event.set()


def test_driver_that_hangs_in_a_look_is_told(
    bench: Bench, held: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unattended, "LOOK_LIMIT", 0.05)
    monkeypatch.setattr(bench.cards, "look", lambda asked: held.wait(LIMIT))
    assert bench.answer(order()) == HostAnswer(code="reader_hung", told=True)


def test_driver_that_hangs_with_the_pin_gets_no_other_and_its_late_signature_stays(
    bench: Bench, module: FakeModule, held: threading.Event, resets: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unattended, "SIGN_LIMIT", 0.2)
    good = cast(Callable[[bytes, Scheme], bytes], module.signing)
    seen: list[bytes] = []

    def hang(payload: bytes, scheme: Scheme) -> bytes:
        held.wait(LIMIT)
        seen.append(bytes(cast(bytearray, module.payloads[0][0])))
        return good(payload, scheme)

    module.signing = hang
    assert bench.answer(order()) == HostAnswer(code="reader_hung", told=True, card=A.serial)
    assert resets_soon(resets) == [A.reader]
    held.set()
    bench.settle()
    assert seen == [PIN.encode()]
    assert bench.kept == []


def resets_soon(resets: list[str]) -> list[str]:
    """The resets, once there is one: it is made beside the driver thread."""
    end = time.monotonic() + LIMIT
    while not resets and time.monotonic() < end:
        time.sleep(0.005)
    return resets


def test_usual_limits() -> None:
    assert (operation.LOOK_LIMIT, operation.SIGN_LIMIT) == (5, 20)


def test_list_needs_no_pin(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    def listing(certificates: bool) -> Listing:
        asked.append(certificates)
        return Listing(description="driver")

    monkeypatch.setattr(bench.cards, "listing", listing)
    for certificates in (False, True):
        answer = bench.answer(order(ListAsk(certificates), pin=""))
        assert answer == HostAnswer(listing=Listing(description="driver"))
    assert asked == [False, True]


def test_list_that_hangs_or_fails_is_told(bench: Bench, held: threading.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(certificates: bool) -> Listing:
        raise FailureError(Code.NO_DRIVER)

    monkeypatch.setattr(bench.cards, "listing", fail)
    assert bench.answer(order(ListAsk())) == HostAnswer(code="no_driver", told=True)
    monkeypatch.setattr(unattended, "LOOK_LIMIT", 0.05)
    monkeypatch.setattr(bench.cards, "listing", lambda certificates: held.wait(LIMIT))
    assert bench.answer(order(ListAsk())) == HostAnswer(code="reader_hung", told=True)
