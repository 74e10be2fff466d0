"""What was changed in which trust store, on disk before the change: so removing finds it, whatever was killed."""

import base64
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from certs.private import read_private
from certs.store import Before, Kind, StoreError

_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_MAX_FILE = 64 * 1024 * 1024


@dataclass(frozen=True)
class Entry:
    """One change that has not been taken back: which root (DER) in which store, and how the store was before.

    `done` is false between intention and completion; the store may or may not have been changed then.
    """

    number: int
    kind: Kind
    place: Path
    der: bytes
    before: Before
    done: bool = False


class Journal:
    """A file of JSON lines, one for each step; only ever appended to, and removed when nothing is left to take back."""

    def __init__(self, path: Path) -> None:
        """Reads the file, if there is one; raises StoreError when it cannot be read."""
        self._path = path
        self._entries: dict[int, Entry] = {}
        self._last = 0
        for line in self._lines():
            try:
                self._take(line)
            except (KeyError, TypeError, ValueError):  # better no removal than a wrong one
                raise StoreError(f"{path}: a line that cannot be understood: {line!r:.60}") from None

    def entries(self) -> tuple[Entry, ...]:
        """What has not been taken back, oldest first."""
        return tuple(self._entries.values())

    def find(self, kind: Kind, place: Path, der: bytes) -> Entry | None:
        """The open entry of a root in a store. Its `before` is the oldest one known, and stays."""
        same = (entry for entry in self.entries() if (entry.kind, entry.place, entry.der) == (kind, place, der))
        return next(same, None)

    def intend(self, kind: Kind, place: Path, der: bytes, before: Before) -> Entry:
        """Notes a change that comes next; it is on disk when this returns. An open entry is used again."""
        open_entry = self.find(kind, place, der)
        if open_entry is not None:
            return open_entry
        root = base64.b64encode(der).decode()
        number = self._last + 1
        line = {"step": "intend", "number": number, "kind": kind, "place": str(place), "root": root, "before": before}
        self._append(line)
        return self._entries[number]

    def done(self, entry: Entry) -> None:
        """Notes that the change was made."""
        if not entry.done:
            self._append({"step": "done", "number": entry.number})

    def undone(self, entry: Entry) -> None:
        """Notes that the change was taken back; the file goes with the last entry."""
        self._append({"step": "undone", "number": entry.number})
        self.tidy()

    def tidy(self) -> None:
        """Removes the file when it has nothing left to take back, as after a kill just before that."""
        if not self._entries:
            self._path.unlink(missing_ok=True)

    def _append(self, line: Mapping[str, object]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | _NO_LINK, 0o600)
        with os.fdopen(descriptor, "rb+", buffering=0) as file:
            # What was cut off by a kill stays on a line of its own.
            torn = file.seek(0, os.SEEK_END) > 0 and os.pread(descriptor, 1, file.tell() - 1) != b"\n"
            file.write((b"\n" if torn else b"") + json.dumps(line).encode() + b"\n")
            os.fsync(descriptor)
        self._take(dict(line))

    def _take(self, line: Mapping[str, Any]) -> None:
        match line:
            case {"step": "intend", "number": int(number), "before": dict(before)}:
                der = base64.b64decode(line["root"], validate=True)
                self._entries[number] = Entry(number, Kind(line["kind"]), Path(line["place"]), der, before)
                self._last = max(self._last, number)
            case {"step": "done", "number": int(number)}:
                self._entries[number] = replace(self._entries[number], done=True)
            case {"step": "undone", "number": int(number)}:
                del self._entries[number]
            case _:
                raise ValueError(line)

    def _lines(self) -> list[dict[str, Any]]:
        try:
            content = read_private(self._path, _MAX_FILE)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StoreError(str(error)) from None
        return [line for text in content.split(b"\n") if (line := _line(text)) is not None]


def _line(text: bytes) -> dict[str, Any] | None:
    """One line; none for what a kill cut off, because then nothing had been changed yet."""
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return line if isinstance(line, dict) else None
