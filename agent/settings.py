"""Settings of the agent: frozen dataclasses read from TOML, unknown keys refused."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args

from agent.origins import Patterns
from agent.platform import ADMINISTRATOR_FILE, doubt_of
from certs.private import read_file, read_settings_file

MAX_FILE = 64 * 1024


class SettingsError(Exception):
    """The settings file cannot be used; the text says which line of it and why."""


@dataclass(frozen=True)
class WebSettings:
    """What browsers reach."""

    ports: tuple[int, ...] = (61171, 61172, 61173)  # the published list; the first free one is taken
    http_port: int = 61170  # popups over plain HTTP, for browsers that do not trust our certificate; 0: none
    developer: bool = False  # also answer http pages of this computer
    allow: tuple[str, ...] | None = None  # if given, only these origins may ask (agent.origins.Patterns)
    deny: tuple[str, ...] = ()  # these may not


PromptKind = Literal["auto", "window", "pinentry", "terminal"]
PinForm = Literal["digits", "printable"]


@dataclass(frozen=True)
class CardSettings:
    """How cards are reached, and how a person is asked for the PIN."""

    drivers: tuple[str, ...] = ()  # names of catalogue rows; empty: every row that is meant for citizens
    modules: tuple[str, ...] = ()  # absolute paths of further PKCS#11 modules
    prompt: PromptKind = "auto"
    pin: PinForm = "digits"  # printable: the PIN field starts with other characters admitted
    pcsc: str = ""  # for developers: the socket of a PC/SC service of their own; whoever listens there gets the PIN


@dataclass(frozen=True)
class HipkiSettings:
    """The old component's protocol, for pages that were written for it."""

    port: int = 61161  # fixed by those pages; another one is for tests; 0: off
    sibling_port: int = 0  # 16888 answers pages written for the sibling component (MCA cards); 0: off
    http: tuple[str, ...] = ()  # origins without encryption that may ask; those of this computer may anyway
    page_pin: tuple[str, ...] = ()  # origins whose pages may send the PIN themselves (agent.origins.Patterns)


@dataclass(frozen=True)
class SelftestSettings:
    """What the self-test goes by."""

    portal: str = ""  # the portal that `doctor` asks when none is named: an origin
    anchors: str = ""  # for developers: a folder with the anchors of a test authority instead of the government's
    hosts: tuple[str, ...] = ()  # further hosts (host or host:port) that revocation may be asked of


@dataclass(frozen=True)
class Settings:
    """All settings; `state` is the folder that holds the localhost identity and the lock."""

    web: WebSettings = field(default_factory=WebSettings)
    hipki: HipkiSettings = field(default_factory=HipkiSettings)
    card: CardSettings = field(default_factory=CardSettings)
    selftest: SelftestSettings = field(default_factory=SelftestSettings)
    state: Path = field(default_factory=lambda: _folder_of_user("data"))


def default_file() -> Path:
    """Where the user's settings file is looked for; it need not exist."""
    return _folder_of_user("config") / "agent.toml"


def _folder_of_user(kind: Literal["data", "config"]) -> Path:
    # Imported here, as tomllib below: a card host needs of this file the types alone.
    import platformdirs

    find = platformdirs.user_data_dir if kind == "data" else platformdirs.user_config_dir
    return Path(find("cardlogin", appauthor=False))


def read_settings_of(path: Path | None) -> Settings:
    """The settings of a file that a person named, or of this user's own; raises SettingsError as `read_settings` does.

    A file that was named has to exist: mistyped, it would silently become the defaults.
    """
    if path is not None and not os.path.lexists(path):
        raise SettingsError(f"{path} does not exist")
    return read_settings(path or default_file())


def read_settings(path: Path, administrator: Path = ADMINISTRATOR_FILE) -> Settings:
    """The settings of a user's file under those of the administrator's; the defaults where there is no file.

    The administrator's file wins key by key and has to belong to an administrator alone. Raises SettingsError for a
    file that is bad or, the administrator's, that others could have written.
    """
    table = _table(path, read_settings_file)
    for name, value in _administrator(administrator).items():
        table[name] = {**table.get(name, {}), **value} if isinstance(value, dict) else value
    return _settings(table)


def _administrator(path: Path) -> dict[str, Any]:
    try:
        present = os.path.lexists(path)
        doubt = doubt_of(path) if present else ""
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from None
    if doubt:
        raise SettingsError(f"{path}: only an administrator may be able to write this file: {doubt}")
    return _table(path, partial(read_file, links=True)) if present else {}


