"""What a style of old pages is: what its page does, what the person does, and how it has to end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from agent.permissions import Decision
from cardsim.hicos.driver import HicosDriver
from tests.hipki.portals import Kind

Answer = dict[str, Any]
Proof = Callable[[Answer, HicosDriver], None]
"""Raises AssertionError unless an answer is right."""


class Brand(StrEnum):
    """The browsers."""

    CHROMIUM = "Chromium"
    FIREFOX = "Firefox"


class Cards(StrEnum):
    """What is in the readers."""

    ONE = "one reader"
    MANY = "three readers"
    NONE = "no reader"
    EMPTY = "an empty reader"
    EXPIRED = "an expired card"
    LOCKABLE = "a card of this row alone"
    STRANGE_PIN = "a card whose PIN has signs"


Ends = Mapping[tuple[Brand | None, Kind], tuple[str, int, str]]
"""By browser (None: both) and portal another end: verdict, code, and why."""


def nothing(answer: Answer, hicos: HicosDriver) -> None:
    """An answer that is an error has nothing to prove."""


@dataclass(frozen=True)
class Click:
    """One click of the person, what they do in our window then, and what their page says at the end."""

    keys: tuple[str, ...] = ()  # for each window: a PIN, or a key of `walk.KEYS`
    code: int = 0
    last: int = 0
    verdict: str = "answered"
    proof: Proof = nothing
    button: str = "#go"


@dataclass(frozen=True)
class Style:
    """A client style; `client` is what its page reads (pages/client.js).

    `ends`: how it ends at some portals instead, and why.
    """

    name: str
    client: Mapping[str, object]
    clicks: tuple[Click, ...]
    portals: tuple[Kind, ...] = (Kind.PUBLIC,)
    decision: Decision | None = Decision.PAGE_PIN
    cards: Cards = Cards.ONE
    policy: str = ""
    beside: Kind | None = None  # a portal whose page is clicked on too while our window is open, and is told "busy"
    prepare: Callable[[HicosDriver], Mapping[str, object]] | None = None  # more of `client`, for what is in the card
    signatures: int | None = None  # made in all, where that is looked at
    ends: Ends = field(default_factory=dict)
    why: str = ""  # why it cannot work, where it never does


@dataclass(frozen=True)
class Row:
    """A style in a browser at a portal."""

    style: Style
    brand: Brand
    kind: Kind

    @property
    def name(self) -> str:
        """How the test is called."""
        return f"{self.style.name}, {self.kind}, {self.brand}".replace("[", "(").replace("]", ")")

    @property
    def clicks(self) -> tuple[Click, ...]:
        """What is done in this row: where the style cannot work, one click shows it."""
        end = self._end
        return self.style.clicks if end is None else (Click(verdict=end[0], code=end[1]),)

    @property
    def signatures(self) -> int | None:
        """How many are made in all; None where nobody looks."""
        return self.style.signatures if self._end is None else 0

    @property
    def why(self) -> str:
        """Why it does not work here; empty where it does."""
        return self.style.why if self._end is None else self._end[2]

    @property
    def _end(self) -> tuple[str, int, str] | None:
        ends = self.style.ends
        return ends.get((self.brand, self.kind)) or ends.get((None, self.kind))
