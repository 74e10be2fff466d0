"""One signing order from arrival to answer: what was asked, for whom, and the states it passes through; pure."""

import re
from dataclasses import dataclass
from enum import Enum, StrEnum

from agent.failures import Code, FailureError

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
    IDENTIFY = ""  # a plain Web eID challenge, which names no purpose


class Language(StrEnum):
    """The languages of the window."""

    CHINESE = "zh-Hant"
    ENGLISH = "en"


@dataclass(frozen=True)
class Order:
    """What a page asked for: `origin` is the caller as the browser named it, `challenge` the text to sign."""

    origin: str
    challenge: str
    purpose: Purpose
    language: Language


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


def make_order(origin: str, challenge: str, language: str) -> Order:
    """An order whose parts are well-formed; raises FailureError(request_malformed) otherwise."""
    try:
        return Order(origin, challenge, purpose_of(challenge), Language(language))
    except ValueError:
        raise FailureError(Code.REQUEST_MALFORMED) from None


class State(Enum):
    """Where an order is."""

    ARRIVED = "arrived"
    WITH_HOST = "with host"
    ANSWERED = "answered"
    FAILED = "failed"


_MOVES = {
    State.ARRIVED: frozenset({State.WITH_HOST, State.FAILED}),
    State.WITH_HOST: frozenset({State.ANSWERED, State.FAILED}),
}


class OrderBook:
    """Holds the one order that may be under way; a second caller is told that we are busy."""

    def __init__(self) -> None:
        self._state = State.ANSWERED

    @property
    def state(self) -> State:
        """The state of the newest order."""
        return self._state

    def begin(self) -> None:
        """Makes room for a new order; raises FailureError(busy) while another is under way."""
        if self._state in _MOVES:
            raise FailureError(Code.BUSY)
        self._state = State.ARRIVED

    def move(self, state: State) -> None:
        """Takes the order to its next state; raises ValueError for a move that the order of states forbids."""
        if state not in _MOVES.get(self._state, frozenset()):
            raise ValueError(f"{self._state.value} -> {state.value}")
        self._state = state
