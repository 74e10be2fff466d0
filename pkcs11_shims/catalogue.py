"""The catalogue of PKCS#11 modules: one row per driver, read from catalogue.toml."""

import tomllib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

# What a path may begin with; the loader puts the real folder of this computer in (`discovery.System.places`).
HOME, SYSTEM_ROOT = "~", "%SystemRoot%"
# Whose paths a row tells apart.
SYSTEMS = ("windows", "macos", "linux")


@dataclass(frozen=True)
class TriesQuestion:
    """How a card family tells its PIN tries without spending one: `apdu` is sent to tokens of `manufacturer`."""

    manufacturer: str
    apdu: bytes


@dataclass(frozen=True)
class Configuration:
    """A driver's own settings: `variable` names its file, of which there is one for looking and one for signing.

    `file` is what the names of such modules have in common, wherever they lie and whichever row names them.
    """

    file: str
    variable: str
    looking: Path
    signing: Path


@dataclass(frozen=True)
class Driver:
    """One row: where the module may lie and what is special about it.

    A row with `configured` stands for the modules that p11-kit is configured with: its folders of *.module files,
    weakest first, and in `folders` where modules lie that are named there without a path.
    """

    name: str
    citizen: bool
    paths: tuple[str, ...]
    signing_ids: tuple[bytes, ...]
    tries: tuple[TriesQuestion, ...]
    configured: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    configuration: Configuration | None = None


# The signing key of a Taiwanese card (ASCII SIGN), then what most other tokens call their first key.
DEFAULT_SIGNING_IDS = (b"SIGN", b"\1")

_FILE = Path(__file__).with_name("catalogue.toml")


def read_catalogue(system: str, file: Path = _FILE) -> dict[str, Driver]:
    """The rows by name, in the order of the file, with the paths of one system (SYSTEMS) and no others.

    Raises ValueError for a path that is not absolute there, and for a system that is none of ours.
    """
    if system not in SYSTEMS:
        raise ValueError(f"no system of the catalogue: {system}")
    rows = tomllib.loads(file.read_text("utf-8"))["driver"]
    return {row["name"]: _driver(row, system) for row in rows}


def administrators_driver(path: str) -> Driver:
    """The row of a module that an administrator names by its path: the file's name, and no quirks."""
    return Driver(PureWindowsPath(path).name, True, (path,), DEFAULT_SIGNING_IDS, ())


def is_absolute(path: str, system: str) -> bool:
    """Whether a path is absolute on a system, or begins with a folder that the loader knows there."""
    place, separator, rest = path.replace("\\", "/").partition("/")
    if place in (HOME, SYSTEM_ROOT):
        return bool(separator and rest) and (place == SYSTEM_ROOT) == (system == "windows")
    return (PureWindowsPath if system == "windows" else PurePosixPath)(path).is_absolute()


def _driver(row: dict[str, Any], system: str) -> Driver:
    places = {name: _places(row, name) for name in ("paths", "configured", "folders")}
    return Driver(
        name=row["name"],
        citizen=row["citizen"],
        paths=places["paths"][system],
        signing_ids=tuple(bytes.fromhex(text) for text in row["signing_ids"]),
        tries=tuple(TriesQuestion(item["manufacturer"], bytes.fromhex(item["apdu"])) for item in row["tries"]),
        configured=places["configured"][system],
        folders=places["folders"][system],
        configuration=_configuration(row["configuration"]) if "configuration" in row else None,
    )


def _configuration(row: dict[str, str]) -> Configuration:
    return Configuration(row["file"], row["variable"], _FILE.with_name(row["looking"]), _FILE.with_name(row["signing"]))


def _places(row: dict[str, Any], field: str) -> dict[str, tuple[str, ...]]:
    """A field's paths by system, all checked: a mistake shows on every system."""
    table = row.get(field, {})
    if not isinstance(table, dict) or not set(table) <= set(SYSTEMS):
        raise ValueError(f"driver {row['name']}: {field} are told by system: {', '.join(SYSTEMS)}")
    for system, paths in table.items():
        for path in paths:
            # A relative name would be searched in the current directory, where anybody may put a module.
            if not is_absolute(path, system):
                raise ValueError(f"driver {row['name']}: {path} is not absolute on {system}")
    return {system: tuple(table.get(system, ())) for system in SYSTEMS}
