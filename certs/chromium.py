"""Where the browsers of the Chromium family keep their certificate databases on Linux."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from certs.nss import NssStore
from certs.store import Kind

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge", "brave-browser")
_PROFILES = ("chromium", "google-chrome", "microsoft-edge", "BraveSoftware", "vivaldi")
_SNAPS = ("chromium", "brave")
_FLATPAKS = ("org.chromium.Chromium", "com.google.Chrome", "com.microsoft.Edge", "com.brave.Browser")


def chromium_database(home: Path, data: Path | None = None) -> Path:
    """The database for a home folder, and for a data folder (XDG_DATA_HOME) that is not the usual one.

    ~/.pki/nssdb only if it exists; a new one there would hide the database of the XDG path (measured, Chromium 156).
    """
    old = home / ".pki" / "nssdb"
    return old if old.is_dir() else (data or home / ".local" / "share") / "pki" / "nssdb"


def chromium_stores(home: Path, environment: Mapping[str, str]) -> list[NssStore]:
    """The databases of all Chromium browsers that are there: installed, as snap, as flatpak."""
    data = Path(environment.get("XDG_DATA_HOME", ""))
    database = chromium_database(home, data if data.is_absolute() else None)
    stores = []
    if database.exists() or _is_used(home, environment):
        stores.append(NssStore(Kind.CHROMIUM, database, create=True))
    return [*stores, *(NssStore(Kind.CHROMIUM, place, create=True) for place in _packed(home))]


def _is_used(home: Path, environment: Mapping[str, str]) -> bool:
    if any((home / ".config" / name).is_dir() for name in _PROFILES):
        return True
    return any(shutil.which(name, path=environment.get("PATH", "")) for name in _PROGRAMS)


def _packed(home: Path) -> list[Path]:
    """Databases of snaps, which have a home of their own, and of flatpaks, which have a data folder of their own."""
    snaps = [home / "snap" / name / "current" for name in _SNAPS]
    flatpaks = [home / ".var" / "app" / name for name in _FLATPAKS]
    places = [chromium_database(place) for place in snaps if place.is_dir()]
    return places + [chromium_database(place, place / "data") for place in flatpaks if place.is_dir()]
