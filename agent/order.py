"""One signing order from arrival to answer: what was asked, for whom, and the states it passes through; pure."""

import re
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Annotated

import msgspec

from agent.failures import Code, FailureError
from agent.messages import languages

# Web eID asks for 44 to 128 characters of challenge; 32 random bytes are 44 characters of Base64.
MIN_CHALLENGE, MAX_CHALLENGE = 44, 128
_CHALLENGE = re.compile(r"([A-Za-z0-9+/]+={0,2})(?:\.([a-z]+))?")


class Purpose(StrEnum):
    """What the portal wants to be allowed to do; part of the signed text."""

    LOGIN = "login"
    BIND = "bind"
    ACTIVATE = "activate"
    UNLOCK = "unlock"
    RESET = "reset"
    UNBIND = "unbind"
    TEST = "test"  # a trial of the self-test, which opens nothing
    IDENTIFY = ""  # a plain Web eID challenge, which names no purpose


Short = Annotated[str, msgspec.Meta(max_length=128)]


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which certificates a portal can use; an empty text asks for nothing.

    `issuer` is a value of the issuer's name (its CN, OU or O), `policy` a dotted policy OID, `subject_serial` the
    subject's serialNumber attribute.
    """

    issuer: Short = ""
    policy: Short = ""
    subject_serial: Short = ""


ANY = Wanted()


@dataclass(frozen=True)
class Order:
    """What a page asked for: `origin` is the caller as the browser named it, `challenge` the text to sign,
    `language` (BCP 47) the one that the page wishes for the window.

    `pss`: an RSA key is to sign with PSS instead of PKCS#1 v1.5 (RFC 7518: PS256). `tells`: the caller may be told what
    is wrong with reader and card.
    """

    origin: str
    challenge: str
    purpose: Purpose
    language: str
    wanted: Wanted = ANY
    pss: bool = False
    tells: bool = False


def purpose_of(challenge: str) -> Purpose:
    """The purpose that a challenge text carries after its dot (design, section 4).

    Raises FailureError(request_malformed) for a text that is too short, too long or in another form.
    """
    match = _CHALLENGE.fullmatch(challenge) if MIN_CHALLENGE <= len(challenge) <= MAX_CHALLENGE else None
    if match is None or len(match[1]) < MIN_CHALLENGE:
        raise FailureError(Code.REQUEST_MALFORMED)
    try:
        return Purpose(match[2] or "")
    except ValueError:
        raise FailureError(Code.REQUEST_MALFORMED) from None


def make_order(origin: str, challenge: str, language: str, wanted: Wanted = ANY, *, pss: bool = False) -> Order:
    """An order whose parts are well-formed; raises FailureError(request_malformed) otherwise."""
    if language not in languages():
        raise FailureError(Code.REQUEST_MALFORMED)
    return Order(origin, challenge, purpose_of(challenge), language, wanted, pss)


class State(Enum):
    """Where an order is; one that has ARRIVED waits for the card, which its predecessor may not have left yet."""

    ARRIVED = "arrived"
    WITH_HOST = "with host"
    ANSWERED = "answered"
    FAILED = "failed"


_MOVES = {
    State.ARRIVED: frozenset({State.WITH_HOST, State.FAILED}),
    State.WITH_HOST: frozenset({State.ANSWERED, State.FAILED}),
}


class OrderBook:
    """Holds the one order that may wait or be under way; a second caller is told that we are busy."""

    def __init__(self) -> None:
        self._state = State.ANSWERED

    @property
    def state(self) -> State:
        """The state of the newest order."""
        return self._state

    @property
    def free(self) -> bool:
        """Whether a new order may begin."""
        return self._state not in _MOVES

    def begin(self) -> None:
        """Makes room for a new order; raises FailureError(busy) while another is under way."""
        if not self.free:
            raise FailureError(Code.BUSY)
        self._state = State.ARRIVED

    def move(self, state: State) -> None:
        """Takes the order to its next state; raises ValueError for a move that the order of states forbids."""
        if state not in _MOVES.get(self._state, frozenset()):
            raise ValueError(f"{self._state.value} -> {state.value}")
        self._state = state
