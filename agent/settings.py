"""Settings of the agent: frozen dataclasses read from TOML, unknown keys refused."""

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import platformdirs

MAX_FILE = 64 * 1024


class SettingsError(Exception):
    """The settings file cannot be used; the text says which line of it and why."""


@dataclass(frozen=True)
class WebSettings:
    """What browsers reach."""

    ports: tuple[int, ...] = (61171, 61172, 61173)  # the published list; the first free one is taken
    developer: bool = False  # also answer http pages of this computer


@dataclass(frozen=True)
class CardSettings:
    """How cards are reached."""

    drivers: tuple[str, ...] = ()  # names of catalogue rows; empty: every row that is meant for citizens


@dataclass(frozen=True)
class Settings:
    """All settings; `state` is the folder that holds the localhost identity and the lock."""

    web: WebSettings = field(default_factory=WebSettings)
    card: CardSettings = field(default_factory=CardSettings)
    state: Path = field(default_factory=lambda: Path(platformdirs.user_data_dir("cardlogin", appauthor=False)))


def default_file() -> Path:
    """Where the user's settings file is looked for; it need not exist."""
    return Path(platformdirs.user_config_dir("cardlogin", appauthor=False)) / "agent.toml"


def read_settings(path: Path) -> Settings:
    """The settings of a file, or the defaults where there is none; raises SettingsError for a bad file."""
    if not path.exists():
        return Settings()
    try:
        with path.open("rb") as file:
            text = file.read(MAX_FILE + 1)
        if len(text) > MAX_FILE:
            raise SettingsError(f"{path}: longer than {MAX_FILE} bytes")
        return _settings(tomllib.loads(text.decode()))
    except (OSError, ValueError, RecursionError) as error:  # TOML and UTF-8 errors are ValueErrors
        raise SettingsError(f"{path}: {error}") from None


def _settings(table: dict[str, Any]) -> Settings:
    _known("", table, {"web", "card", "state"})
    values: dict[str, Any] = {}
    if "web" in table:
        values["web"] = _web(_section(table, "web", WebSettings))
    if "card" in table:
        values["card"] = _card(_section(table, "card", CardSettings))
    if "state" in table:
        values["state"] = _folder(table["state"])
    return Settings(**values)


def _section(table: dict[str, Any], name: str, shape: type) -> dict[str, Any]:
    section: dict[str, Any] = _of(name, table[name], dict)
    _known(name, section, {item.name for item in fields(shape)})
    return section


def _web(section: dict[str, Any]) -> WebSettings:
    values: dict[str, Any] = {}
    if "ports" in section:
        values["ports"] = tuple(_port(port) for port in _of("web.ports", section["ports"], list))
        if not values["ports"]:
            raise SettingsError("web.ports: at least one port")
    if "developer" in section:
        values["developer"] = _of("web.developer", section["developer"], bool)
    return WebSettings(**values)


def _card(section: dict[str, Any]) -> CardSettings:
    names = _of("card.drivers", section.get("drivers", []), list)
    return CardSettings(drivers=tuple(_of("card.drivers", name, str) for name in names))


def _folder(value: object) -> Path:
    text = _of("state", value, str)
    try:
        folder = Path(text).expanduser()
    except RuntimeError:  # a user that does not exist
        raise SettingsError("state: no such user") from None
    if not folder.is_absolute() or "\0" in text:
        raise SettingsError("state: an absolute path")
    return folder


def _port(value: object) -> int:
    port: int = _of("web.ports", value, int)
    if not 1024 <= port <= 65535:
        raise SettingsError("web.ports: 1024 to 65535")
    return port


def _of(name: str, value: object, kind: type) -> Any:
    # An exact type, because a bool is an int to isinstance.
    if type(value) is not kind:
        raise SettingsError(f"{name}: expected {kind.__name__}")
    return value


def _known(name: str, table: dict[str, Any], known: set[str]) -> None:
    unknown = sorted(set(table) - known)
    if unknown:
        raise SettingsError(f"unknown setting: {'.'.join(filter(None, (name, unknown[0])))}")
