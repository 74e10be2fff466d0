"""Card states changed after the PKI was built, kept in state.json beside the index."""

import datetime
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cardsim.errors import SimulatorError
from cardsim.pki.data import STATES
from cardsim.pki.index import Index, read_file, read_index

STATE_FILE = "state.json"
"""Name of the file; absent until a state was changed."""


@dataclass(frozen=True)
class CardState:
    """One of good, revoked, suspended, and since when."""

    state: str
    since: datetime.datetime


def set_state(folder: Path, card: str, state: str) -> None:
    """Make `card` good, revoked or suspended from now on; raises SimulatorError for unknown words."""
    index = read_index(folder)
    if card not in index.cards:
        raise SimulatorError(f"there is no card {card}; there are: {', '.join(index.cards)}")
    if state not in STATES:
        raise SimulatorError(f"a card is {', '.join(STATES)}, not {state}")
    with _locked(folder):
        changed = _read(folder)
        changed[card] = {"state": state, "since": int(datetime.datetime.now(datetime.UTC).timestamp())}
        write_atomically(folder / STATE_FILE, json.dumps(changed).encode())


def card_states(index: Index) -> dict[str, CardState]:
    """The state of every card now: what the data say, overridden by what was changed since.

    Raises SimulatorError if state.json is damaged.
    """
    changed = _read(index.folder)
    states = {name: CardState(entry.state, index.built) for name, entry in index.cards.items()}
    for name, entry in changed.items():
        try:
            since = datetime.datetime.fromtimestamp(int(entry["since"]), datetime.UTC)
            state = entry["state"]
        except (KeyError, TypeError, ValueError, OverflowError, OSError):
            raise _damaged(index.folder) from None
        if state not in STATES or name not in states:
            raise _damaged(index.folder)
        states[name] = CardState(state, since)
    return states


def _read(folder: Path) -> dict[str, dict[str, str | int]]:
    try:
        data = json.loads(read_file(folder / STATE_FILE))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError):
        raise _damaged(folder) from None
    if not isinstance(data, dict):
        raise _damaged(folder)
    return data


def _damaged(folder: Path) -> SimulatorError:
    return SimulatorError(f"{folder / STATE_FILE} is damaged; delete it to get the built states back")


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Two changes at once must both count."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def write_atomically(path: Path, content: bytes) -> None:
    """Replace the file at `path`, mode 0600, so that a reader sees the old or the new one whole."""
    fresh = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
        fresh.replace(path)
    except OSError as error:
        raise SimulatorError(f"cannot write {path}: {error.strerror}") from None
