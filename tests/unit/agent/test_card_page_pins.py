"""The last of three tries is a person's, though a card host cannot know that it is the last."""

import pytest

from agent.card.frames import HostAnswer, HostOrder
from agent.card.old_asks import CmsAsk, OldAsk, Signed
from agent.card.page_pins import PagePins
from tests.unit.agent.fakes import ORIGIN, TOKEN

ORDER = HostOrder(ORIGIN, "", "en", old=OldAsk(CmsAsk(b"TBS"), permitted=True, pin="123456"))
SIGNED = HostAnswer(signed=Signed(b"signature", b"certificate", "A"), card="A")
LOCKED = HostAnswer(code="pin_locked", tries_left=0, card="A")


def wrong(tries: int | None, card: str = "A") -> HostAnswer:
    """A wrong PIN."""
    return HostAnswer(code="pin_wrong", tries_left=tries, told=True, card=card)


def failed(code: str, card: str = "A") -> HostAnswer:
    """Another end."""
    return HostAnswer(code=code, card=card)


def asked_after(*answers: HostAnswer | None) -> tuple[bool, tuple[str, ...]]:
    """Whether a page's PIN is still sent on after those answers, and the cards that it must not be tried on."""
    pins = PagePins()
    for answer in answers:
        pins.note(ORDER, answer)
    order = pins.allowed(ORDER)
    assert order.old is not None
    assert order.old.work == CmsAsk(b"TBS")
    assert order.old.pin in ("123456", "")
    return bool(order.old.pin), order.old.tried


@pytest.mark.parametrize(
    "answers",
    [
        (),
        (wrong(2),),
        (wrong(None),),
        (wrong(2), SIGNED, wrong(2)),
        (wrong(1), SIGNED),
        (wrong(1), HostAnswer(token=TOKEN, card="A")),
        (wrong(None), wrong(None), HostAnswer(plain=b"", card="A")),
        (failed("user_cancelled"),) * 9,
        (None,),
        (None, SIGNED),
        (wrong(2), wrong(1), LOCKED),  # once it can be used, it has all its tries again
    ],
)
def test_pin_of_a_page_is_used(answers: tuple[HostAnswer | None, ...]) -> None:
    assert asked_after(*answers) == (True, ())


@pytest.mark.parametrize(
    "answers",
    [
        (wrong(1),),
        (wrong(2), wrong(1)),
        (wrong(None), wrong(None)),
        (wrong(2), failed("user_cancelled"), wrong(2)),
        (SIGNED, wrong(2), wrong(2)),
        (failed("reader_hung"), failed("card_error")),
        (wrong(1), failed("no_card", ""), failed("timed_out")),
        (wrong(1), HostAnswer(code="pin_locked", tries_left=0, card="B")),
        (wrong(1), HostAnswer(token=TOKEN, card="B")),
    ],
)
def test_window_asks_where_it_may_be_the_last_try(answers: tuple[HostAnswer | None, ...]) -> None:
    assert asked_after(*answers) == (True, ("A",))


@pytest.mark.parametrize(
    "answers",
    [
        (None, None),  # whoever asked has gone: some card may have counted
        (None, SIGNED, failed("host_failed", "")),
        (wrong(1, ""),),
    ],
)
def test_window_asks_whatever_the_card_where_nobody_knows_which_has_counted(
    answers: tuple[HostAnswer | None, ...],
) -> None:
    assert not asked_after(*answers)[0]


def test_orders_without_a_pin_do_not_count_unless_a_pin_was_wrong() -> None:
    pins, window = PagePins(), HostOrder(ORIGIN, "A" * 44, "en")
    for answer in (None, failed("reader_hung"), failed("card_removed"), None):
        pins.note(window, answer)
    assert pins.allowed(ORDER) == ORDER
    pins.note(window, wrong(1))
    assert pins.allowed(ORDER) != ORDER


def test_order_without_a_pin_stays_as_it_is() -> None:
    pins = PagePins()
    pins.note(ORDER, wrong(1))
    for order in (HostOrder(ORIGIN, "A" * 44, "en"), HostOrder(ORIGIN, "", "en", old=OldAsk(CmsAsk(b"TBS")))):
        assert pins.allowed(order) is order
