"""The last of three tries is a person's, though a card host cannot know that it is the last."""

import pytest

from agent.card.frames import HostAnswer, HostOrder
from agent.card.old_asks import CmsAsk, OldAsk, Signed
from agent.card.page_pins import PagePins
from tests.unit.agent.fakes import ORIGIN, TOKEN

ORDER = HostOrder(ORIGIN, "", "en", old=OldAsk(CmsAsk(b"TBS"), permitted=True, pin="123456"))
SIGNED = HostAnswer(signed=Signed(b"signature", b"certificate", "TP0"))


def wrong(tries: int | None) -> HostAnswer:
    """A wrong PIN."""
    return HostAnswer(code="pin_wrong", tries_left=tries, told=True)


def goes_through(*answers: HostAnswer) -> bool:
    """Whether a page's PIN is still used after those answers."""
    pins = PagePins()
    for answer in answers:
        pins.note(answer)
    order = pins.allowed(ORDER)
    assert order.old is not None
    assert order.old.work == CmsAsk(b"TBS")
    return order.old.pin == "123456"


@pytest.mark.parametrize(
    "answers",
    [
        (),
        (wrong(2),),
        (wrong(None),),
        (wrong(2), SIGNED, wrong(2)),
        (wrong(1), SIGNED),
        (wrong(1), HostAnswer(token=TOKEN)),
        (wrong(None), wrong(None), HostAnswer(plain=b"")),
        (HostAnswer(code="user_cancelled"),) * 9,
    ],
)
def test_pin_of_a_page_is_used(answers: tuple[HostAnswer, ...]) -> None:
    assert goes_through(*answers)


@pytest.mark.parametrize(
    "answers",
    [
        (wrong(1),),
        (wrong(2), wrong(1)),
        (wrong(None), wrong(None)),
        (wrong(2), HostAnswer(code="user_cancelled"), wrong(2)),
        (SIGNED, wrong(2), wrong(2)),
        (HostAnswer(code="pin_locked", tries_left=0),),
        (wrong(1), HostAnswer(code="no_card"), HostAnswer(code="timed_out")),
    ],
)
def test_window_asks_where_it_may_be_the_last_try(answers: tuple[HostAnswer, ...]) -> None:
    assert not goes_through(*answers)


def test_order_without_a_pin_stays_as_it_is() -> None:
    pins = PagePins()
    pins.note(wrong(1))
    for order in (HostOrder(ORIGIN, "A" * 44, "en"), HostOrder(ORIGIN, "", "en", old=OldAsk(CmsAsk(b"TBS")))):
        assert pins.allowed(order) is order