def _table(path: Path, read: Callable[[Path, int], bytes]) -> dict[str, Any]:
    """A file's tables, each value of the right kind; none without a file. A mistake is told with the file's name."""
    import tomllib

    try:
        text = read(path, MAX_FILE)
        table = tomllib.loads(text.decode())
        _settings(table)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (SettingsError, OSError, ValueError, RecursionError) as error:  # TOML and UTF-8 errors are ValueErrors
        raise SettingsError(f"{path}: {error}") from None
    return table


def _settings(table: dict[str, Any]) -> Settings:
    _known("", table, {"web", "hipki", "card", "selftest", "state"})
    values: dict[str, Any] = {}
    if "web" in table:
        values["web"] = _web(_section(table, "web", WebSettings))
    if "hipki" in table:
        values["hipki"] = _hipki(_section(table, "hipki", HipkiSettings))
    if "card" in table:
        values["card"] = _card(_section(table, "card", CardSettings))
    if "selftest" in table:
        values["selftest"] = _selftest(_section(table, "selftest", SelftestSettings))
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
    if "http_port" in section:
        values["http_port"] = _port_or_none(section["http_port"], "web.http_port")
    if "developer" in section:
        values["developer"] = _of("web.developer", section["developer"], bool)
    for name in ("allow", "deny"):
        if name in section:
            values[name] = _origins(f"web.{name}", section[name])
    return WebSettings(**values)


def _hipki(section: dict[str, Any]) -> HipkiSettings:
    values: dict[str, Any] = {}
    for name in ("port", "sibling_port"):
        if name in section:
            values[name] = _port_or_none(section[name], f"hipki.{name}")
    for name in ("http", "page_pin"):
        if name in section:
            values[name] = _origins(f"hipki.{name}", section[name])
    return HipkiSettings(**values)


def _origins(name: str, value: object) -> tuple[str, ...]:
    texts = tuple(_of(name, item, str) for item in _of(name, value, list))
    try:
        Patterns(texts)
    except ValueError as error:
        raise SettingsError(f"{name}: {error}") from None
    return texts


def _card(section: dict[str, Any]) -> CardSettings:
    values: dict[str, Any] = {}
    for name in ("drivers", "modules"):
        if name in section:
            values[name] = tuple(_of(f"card.{name}", item, str) for item in _of(f"card.{name}", section[name], list))
    if "pcsc" in section:
        values["pcsc"] = _of("card.pcsc", section["pcsc"], str)
    for name, kind in (("prompt", PromptKind), ("pin", PinForm)):
        if name in section:
            values[name] = _one_of(f"card.{name}", section[name], get_args(kind))
    return CardSettings(**values)


def _selftest(section: dict[str, Any]) -> SelftestSettings:
    values: dict[str, Any] = {
        name: _of(f"selftest.{name}", section[name], str) for name in ("portal", "anchors") if name in section
    }
    if values.get("portal"):
        (values["portal"],) = _origins("selftest.portal", [values["portal"]])
    if "hosts" in section:
        hosts = _of("selftest.hosts", section["hosts"], list)
        values["hosts"] = tuple(_of("selftest.hosts", host, str).lower() for host in hosts)
    return SelftestSettings(**values)


def _one_of(name: str, value: object, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise SettingsError(f"{name}: one of {', '.join(allowed)}")
    return str(value)


def _folder(value: object) -> Path:
    text = _of("state", value, str)
    try:
        folder = Path(text).expanduser()
    except RuntimeError:  # a user that does not exist
        raise SettingsError("state: no such user") from None
    if not folder.is_absolute() or "\0" in text:
        raise SettingsError("state: an absolute path")
    return folder


def _port(value: object, name: str = "web.ports") -> int:
    port: int = _of(name, value, int)
    if not 1024 <= port <= 65535:
        raise SettingsError(f"{name}: 1024 to 65535")
    return port


def _port_or_none(value: object, name: str) -> int:
    port: int = _of(name, value, int)
    return port and _port(port, name)


def _of(name: str, value: object, kind: type) -> Any:
    # An exact type, because a bool is an int to isinstance.
    if type(value) is not kind:
        raise SettingsError(f"{name}: expected {kind.__name__}")
    return value


def _known(name: str, table: dict[str, Any], known: set[str]) -> None:
    unknown = sorted(set(table) - known)
    if unknown:
        raise SettingsError(f"unknown setting: {'.'.join(filter(None, (name, unknown[0])))}")
