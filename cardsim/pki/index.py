"""The index of a PKI folder (pki.json) and the test whether the folder is whole."""

import datetime
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cardsim.errors import SimulatorError

INDEX = "pki.json"
"""Name of the index in the folder."""
FORMAT = "cardlogin-test-pki:1"
"""The value of "format" in the index."""
MAX_SIZE = 1048576
"""Largest file read from the folder, in bytes."""
_UNREADABLE = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    RecursionError,
    OverflowError,
)


@dataclass(frozen=True)
class CardEntry:
    """What the index says about a card."""

    file: Path
    holder: str
    pin: str
    authority: str
    serials: tuple[int, ...]
    state: str


@dataclass(frozen=True)
class Index:
    """The contents of a PKI folder; `authorities` gives the number of partitions of each.

    `built` is also when the cards that the data call revoked or suspended became so.
    """

    folder: Path
    base_url: str
    built: datetime.datetime
    authorities: dict[str, int]
    cards: dict[str, CardEntry]


def read_index(folder: Path) -> Index:
    """The index of `folder`; raises SimulatorError if there is no PKI of this format."""
    try:
        return _index(folder, _load(folder))
    except _UNREADABLE:
        raise SimulatorError(f"{folder} holds no test PKI; make one with: python -m cardsim pki") from None


def _load(folder: Path) -> dict[str, Any]:
    data = json.loads(read_file(folder / INDEX))
    if not isinstance(data, dict) or data["format"] != FORMAT:
        raise ValueError("another format")
    return data


def _index(folder: Path, data: dict[str, Any]) -> Index:
    authorities = {name: int(one["partitions"]) for name, one in data["authorities"].items()}
    cards = {name: _card(folder, one) for name, one in data["cards"].items()}
    built = datetime.datetime.fromtimestamp(int(data["built"]), datetime.UTC)
    return Index(folder, str(data["base_url"]), built, authorities, cards)


def _card(folder: Path, entry: dict[str, Any]) -> CardEntry:
    serials = [entry["serial"], entry["encryption_serial"]]
    return CardEntry(
        folder / entry["file"],
        entry["holder"],
        entry["pin"],
        entry["authority"],
        tuple(int(text, 16) for text in serials if text is not None),
        entry["state"],
    )


def read_file(path: Path) -> bytes:
    """The bytes of a file of the folder, at most MAX_SIZE; raises OSError or ValueError."""
    with path.open("rb") as file:
        data = file.read(MAX_SIZE + 1)
    if len(data) > MAX_SIZE:
        raise ValueError("file too large")
    return data


def intact(folder: Path, fingerprint: str) -> bool:
    """Whether `folder` holds the PKI with this fingerprint and every file of it unchanged."""
    try:
        data = _load(folder)
        _index(folder, data)
        return data["fingerprint"] == fingerprint and all(
            hashlib.sha256(read_file(folder / name)).hexdigest() == digest for name, digest in data["files"].items()
        )
    except _UNREADABLE:
        return False
