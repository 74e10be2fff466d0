"""What an injected fault is: what is done to the computer, and what the self-test has to say of it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Literal

from tests.selftest.computer import Computer

_LATE = ("_hung", "_silent")
Act = Callable[[Computer], None]


class Scene(Enum):
    """Which agent runs while the row's fault is there: rows of one scene follow each other."""

    AGENT = "agent on the published ports"
    CROWDED = "agent that found its first port, and those of plain HTTP, taken"
    OLD = "agent of another version"
    STRANGER = "agent of another user"
    NONE = "no agent"


def nothing(computer: Computer) -> None:
    """Nothing is done."""


@dataclass(frozen=True)
class Row:
    """One fault, or several at once.

    `first` is the code of the first red check, empty where none is red; `also` are those of further red checks, and
    `warns` all warnings: nothing else may be said. `person` is what is done at the window of a trial, and `spent` how
    many tries of the PIN that costs.
    """

    fault: str
    first: str = ""
    inject: Act = nothing
    warns: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    scene: Scene = Scene.AGENT
    trial: Literal["", "signature", "decryption"] = ""
    person: Act = nothing
    spent: int = 0
    pair: bool = False
    late: bool = False  # it is about something that does not answer in time, though no code says so
    check: str = ""  # the first red check, where it is not the one that the catalogue names

    @property
    def patience(self) -> int:
        """How busy the machine may be: what does not answer in time has the limits that people have."""
        codes = (self.first, *self.also, *self.warns)
        if "driver_slow" in codes:
            return 1
        return 0 if self.late or any(code.endswith(_LATE) for code in codes) else 4
