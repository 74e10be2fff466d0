"""Reads the PKI's description (pki.toml) and refuses what it does not know."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from cardsim.errors import SimulatorError

DEFAULT_DATA = Path(__file__).parent.parent / "pki.toml"
"""The description that comes with the simulator."""
MAX_SIZE = 262144
"""Largest description in bytes."""
STATES = ("good", "revoked", "suspended")
"""What a CRL can say about a card."""
_CHOICES = {
    "profile": ("citizen", "company"),
    "state": STATES,
    "key": ("rsa-2048", "p-256"),
    "last_failure": ("6983", "63C0"),
}
_PATTERNS = {"pin": r"[0-9]{6,8}", "puk": r"[0-9]{6,8}", "policy": r"2(\.(0|[1-9][0-9]{0,8})){2,12}"}
_RANGES = {"tries": (1, 15), "issued_days_ago": (0, 36500), "years": (1, 50), "partitions": (1, 99)}
_CERTIFICATES: tuple[list[str], ...] = (["signing", "encryption"], ["signing"], ["encryption"], [])
_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")


@dataclass(frozen=True, kw_only=True)
class Authority:
    """A certification authority; the one without issuer and imitates is the root."""

    name: str
    issued_days_ago: int
    years: int
    issuer: str = ""
    imitates: str = ""
    common_name: str = ""
    unit: str = ""
    partitions: int = 1


@dataclass(frozen=True, kw_only=True)
class Card:
    """A card and what is on it."""

    name: str
    holder: str
    authority: str
    profile: str
    state: str
    certificates: list[str]
    key: str
    policy: str
    pin: str
    puk: str
    tries: int
    last_failure: str
    issued_days_ago: int
    years: int


@dataclass(frozen=True)
class PkiData:
    """Authorities and cards by name, in the order of the file."""

    authorities: dict[str, Authority]
    cards: dict[str, Card]

    @property
    def root(self) -> Authority:
        """The trust anchor."""
        return next(one for one in self.authorities.values() if not one.issuer and not one.imitates)

    @property
    def issuing(self) -> list[Authority]:
        """The authorities below the root."""
        return [one for one in self.authorities.values() if one.issuer]


def read_data(path: Path) -> bytes:
    """The description's bytes; raises SimulatorError if it is missing or too large."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_SIZE + 1)
    except OSError as error:
        raise SimulatorError(f"cannot read {path}: {error.strerror}") from None
    if len(raw) > MAX_SIZE:
        raise SimulatorError(f"{path} is too large")
    return raw


def parse_data(raw: bytes) -> PkiData:
    """The PKI described in `raw`; raises SimulatorError, naming the entry, for anything unknown or out of range."""
    try:
        tables = tomllib.loads(raw.decode())
    except ValueError as error:
        raise SimulatorError(f"the PKI data are not TOML: {error}") from None
    if set(tables) != {"authorities", "cards", "defaults"} or not all(isinstance(t, dict) for t in tables.values()):
        raise SimulatorError("the PKI data need exactly the tables authorities, defaults and cards")
    data = PkiData(
        {name: _entry(Authority, name, table) for name, table in tables["authorities"].items()},
        {name: _entry(Card, name, table, tables["defaults"]) for name, table in tables["cards"].items()},
    )
    _check_links(data)
    return data


T = TypeVar("T", Authority, Card)


def _entry(kind: type[T], name: str, table: Any, defaults: Mapping[str, Any] | None = None) -> T:
    if _NAME.fullmatch(name) is None or not isinstance(table, dict):
        raise SimulatorError(f"PKI data: {name!r} is not a name of an authority or card")
    values = {**(defaults or {}), **table}
    known = {field.name: field for field in fields(kind) if field.name != "name"}
    for key, value in values.items():
        if key not in known or not _allowed(key, value):
            raise SimulatorError(f"PKI data, {name}: {key} = {value!r} is not allowed")
    for key, field in known.items():
        if key not in values and field.default is MISSING:
            raise SimulatorError(f"PKI data, {name}: {key} is missing")
    return kind(name=name, **values)


def _allowed(key: str, value: Any) -> bool:
    if key in _RANGES:
        low, high = _RANGES[key]
        return type(value) is int and low <= value <= high
    if key == "certificates":
        return value in _CERTIFICATES
    if not isinstance(value, str) or not 0 < len(value) <= 64:  # X.520 upper bounds
        return False
    if key in _CHOICES:
        return value in _CHOICES[key]
    return key not in _PATTERNS or re.fullmatch(_PATTERNS[key], value) is not None


def _check_links(data: PkiData) -> None:
    roots = [one for one in data.authorities.values() if not one.issuer and not one.imitates]
    if len(roots) != 1:
        raise SimulatorError("PKI data: exactly one authority must have no issuer, the root")
    for one in data.authorities.values():
        if one.issuer and one.issuer != roots[0].name:
            raise SimulatorError(f"PKI data, {one.name}: the issuer must be the root, {roots[0].name}")
        if one.imitates and one.imitates not in {other.name for other in data.issuing}:
            raise SimulatorError(f"PKI data, {one.name}: there is no issuing authority {one.imitates}")
    for card in data.cards.values():
        if card.authority not in data.authorities or card.authority == roots[0].name:
            raise SimulatorError(f"PKI data, {card.name}: {card.authority} does not issue cards")
