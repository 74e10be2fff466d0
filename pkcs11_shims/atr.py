"""Which kind of card is in a reader, by its answer to reset; a hint for people, never for trust."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

MAX_ATR = 33  # ISO 7816-3, 8.2.1


@dataclass(frozen=True)
class CardKind:
    """A kind of card; `certificate`: it holds certificates, so that only its driver is missing."""

    key: str
    zh: str
    en: str
    certificate: bool
    patterns: tuple[re.Pattern[str], ...]


@cache
def kinds() -> tuple[CardKind, ...]:
    """The kinds that are known, in the order of atr.toml; read when they are first asked for."""
    table = tomllib.loads(Path(__file__).with_name("atr.toml").read_text("utf-8"))
    return tuple(_kind(row) for row in table["card"])


def recognise_atr(atr: bytes) -> CardKind | None:
    """The kind of card that answers like this; None for an unknown one."""
    if len(atr) > MAX_ATR:
        return None
    text = atr.hex().upper()
    return next((kind for kind in kinds() if any(pattern.fullmatch(text) for pattern in kind.patterns)), None)


def _kind(row: dict[str, Any]) -> CardKind:
    patterns = tuple(_pattern(text) for text in row["patterns"])
    return CardKind(row["key"], row["zh"], row["en"], row["certificate"], patterns)


def _pattern(text: str) -> re.Pattern[str]:
    hexadecimal = text.replace(" ", "")
    if not re.fullmatch(r"(?:[0-9A-F]{2}|\.\.|\*)+", hexadecimal):
        raise ValueError(f"ATR {text}")
    return re.compile(hexadecimal.replace("*", "(?:..)*"))
