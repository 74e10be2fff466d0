"""The catalogue of PKCS#11 modules: one row per driver, read from catalogue.toml."""

import tomllib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any


@dataclass(frozen=True)
class TriesQuestion:
    """How a card family tells its PIN tries without spending one: `apdu` is sent to tokens of `manufacturer`."""

    manufacturer: str
    apdu: bytes


@dataclass(frozen=True)
class Driver:
    """One row: where the module may lie and what is special about it."""

    name: str
    citizen: bool
    paths: tuple[str, ...]
    signing_ids: tuple[bytes, ...]
    tries: tuple[TriesQuestion, ...]


_FILE = Path(__file__).with_name("catalogue.toml")


def read_catalogue(file: Path = _FILE) -> dict[str, Driver]:
    """The rows by name, in the order of the file; raises ValueError for a path that is not absolute."""
    rows = tomllib.loads(file.read_text("utf-8"))["driver"]
    return {row["name"]: _driver(row) for row in rows}


def _driver(row: dict[str, Any]) -> Driver:
    for path in row["paths"]:
        # A relative name would be searched in the current directory, where anybody may put a module.
        if not (PurePosixPath(path).is_absolute() or PureWindowsPath(path).is_absolute()):
            raise ValueError(f"driver {row['name']}: {path} is not absolute")
    return Driver(
        name=row["name"],
        citizen=row["citizen"],
        paths=tuple(row["paths"]),
        signing_ids=tuple(bytes.fromhex(text) for text in row["signing_ids"]),
        tries=tuple(TriesQuestion(item["manufacturer"], bytes.fromhex(item["apdu"])) for item in row["tries"]),
    )
