"""How the person has set the desktop: dark or light, how large the text; read cheaply, without another process."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from certs.private import read_file

# Settings files are a few kilobytes; a longer one is not read.
_MAX_FILE = 256 * 1024
_TRUE = frozenset({"1", "true", "yes"})


def prefers_dark() -> bool:
    """Whether windows are to be dark; False where the desktop does not say."""
    if sys.platform == "win32":
        return _registry(r"Software\Microsoft\Windows\CurrentVersion\Themes\Personalize", "AppsUseLightTheme", 1) == 0
    if sys.platform == "darwin":
        return dark_plist(_read(Path.home() / "Library/Preferences/.GlobalPreferences.plist"))
    return desktop_is_dark(os.environ, Path.home())


def text_scale() -> float:
    """How much larger than usual text is to be, 1.0 to 2.25; on Linux that is part of the screen's Xft.dpi."""
    if sys.platform == "win32":
        return windows_scale(_registry(r"Software\Microsoft\Accessibility", "TextScaleFactor", 100))
    return 1.0


def sharpen() -> None:
    """Tells Windows that this program scales its own window; otherwise it would be drawn small and blown up."""
    if sys.platform == "win32":
        import ctypes

        ctypes.windll.shcore.SetProcessDpiAwareness(1)  # PROCESS_SYSTEM_DPI_AWARE


def desktop_is_dark(environment: Mapping[str, str], home: Path) -> bool:
    """The answer of GTK, GNOME or KDE, in this order; GTK_THEME is the person's own word and decides alone."""
    theme = environment.get("GTK_THEME", "")
    if theme:
        return _dark_name(theme)
    folder = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    return (
        any(gtk_is_dark(_text(folder / name / "settings.ini")) for name in ("gtk-4.0", "gtk-3.0"))
        # GNOME keeps color-scheme in a database; the word stands in it in one place only, as that key's value.
        or b"prefer-dark" in _read(folder / "dconf" / "user")
        or kde_is_dark(_text(folder / "kdeglobals"))
    )


def gtk_is_dark(text: str) -> bool:
    """Whether a GTK settings.ini asks for a dark theme."""
    settings = _section(text, "Settings")
    preferred = settings.get("gtk-application-prefer-dark-theme", "").lower() in _TRUE
    return preferred or _dark_name(settings.get("gtk-theme-name", ""))


def kde_is_dark(text: str) -> bool:
    """Whether KDE's kdeglobals names a dark colour scheme."""
    return _dark_name(_section(text, "General").get("colorscheme", ""))


def dark_plist(data: bytes) -> bool:
    """Whether macOS's global preferences ask for the dark appearance; the key is absent in the light one."""
    import plistlib

    try:
        preferences = plistlib.loads(data)
    except Exception:  # plistlib raises nearly anything for a damaged file
        return False
    return isinstance(preferences, dict) and preferences.get("AppleInterfaceStyle") == "Dark"


def windows_scale(percent: object) -> float:
    """The text size of Windows' accessibility settings (percent, 100 to 225) as a factor."""
    return min(max(percent, 100), 225) / 100 if isinstance(percent, int) else 1.0


def _dark_name(theme: str) -> bool:
    return "dark" in theme.lower()


def _section(text: str, name: str) -> Mapping[str, str]:
    """The lines "key=value" of one section of a settings file; configparser would cost the window two milliseconds."""
    values: dict[str, str] = {}
    current = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            current = line.strip("[]")
        elif current == name and "=" in line:
            key, _, value = line.partition("=")
            values[key.strip().lower()] = value.strip()
    return values


def _text(path: Path) -> str:
    return _read(path).decode("utf-8", "replace")


def _read(path: Path) -> bytes:
    try:
        return read_file(path, _MAX_FILE, links=True)
    except OSError:
        return b""


def _registry(key: str, name: str, default: int) -> object:
    if sys.platform == "win32":
        import winreg

        try:
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, key) as handle:
                return winreg.QueryValueEx(handle, name)[0]
        except OSError:
            return default
    return default
