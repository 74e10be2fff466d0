"""What the driver thread does with the chosen card: watch, sign once, tell failures with the tries left, reset."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from agent.card import pcsc
from agent.card.card import Card, Cards
from agent.card.frames import HostOrder
from agent.failures import Code
from pkcs11_shims.errors import CardError, Fault
from pkcs11_shims.keys import Scheme
from pkcs11_shims.session import CardToken
from tests.stand.asking import signature_is_good
from tests.unit.agent.card_fakes import ORDER, READY, A, B, FakeModule, code_of, make, module, resets
from tests.unit.agent.certificates import card_signs, certificate
from tests.unit.agent.fakes import CHALLENGE, ORIGIN

__all__ = ["make", "module", "resets"]


def test_same_card_is_present_and_another_is_not(make: Callable[..., Cards], module: FakeModule) -> None:
    cards = make(module)
    card = cards.look(ORDER)[0]
    assert cards.present(card)
    module.list = [CardToken(A.reader, "another card", "m")]
    assert not cards.present(card)
    module.list = CardError(Fault.NO_CARD)
    assert not cards.present(card)


def test_signature_becomes_a_token_that_verifies(
    make: Callable[..., Cards], module: FakeModule, resets: list[str]
) -> None:
    cards = make(module)
    token = cards.sign(cards.look(ORDER)[0], "123456", ORDER).token
    assert token is not None
    fields = {
        "algorithm": token.algorithm, "unverifiedCertificate": token.unverified_certificate,
        "signature": token.signature,
    }  # fmt: skip
    assert signature_is_good(fields, ORIGIN, CHALLENGE)
    assert [pin for pin, _, _ in module.payloads] == ["123456"]
    cards.reset()
    cards.reset()
    assert resets == [A.reader]


def test_signature_of_another_key_than_the_one_shown_is_refused(make: Callable[..., Cards], module: FakeModule) -> None:
    other = rsa.generate_private_key(65537, 2048)
    module.signing = lambda payload, scheme: card_signs(other, payload, scheme)
    cards = make(module)
    card = cards.look(ORDER)[0]
    assert code_of(lambda: cards.sign(card, "123456", ORDER)) == (Code.CARD_ERROR, None)
    assert module.releases == 1  # at once: nothing will be made of this log-in


@pytest.mark.parametrize("signature", [b"", b"\0", b"\xff" * 256, b"x" * 10_000])
def test_garbage_in_place_of_a_signature_is_refused(
    make: Callable[..., Cards], module: FakeModule, signature: bytes
) -> None:
    module.signing = lambda payload, scheme: signature
    cards = make(module)
    card = cards.look(ORDER)[0]
    assert code_of(lambda: cards.sign(card, "123456", ORDER)) == (Code.CARD_ERROR, None)


def test_elliptic_card_gets_the_bare_digest(make: Callable[..., Cards]) -> None:
    module = FakeModule([A], {A.reader: certificate(ec.generate_private_key(ec.SECP384R1()))})
    cards = make(module)
    card = cards.look(ORDER)[0]
    code_of(lambda: cards.sign(card, "123456", ORDER))
    ((_, payload, scheme),) = module.payloads
    assert (len(payload), scheme) == (48, Scheme.ECDSA)


def fail_with(
    cards: Cards, module: FakeModule, error: CardError, tries: int | CardError | None
) -> tuple[Code, int | None]:
    """How a signature ends when the driver says `error` and tells `tries` afterwards."""
    card = cards.look(ORDER)[0]
    module.signing = error
    module.state = tries if isinstance(tries, CardError) else replace(READY, tries_left=tries)
    return code_of(lambda: cards.sign(card, "123456", ORDER))


@pytest.mark.parametrize(
    ("error", "tries", "told"),
    [
        (CardError(Fault.PIN_WRONG), 2, (Code.PIN_WRONG, 2)),
        (CardError(Fault.PIN_WRONG), 0, (Code.PIN_LOCKED, 0)),
        (CardError(Fault.PIN_WRONG, 2), None, (Code.PIN_WRONG, 2)),
        (CardError(Fault.PIN_WRONG, 2), 1, (Code.PIN_WRONG, 1)),
        (CardError(Fault.PIN_WRONG, 2), CardError(Fault.CARD_ERROR), (Code.PIN_WRONG, 2)),
        (CardError(Fault.PIN_WRONG), None, (Code.PIN_WRONG, None)),
        (CardError(Fault.PIN_LOCKED, 0), 0, (Code.PIN_LOCKED, 0)),
        (CardError(Fault.PIN_LOCKED, 0), None, (Code.PIN_LOCKED, 0)),
        (CardError(Fault.PIN_MALFORMED), 3, (Code.PIN_MALFORMED, None)),
        (CardError(Fault.CARD_REMOVED), 3, (Code.CARD_REMOVED, None)),
        (CardError(Fault.NO_CERTIFICATE), 3, (Code.NO_CERTIFICATE, None)),
        (CardError(Fault.CARD_ERROR), 2, (Code.CARD_ERROR, None)),
        (CardError(Fault.CARD_ERROR), 0, (Code.PIN_LOCKED, 0)),
        (CardError(Fault.PIN_MALFORMED), 0, (Code.PIN_LOCKED, 0)),
        (CardError(Fault.USER_CANCELLED), 3, (Code.USER_CANCELLED, None)),
        (CardError(Fault.CARD_SWAPPED), 3, (Code.CARD_SWAPPED, None)),
        (CardError(Fault.CARD_NOT_ACTIVATED), None, (Code.CARD_NOT_ACTIVATED, None)),
    ],
)
def test_tries_are_read_anew_after_a_failure(
    make: Callable[..., Cards], module: FakeModule, error: CardError, tries: int | CardError | None,
    told: tuple[Code, int | None],
) -> None:  # fmt: skip
    assert fail_with(make(module), module, error, tries) == told
    assert len(module.payloads) == 1, "a PIN try was spent twice"


@pytest.mark.parametrize(("there", "told"), [(True, Code.CARD_ERROR), (False, Code.CARD_REMOVED)])
def test_general_error_is_a_removed_card_when_the_card_is_gone(
    make: Callable[..., Cards], module: FakeModule, there: bool, told: Code
) -> None:
    cards = make(module)
    card = cards.look(ORDER)[0]
    module.signing = CardError(Fault.CARD_ERROR)
    module.list = [A] if there else CardError(Fault.NO_CARD)
    assert code_of(lambda: cards.sign(card, "123456", ORDER)) == (told, None)


def test_log_in_outlives_the_signature_and_ends_before_the_card_is_reset(
    make: Callable[..., Cards], module: FakeModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page has its answer by then; a log-out after the reset would meet a card that knows of no log-in."""
    released: list[int] = []
    monkeypatch.setattr(pcsc, "reset", lambda reader: released.append(module.releases))
    cards = make(module)
    cards.sign(cards.look(ORDER)[0], "123456", ORDER)
    assert module.releases == 0
    cards.reset()
    assert released == [1]


