"""Challenge forms, purposes, and the states of an order."""

import base64
import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.failures import Code, FailureError
from agent.order import OrderBook, Purpose, State, make_order, purpose_of
from tests.unit.agent.fakes import ORIGIN

NONCE = base64.b64encode(bytes(range(32))).decode()
# The grammar of the design, section 4, written down a second time.
GRAMMAR = re.compile(r"[A-Za-z0-9+/]+={0,2}(\.(login|bind|activate|unlock|reset|unbind|test))?", re.ASCII)


def refused(challenge: str) -> bool:
    """Whether a challenge is malformed."""
    try:
        purpose_of(challenge)
    except FailureError as error:
        return error.code is Code.REQUEST_MALFORMED
    return False


@pytest.mark.parametrize("purpose", ["login", "bind", "activate", "unlock", "reset", "unbind", "test"])
def test_purpose_is_what_stands_after_the_dot(purpose: str) -> None:
    assert purpose_of(f"{NONCE}.{purpose}") == purpose


def test_plain_web_eid_challenge_names_no_purpose() -> None:
    assert purpose_of(NONCE) is Purpose.IDENTIFY


@pytest.mark.parametrize("length", [44, 64, 128])
def test_lengths_of_web_eid_are_taken(length: int) -> None:
    assert purpose_of("A" * length) is Purpose.IDENTIFY


@pytest.mark.parametrize(
    "challenge",
    [
        "", "A" * 43, "A" * 129, "A" * 43 + ".login", f"{NONCE}.", f"{NONCE}.pay", f"{NONCE}.LOGIN", f"{NONCE}.login ",
        f"{NONCE}.login\n", f"\n{NONCE}.login", f"{NONCE} .login", f"{NONCE}..login", f"{NONCE}.login.bind",
        f".login{NONCE}",
        f"{NONCE}.log\u0131n", f"{NONCE[:-1]}-.login", f"{NONCE[:-1]}_.login", f"{NONCE}==.login", f"{NONCE}\0.login",
        "Ａ" * 44, "٣" * 44, f"{NONCE}.login\u2028",
    ],
)  # fmt: skip
def test_other_forms_are_refused(challenge: str) -> None:
    assert refused(challenge)


@given(st.text(max_size=140))
def test_any_text_outside_the_grammar_is_refused(text: str) -> None:
    assert refused(text) or (GRAMMAR.fullmatch(text) is not None and 44 <= len(text) <= 128)


@given(st.text(alphabet="Az09+/=.login \n", min_size=40, max_size=60))
def test_any_near_miss_of_the_grammar_is_refused(text: str) -> None:
    fits = GRAMMAR.fullmatch(text) is not None and len(text.partition(".")[0]) >= 44
    assert refused(text) is not fits


@given(st.binary(min_size=32, max_size=60), st.sampled_from(list(Purpose)))
def test_any_challenge_of_a_portal_is_understood(nonce: bytes, purpose: Purpose) -> None:
    challenge = base64.b64encode(nonce).decode() + (f".{purpose}" if purpose else "")
    assert purpose_of(challenge) is purpose


@pytest.mark.parametrize("language", ["zh-Hant", "en"])
def test_order_keeps_its_parts(language: str) -> None:
    order = make_order(ORIGIN, f"{NONCE}.bind", language)
    assert (order.origin, order.challenge, order.purpose) == (ORIGIN, f"{NONCE}.bind", Purpose.BIND)
    assert order.language == language


@pytest.mark.parametrize("language", ["", "zh", "EN", "en-US", "zh-hant"])
def test_unknown_language_is_refused(language: str) -> None:
    with pytest.raises(FailureError) as caught:
        make_order(ORIGIN, NONCE, language)
    assert caught.value.code is Code.REQUEST_MALFORMED


ALLOWED = {
    (State.ARRIVED, State.WITH_HOST), (State.ARRIVED, State.FAILED), (State.WITH_HOST, State.ANSWERED),
    (State.WITH_HOST, State.FAILED),
}  # fmt: skip
WAYS: dict[State, list[State]] = {
    State.ARRIVED: [],
    State.WITH_HOST: [State.WITH_HOST],
    State.ANSWERED: [State.WITH_HOST, State.ANSWERED],
    State.FAILED: [State.FAILED],
}


def book_in(state: State) -> OrderBook:
    """A book whose order is in a state."""
    book = OrderBook()
    book.begin()
    for step in WAYS[state]:
        book.move(step)
    return book


@pytest.mark.parametrize(("old", "new"), list(itertools.product(State, State)))
def test_only_the_four_moves_of_an_order_are_possible(old: State, new: State) -> None:
    book = book_in(old)
    if (old, new) in ALLOWED:
        book.move(new)
        assert book.state is new
    else:
        with pytest.raises(ValueError, match="->"):
            book.move(new)
        assert book.state is old


@pytest.mark.parametrize("state", list(State))
def test_new_order_begins_only_when_the_last_has_ended(state: State) -> None:
    book = book_in(state)
    assert book.free is (state in (State.ANSWERED, State.FAILED))
    if book.free:
        book.begin()
        assert book.state is State.ARRIVED
    else:
        with pytest.raises(FailureError) as caught:
            book.begin()
        assert caught.value.code is Code.BUSY
        assert book.state is state
