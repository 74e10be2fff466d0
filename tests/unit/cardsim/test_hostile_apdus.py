"""Whatever bytes come: the card answers with a status word, and gives nothing away without the PIN."""

from hypothesis import example, given
from hypothesis import strategies as st

from cardsim.card.image import CardImage
from cardsim.card.pin import pad
from cardsim.card.piv import Counters, PivCard

INSTRUCTIONS = [0x20, 0x24, 0x2C, 0x87, 0xA4, 0xC0, 0xCB, 0x00, 0xFF]
header = st.tuples(
    st.sampled_from([0x00, 0x10, 0x0C, 0x80, 0xFF]),
    st.sampled_from(INSTRUCTIONS),
    st.sampled_from([0x00, 0x04, 0x07, 0x11, 0x3F, 0xFF]),
    st.sampled_from([0x00, 0x80, 0x81, 0x9A, 0x9C, 0x9D, 0xFF]),
)
body = st.binary(max_size=255).filter(lambda data: pad("123456") not in data and pad("12345678") not in data)
well_formed = st.builds(
    lambda head, data, le: bytes(head) + (bytes([len(data)]) + data if data else b"") + le,
    header,
    body,
    st.sampled_from([b"", b"\x00", b"\x08"]),
)
anything = st.one_of(well_formed, st.binary(min_size=2, max_size=300))


@given(st.lists(anything, max_size=20))
@example([b"\x00\x87\x07\x9a\x00" + bytes(300)])
def test_every_apdu_gets_an_answer_and_no_signature(citizen: CardImage, commands: list[bytes]) -> None:
    counters = Counters()
    card = PivCard(citizen, counters)
    for command in commands:
        answer = card.transmit(command)
        assert 2 <= len(answer) <= 258
        assert answer[-2:] != b"\x6f\x00"
        assert len(answer) == 2 or answer[-2] in (0x90, 0x61)
        assert 0 <= card.pin.tries <= 3
    assert counters.signatures == 0
    assert counters.apdus == len(commands)
    assert not card.pin.verified


@given(st.lists(anything, max_size=20))
def test_a_verified_card_survives_too(citizen: CardImage, commands: list[bytes]) -> None:
    card = PivCard(citizen, Counters())
    assert card.transmit(b"\x00\x20\x00\x80\x08" + pad("123456")) == b"\x90\x00"
    for command in commands:
        assert card.transmit(command)[-2:] != b"\x6f\x00"


@given(st.binary(min_size=8, max_size=8).filter(lambda field: field != pad("123456")))
def test_only_the_pin_verifies(citizen: CardImage, field: bytes) -> None:
    card = PivCard(citizen, Counters())
    assert card.transmit(b"\x00\x20\x00\x80\x08" + field) == b"\x63\xc2"
