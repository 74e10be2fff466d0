"""What a check finds, and the lines that tell of it (JSON, one a line)."""

from dataclasses import dataclass
from typing import Literal

import msgspec

from agent.selftest.masks import masked

Sign = Literal["ok", "warn", "fail", "skip"]
# Why a check was not made, other than by the name of one that has failed: what it needs, two of them names of checks.
LEFT = frozenset({"asked", "browser", "portal"})
# A report's receivers refuse longer ones.
MAX_VALUE, MAX_FACTS = 200, 16


class Fact(msgspec.Struct, frozen=True):
    """Something seen; `value` is for this person's own screen, `masked` is what may leave the computer."""

    name: str
    value: str
    masked: str


@dataclass(frozen=True)
class Outcome:
    """What came of a check: its code where something is to be done, empty where not.

    `because`: what kept it from being made: a check before it, or "asked", "browser", "portal" for what it needs.
    """

    code: str = ""
    facts: tuple[Fact, ...] = ()
    because: str = ""
    blocked: bool = False  # by a check that has failed, so that what rests on this one is not made either


def good(**facts: str) -> Outcome:
    """All is well here."""
    return Outcome(facts=told(facts))


def bad(code: str, **facts: str) -> Outcome:
    """Something is to be done; whether it is a failure or a warning the catalogue says."""
    return Outcome(code, told(facts))


def left(because: str, **facts: str) -> Outcome:
    """The check was not made."""
    return Outcome("", told(facts), because)


def told(facts: dict[str, str]) -> tuple[Fact, ...]:
    """Facts in one line each, those that are empty left out."""
    lines = ((name, _line(value)) for name, value in facts.items() if value)
    return tuple(Fact(name, value, masked(name, value)) for name, value in lines)[:MAX_FACTS]


def _line(value: str) -> str:
    text = "".join(character if character.isprintable() else " " for character in value).strip()
    return text if len(text) <= MAX_VALUE else text[: MAX_VALUE - 1] + "…"


class Said(msgspec.Struct, frozen=True):
    """What a person is told in one language."""

    meaning: str
    steps: tuple[str, ...]


class CheckLine(msgspec.Struct, frozen=True, tag_field="kind", tag="check"):
    """The result of one check."""

    check: str
    sign: Sign
    code: str
    because: str
    facts: tuple[Fact, ...]
    seconds: float
    said: dict[str, Said]
    picture: str


class BeginLine(msgspec.Struct, frozen=True, tag_field="kind", tag="begin"):
    """The checks of this run, in their order."""

    checks: tuple[str, ...]


class Header(msgspec.Struct, frozen=True):
    """What a report begins with."""

    format: str
    installation: str
    made: str
    version: str


class EndLine(msgspec.Struct, frozen=True, tag_field="kind", tag="end"):
    """The run is over; `first` is the code of the first failure in the order of the checks."""

    first: str
    header: Header


Line = BeginLine | CheckLine | EndLine
