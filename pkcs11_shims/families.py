"""Card families: what a person needs to know of the card's issuer when something is wrong with the card."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Family:
    """The issuer's own page for unlocking and renewal, and its telephone line; empty where they are not known."""

    key: str
    unlock_page: str = ""
    telephone: str = ""
    issuers: tuple[str, ...] = ()


UNKNOWN = Family("unknown")


def families() -> tuple[Family, ...]:
    """The families that are known, in the order of families.toml."""
    return _FAMILIES


def recognise(issuer_names: Iterable[str]) -> Family:
    """The family of a certificate, by the names in its issuer field; UNKNOWN for anybody else's.

    Good enough to name a page, never for trust: nothing has checked that the issuer signed this certificate.
    """
    names = tuple(issuer_names)
    return next((family for family in _FAMILIES if any(_is_of(name, family) for name in names)), UNKNOWN)


def _is_of(name: str, family: Family) -> bool:
    # 「(測試用) 」 before the unit is a test authority's; a longer unit (XCA's ends like no other) is somebody else's.
    return any(name == unit or (name.startswith("(") and name.endswith(f") {unit}")) for unit in family.issuers)


def _family(key: str, row: dict[str, Any]) -> Family:
    return Family(key, row.get("unlock_page", ""), row.get("telephone", ""), tuple(row["issuers"]))


_TABLE = tomllib.loads(Path(__file__).with_name("families.toml").read_text("utf-8"))
_FAMILIES = tuple(_family(key, row) for key, row in _TABLE.items())
