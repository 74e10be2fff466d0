"""The simulated driver with its readers and cards: makes the folder, and changes what goes wrong while it is in use."""

import dataclasses
import fcntl
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from cardsim.errors import SimulatorError
from cardsim.hicos.contents import Contents
from cardsim.hicos.faults import Fault, Habits, SlotState
from cardsim.hicos.tokens import SOFTHSM, make_token
from cardsim.pki.numbers import subject_serial

MAX_CARDS = MAX_SLOTS = 8
"""How many cards and readers the module knows (shim.h)."""
MAX_FAULTS = 32
"""How many faults may be set at once (shim.h)."""
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_KEEPING = (SlotState.EXCLUSIVE, SlotState.FAILING)


class HicosCard:
    """A card that can be put into the driver's readers."""

    def __init__(self, name: str, contents: Contents, model: str, folder: Path) -> None:
        self.name = name
        self.pin = contents.pin
        self.contents = contents
        self.model = model
        self.serial = "TP" + subject_serial(f"card {name}")[-14:]
        self._tries = folder / f"tries-{name}"

    @property
    def tries(self) -> int:
        """PIN tries left; the counter is shared by all processes and outlives them."""
        with self._locked() as file:
            text = os.pread(file, 8, 0)
        return int(text) if text else self.contents.tries

    @tries.setter
    def tries(self, value: int) -> None:
        if not 0 <= value <= 15:
            raise ValueError("tries must be 0 to 15")
        with self._locked() as file:
            os.pwrite(file, f"{value:<3}\n".encode(), 0)

    @property
    def line(self) -> str:
        """The card in hicos.conf."""
        return f"card {self.name} {self.serial} {self.model} {self.contents.tries} {self.contents.last_failure:#x}"

    @contextmanager
    def _locked(self) -> Iterator[int]:
        file = os.open(self._tries, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file
        finally:
            os.close(file)


@dataclass(frozen=True)
class _Slot:
    state: SlotState
    card: str = ""
    insertion: int = 0


class HicosDriver:
    """One folder with cards, readers and settings; only one object may change it at a time.

    Load `module` with `environment`. Cards must be added before a process loads the module; everything else may change
    while it runs: the module reads its settings anew at every call, and while a call hangs.
    """

    def __init__(self, folder: Path, module: Path, softhsm: Path = SOFTHSM) -> None:
        """Make the folder; raises SimulatorError if it holds something already."""
        self.folder = folder.absolute()
        self.module = module
        self.cards: dict[str, HicosCard] = {}
        self.habits = Habits()
        self._softhsm = softhsm
        self._slots: dict[int, _Slot] = {}
        self._faults: list[tuple[int, Fault]] = []
        self._numbers = count(1)  # of insertions and faults: none comes back
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if any(self.folder.iterdir()):
            raise SimulatorError(f"{folder} is not empty; choose another folder")
        tokens = self.folder / "tokens"
        tokens.mkdir(mode=0o700)
        configuration = self.folder / "softhsm2.conf"
        configuration.write_text(
            f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n", "utf-8"
        )
        self.environment = {"SOFTHSM2_CONF": str(configuration)}
        self._write_cards()
        self.place(1, SlotState.EMPTY)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The faults that are set."""
        return tuple(fault for _, fault in self._faults)

    @property
    def control_file(self) -> Path:
        """What the module reads at every call."""
        return self._file("control")

    def add(self, name: str, contents: Contents, model: str = "T7S000000000001") -> HicosCard:
        """A new card, in no reader yet; about half a second. `model` gets the driver's trailing tab.

        Raises SimulatorError.
        """
        if _NAME.fullmatch(name) is None or name in self.cards or len(self.cards) == MAX_CARDS:
            raise SimulatorError(
                f"{name!r} cannot be another card; use a new name of small letters, at most {MAX_CARDS}"
            )
        make_token(self.environment, name, contents, self._softhsm)
        card = self.cards[name] = HicosCard(name, contents, model, self.folder)
        self._write_cards()
        return card

    def insert(self, card: HicosCard, slot: int = 1) -> None:
        """Put a card into a reader, pulling the one that is in it; also the same card out and in again."""
        self.place(slot, SlotState.CARD, card)

    def remove(self, slot: int = 1) -> None:
        """Pull the card; the reader stays."""
        self.place(slot, SlotState.EMPTY)

    def place(self, slot: int, state: SlotState, card: HicosCard | None = None) -> None:
        """Let a reader be in any state; a card that stays in it keeps its sessions and its log-in.

        A card counts as inserted anew unless it was in the reader already and `state` or the state before is EXCLUSIVE
        or FAILING.
        """
        if len(self._slots) == MAX_SLOTS and slot not in self._slots:
            raise SimulatorError(f"no more than {MAX_SLOTS} readers")
        before = self._slots.get(slot)
        name = card.name if card else before.card if before and state in _KEEPING else ""
        keeps = before is not None and before.card == name and (before.state in _KEEPING or state in _KEEPING)
        self._slots[slot] = _Slot(state, name, before.insertion if before and keeps else next(self._numbers))
        self._write()

    def unplug(self, slot: int) -> None:
        """Take the whole reader away."""
        self._slots.pop(slot, None)
        self._write()

    def set(self, **habits: Any) -> None:
        """Change fields of Habits; raises TypeError for another name."""
        self.habits = dataclasses.replace(self.habits, **habits)
        self._write()

    def inject(self, *faults: Fault) -> None:
        """Let faults happen from now on, besides those already set."""
        if len(self._faults) + len(faults) > MAX_FAULTS:
            raise SimulatorError(f"no more than {MAX_FAULTS} faults at once")
        self._faults += [(next(self._numbers), fault) for fault in faults]
        self._write()

    def release(self, *faults: Fault) -> None:
        """Take faults away, all without an argument; calls that hang go on."""
        self._faults = [(number, fault) for number, fault in self._faults if faults and fault not in faults]
        self._write()

    @contextmanager
    def faulty(self, *faults: Fault) -> Iterator[None]:
        """The faults hold within a with-statement."""
        self.inject(*faults)
        try:
            yield
        finally:
            self.release(*faults)

    def reset(self) -> None:
        """As at the beginning: the first card in reader 1, the only one; no fault, no try lost, no call listed."""
        self._faults, self._slots, self.habits = [], {}, Habits()
        for card in self.cards.values():
            card.tries = card.contents.tries
        first = next(iter(self.cards.values()), None)
        self.place(1, SlotState.CARD if first else SlotState.EMPTY, first)
        self.forget_calls()

    def calls(self) -> list[str]:
        """The functions called so far by all processes, in order; a call is listed when it begins."""
        return [words[1] for words in self._trace()]

    def overlapping(self) -> list[str]:
        """Calls that began while another one of the same process was not over: HiCOS cannot bear that."""
        return [words[1] for words in self._trace() if words[2:]]

    def processes(self) -> list[int]:
        """The ids of the processes that called, each once, in order."""
        return list(dict.fromkeys(int(words[0]) for words in self._trace()))

    def forget_calls(self) -> None:
        """Begin a new list of calls."""
        self._file("trace").unlink(missing_ok=True)

    def _trace(self) -> list[list[str]]:
        trace = self._file("trace")
        return [line.split() for line in trace.read_text("ascii").splitlines()] if trace.exists() else []

    def _file(self, kind: str) -> Path:
        return self.folder / f"hicos.{kind}"

    def _write_cards(self) -> None:
        self._replace("conf", [f"softhsm {self._softhsm}", *(card.line for card in self.cards.values())])

    def _write(self) -> None:
        slots = [f"slot {id_} {slot.state} {slot.card} {slot.insertion}" for id_, slot in self._slots.items()]
        self._replace("control", [*slots, *self.habits.lines, *(fault.line(number) for number, fault in self._faults)])

    def _replace(self, kind: str, lines: list[str]) -> None:
        """In one step: a call must never see half a file."""
        handle, name = tempfile.mkstemp(dir=self.folder)
        with os.fdopen(handle, "w") as file:
            file.write("".join(f"{line}\n" for line in lines))
        Path(name).replace(self._file(kind))
