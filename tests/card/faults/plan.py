"""What a row of the matrix tells the card host of the test, and what it hears from it: files beside each other."""

from __future__ import annotations

import contextlib
import json
import socket
from dataclasses import asdict, dataclass, field
from itertools import dropwhile
from pathlib import Path
from typing import Any

from tests.stand.waiting import LIMIT

PIN = "123456"
WRONG_PIN = "654321"


@dataclass(frozen=True)
class Plan:
    """How the next card hosts behave.

    `limits`: seconds by the names of the product's constants, where a row needs others.
    """

    prompt: str = "scripted"  # or "window": the product's own
    pins: tuple[str, ...] = (PIN,)  # what the person types, one after the other; then the person gives up
    patience: float = 0.0  # seconds that a problem may be shown before the person closes the window
    limits: dict[str, float] = field(default_factory=dict)
    gate: str = ""  # the step at which the host waits until the row goes on
    end_limit: float = 5.0  # seconds until the daemon kills a host that does not end

    def write(self, folder: Path) -> None:
        """Replaces the plan in one step."""
        fresh = folder / "plan.new"
        fresh.write_text(json.dumps(asdict(self)))
        fresh.replace(folder / "plan")
        for name in ("journal", "clock", "asked"):
            (folder / name).unlink(missing_ok=True)


def read_plan(folder: Path) -> Plan:
    """The plan of a folder."""
    values: dict[str, Any] = json.loads((folder / "plan").read_text())
    return Plan(**{**values, "pins": tuple(values["pins"])})


def note_asked(folder: Path) -> None:
    """The daemon hands the order to a host."""
    (folder / "asked").touch()


def is_asked(folder: Path) -> bool:
    """Whether a host was handed an order since the plan was made."""
    return (folder / "asked").exists()


def set_clock(folder: Path, seconds: float) -> None:
    """Puts the clock of the hosts forward: the product's deadlines are over when a row says so, on any machine."""
    fresh = folder / "clock.new"
    fresh.write_text(str(seconds))
    fresh.replace(folder / "clock")


def read_clock(folder: Path) -> float:
    """Seconds by which the clock was put forward."""
    try:
        return float((folder / "clock").read_text())
    except FileNotFoundError:
        return 0.0


def journal(folder: Path, kind: str, after: str = "") -> list[str]:
    """What hosts have written down, in order; all, or what came after the first line of a kind.

    "step" the steps reached, "typed" the certificates (DER) that PINs were typed for, "card" cards and "problem" codes
    that the person was shown.
    """
    file = folder / "journal"
    lines = file.read_text().splitlines() if file.exists() else []
    if after:
        lines = list(dropwhile(lambda line: not line.startswith(f"{after} "), lines))
    return [line.partition(" ")[2] for line in lines if line.startswith(f"{kind} ")]


class Gate:
    """The row's side of the step at which a host waits."""

    def __init__(self, folder: Path) -> None:
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / "gate"))
        self._listener.listen()
        self._host: socket.socket | None = None

    def forget(self) -> None:
        """Lets go every host that waits: none of them is of the row that begins now."""
        self.open()
        self._listener.settimeout(0)
        while True:
            try:
                self._listener.accept()[0].close()
            except BlockingIOError:
                return

    def wait(self, seconds: float = LIMIT) -> int:
        """The process id of the host that has reached the step; raises TimeoutError."""
        self._listener.settimeout(seconds)
        self._host, _ = self._listener.accept()
        self._host.settimeout(seconds)
        return int(self._host.recv(32))

    def open(self, *, cancel: bool = False) -> None:
        """Lets the host go on, or first has its person cancel."""
        if self._host is not None:
            with contextlib.suppress(OSError):  # it is gone
                self._host.sendall(b"c" if cancel else b"g")
            self._host.close()
            self._host = None

    def close(self) -> None:
        """The end."""
        self.open()
        self._listener.close()
