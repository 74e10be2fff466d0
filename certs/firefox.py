"""Where Firefox keeps its profiles: normal, snap and flatpak; on macOS and Windows too."""

import configparser
from collections.abc import Iterator, Mapping
from pathlib import Path

from certs.nss import NssStore
from certs.private import read_file
from certs.store import Kind

_MAX_FILE, _MAX_PROFILES = 256 * 1024, 64


def firefox_folders(system: str, home: Path, environment: Mapping[str, str]) -> list[Path]:
    """The folders that may hold a profiles.ini, for a system as in sys.platform; they need not exist.

    Measured with ESR 153: $XDG_CONFIG_HOME/mozilla/firefox, unless ~/.mozilla/firefox exists.
    """
    if system == "win32":
        return [Path(environment.get("APPDATA") or home / "AppData" / "Roaming") / "Mozilla" / "Firefox"]
    if system == "darwin":
        return [home / "Library" / "Application Support" / "Firefox"]
    configured = Path(environment.get("XDG_CONFIG_HOME", ""))
    flatpak = home / ".var" / "app" / "org.mozilla.firefox"
    snap = home / "snap" / "firefox"
    old, new = Path(".mozilla", "firefox"), Path("mozilla", "firefox")
    return [
        (configured if configured.is_absolute() else home / ".config") / new, home / old,
        snap / "common" / old, snap / "common" / ".config" / new, snap / "current" / ".config" / new,
        flatpak / old, flatpak / "config" / new,
    ]  # fmt: skip


def firefox_profiles(folder: Path) -> list[Path]:
    """The profiles that profiles.ini and installs.ini name and that have been started: those have a database.

    A profile that was never started is left alone: a database made for it would become the one that keeps the user's
    passwords, and could not be taken away again.
    """
    places = dict.fromkeys(place for name in ("profiles.ini", "installs.ini") for place in _named(folder, name))
    return [place for place in list(places)[:_MAX_PROFILES] if _started(place)]


def firefox_stores(system: str, home: Path, environment: Mapping[str, str]) -> list[NssStore]:
    """The databases of all Firefox profiles of a user."""
    places = (place for folder in firefox_folders(system, home, environment) for place in firefox_profiles(folder))
    return [NssStore(Kind.FIREFOX, place) for place in dict.fromkeys(places)]


def _named(folder: Path, name: str) -> Iterator[Path]:
    """The profile folders that a file of Firefox names; a file that is none names nothing."""
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(read_file(folder / name, _MAX_FILE, links=True).decode("utf-8-sig"))
    except (OSError, ValueError, configparser.Error):
        return
    for section in parser.sections():
        if section.startswith("Profile"):
            yield from _place(folder, parser.get(section, "Path", fallback=""))
        else:  # [Install…] in profiles.ini; any name in installs.ini
            yield from _place(folder, parser.get(section, "Default", fallback=""))


def _started(place: Path) -> bool:
    try:
        return (place / "cert9.db").is_file()
    except OSError:  # a name longer than the system allows
        return False


def _place(folder: Path, written: str) -> Iterator[Path]:
    """The folder of a written path, relative or absolute; whatever IsRelative says, a path tells by itself."""
    if written and "\0" not in written:
        yield folder / written