def test_every_module_is_released_at_the_end(make: Callable[..., Cards], module: FakeModule, resets: list[str]) -> None:
    idle = FakeModule(CardError(Fault.NO_CARD), {})
    cards = make(idle, module)
    cards.sign(cards.look(ORDER)[0], "123456", ORDER)
    cards.reset()
    assert (idle.releases, module.releases, resets) == (1, 1, [A.reader])


def test_card_is_reset_also_after_a_failed_signature(
    make: Callable[..., Cards], module: FakeModule, resets: list[str]
) -> None:
    cards = make(module)
    fail_with(cards, module, CardError(Fault.PIN_WRONG), 2)
    cards.reset()
    assert resets == [A.reader]


def test_card_that_was_only_looked_at_is_not_reset(
    make: Callable[..., Cards], module: FakeModule, resets: list[str]
) -> None:
    cards = make(module)
    cards.look(ORDER)[0]
    cards.reset()
    assert resets == []


def test_pin_typed_on_the_reader_is_none_of_ours(make: Callable[..., Cards], module: FakeModule) -> None:
    module.state = replace(READY, pinpad=True)
    cards = make(module)
    card = cards.look(ORDER)[0]
    assert card.pinpad
    assert cards.sign(card, None, ORDER).token is not None
    assert [pin for pin, _, _ in module.payloads] == [None]


def test_pss_on_request(make: Callable[..., Cards], module: FakeModule) -> None:
    order = HostOrder(ORIGIN, CHALLENGE, "zh-Hant", pss=True)
    cards = make(module)
    assert cards.sign(cards.look(order)[0], "123456", order).token is not None
    assert [scheme for _, _, scheme in module.payloads] == [Scheme.PSS]


def test_cards_are_compared_by_what_identifies_them() -> None:
    nothing = cast(Any, None)
    assert Card(nothing, A, nothing, nothing, 3) != Card(nothing, B, nothing, nothing, 3)


@pytest.fixture
def seats(module: FakeModule, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """A driver that is made ready for a PIN, and what PC/SC counts."""
    module.guards, seats = True, {A.reader: 7}
    monkeypatch.setattr(pcsc, "seat", seats.get)
    return seats


def test_driver_is_made_ready_while_the_person_types_and_asked_no_more(
    make: Callable[..., Cards], module: FakeModule, seats: dict[str, int]
) -> None:
    cards = make(module)
    (card,) = cards.look(ORDER)
    assert module.asked == 0
    assert [cards.present(card) for _ in range(3)] == [True] * 3
    assert module.guarded
    assert module.asked == 1


@pytest.mark.parametrize("seats_then", [{}, {A.reader: 8}], ids=["taken out", "another put in"])
def test_card_that_leaves_a_driver_that_is_ready_is_missed(
    make: Callable[..., Cards], module: FakeModule, seats: dict[str, int], seats_then: dict[str, int]
) -> None:
    cards = make(module)
    (card,) = cards.look(ORDER)
    assert cards.present(card)
    seats.clear()
    seats.update(seats_then)
    assert not cards.present(card)


def test_driver_that_cannot_be_made_ready_has_no_card(
    make: Callable[..., Cards], module: FakeModule, seats: dict[str, int]
) -> None:
    cards = make(module)
    (card,) = cards.look(ORDER)
    module.list = CardError(Fault.DRIVER_REFUSED)
    assert not cards.present(card)


def test_card_is_reset_whatever_the_driver_says_of_the_signature(
    make: Callable[..., Cards], module: FakeModule, resets: list[str]
) -> None:
    cards = make(module)
    (card,) = cards.look(ORDER)
    module.signing = CardError(Fault.CARD_ERROR)
    code_of(lambda: cards.sign(card, "123456", ORDER))
    assert resets == [A.reader]
