"""The PIN's tries, the two ways to report the last failure, and the form of a new PIN."""

import pytest

from cardsim.card.apdu import SW, Refusal
from cardsim.card.pin import LastFailure, Secret, pad

WRONG = pad("000000")


def _status(secret: Secret, field: bytes) -> int:
    with pytest.raises(Refusal) as refusal:
        secret.check(field)
    return refusal.value.status


def test_pad_fills_with_ff() -> None:
    assert pad("123456") == b"123456\xff\xff"


@pytest.mark.parametrize(("style", "last"), [(LastFailure.BLOCKED, 0x6983), (LastFailure.COUNTER, 0x63C0)])
def test_three_wrong_pins_lock(style: LastFailure, last: int) -> None:
    secret = Secret("123456", 3, style)
    assert [_status(secret, WRONG) for _ in range(4)] == [0x63C2, 0x63C1, last, SW.BLOCKED]
    assert _status(secret, pad("123456")) == SW.BLOCKED
    assert not secret.verified


def test_the_right_pin_restores_the_tries() -> None:
    secret = Secret("123456", 3, LastFailure.BLOCKED)
    assert _status(secret, WRONG) == 0x63C2
    secret.check(pad("123456"))
    assert (secret.tries, secret.verified) == (3, True)


def test_a_wrong_pin_forgets_an_earlier_right_one() -> None:
    secret = Secret("123456", 3, LastFailure.BLOCKED)
    secret.check(pad("123456"))
    _status(secret, WRONG)
    assert not secret.verified


def test_a_malformed_pin_costs_a_try_as_on_real_cards() -> None:
    secret = Secret("123456", 3, LastFailure.BLOCKED)
    assert _status(secret, pad("12345")) == 0x63C2
    assert _status(secret, pad("abcdef")) == 0x63C1


def test_query_costs_nothing() -> None:
    secret = Secret("123456", 3, LastFailure.BLOCKED)
    for _ in range(5):
        with pytest.raises(Refusal) as refusal:
            secret.query()
        assert refusal.value.status == 0x63C3
    secret.tries = 0
    with pytest.raises(Refusal) as refusal:
        secret.query()
    assert refusal.value.status == SW.BLOCKED


@pytest.mark.parametrize("field", [b"12345\xff\xff\xff", b"abcdef\xff\xff", b"123456\xff1", b"123456", b"\xff" * 8])
def test_a_new_pin_must_be_six_to_eight_digits(field: bytes) -> None:
    secret = Secret("123456", 3, LastFailure.BLOCKED)
    with pytest.raises(Refusal) as refusal:
        secret.replace(field)
    assert refusal.value.status == SW.BAD_DATA
    secret.check(pad("123456"))
