"""How the desktop is set, read from its files."""

import plistlib
from pathlib import Path

import pytest

from agent.platform.appearance import (
    dark_plist,
    desktop_is_dark,
    gtk_is_dark,
    kde_is_dark,
    prefers_dark,
    text_scale,
    windows_scale,
)


@pytest.mark.parametrize(
    ("text", "dark"),
    [
        ("", False),
        ("[Settings]\ngtk-application-prefer-dark-theme=1\n", True),
        ("[Settings]\ngtk-application-prefer-dark-theme = True\n", True),
        ("[Settings]\ngtk-application-prefer-dark-theme=0\ngtk-theme-name=Adwaita\n", False),
        ("[Settings]\ngtk-theme-name=Adwaita-dark\n", True),
        ("[Other]\ngtk-theme-name=Adwaita-dark\n", False),
        ("gtk-theme-name=Adwaita-dark", False),
        ("[Settings]\n=\n====\n[\n]\n\x00\n", False),
    ],
)
def test_gtk(text: str, dark: bool) -> None:
    assert gtk_is_dark(text) is dark


@pytest.mark.parametrize(
    ("text", "dark"),
    [("[General]\nColorScheme=BreezeDark\n", True), ("[General]\nColorScheme=BreezeLight\n", False), ("", False)],
)
def test_kde(text: str, dark: bool) -> None:
    assert kde_is_dark(text) is dark


@pytest.mark.parametrize(
    ("data", "dark"),
    [
        (plistlib.dumps({"AppleInterfaceStyle": "Dark"}), True),
        (plistlib.dumps({"AppleInterfaceStyle": "Dark"}, fmt=plistlib.FMT_BINARY), True),
        (plistlib.dumps({"AppleLocale": "zh_TW"}), False),
        (plistlib.dumps(["AppleInterfaceStyle"]), False),
        (b"", False),
        (b"bplist00\xff\xff", False),
        (b"<plist><dict>", False),
    ],
)
def test_macos(data: bytes, dark: bool) -> None:
    assert dark_plist(data) is dark


@pytest.mark.parametrize(
    ("percent", "scale"), [(100, 1.0), (150, 1.5), (225, 2.25), (9999, 2.25), (0, 1.0), (None, 1.0), ("150", 1.0)]
)
def test_windows_text_size(percent: object, scale: float) -> None:
    assert windows_scale(percent) == scale


def write(path: Path, content: bytes) -> None:
    """A settings file in its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("place", "content"),
    [
        ("gtk-3.0/settings.ini", b"[Settings]\ngtk-theme-name=Breeze-Dark\n"),
        ("gtk-4.0/settings.ini", b"[Settings]\ngtk-application-prefer-dark-theme=1\n"),
        ("dconf/user", b"GVariant\x00\x01color-scheme\x00prefer-dark\x00\x00s"),
        ("kdeglobals", b"[General]\nColorScheme=BreezeDark\n"),
    ],
)
def test_each_desktop_is_heard(tmp_path: Path, place: str, content: bytes) -> None:
    assert not desktop_is_dark({}, tmp_path)
    write(tmp_path / ".config" / place, content)
    assert desktop_is_dark({}, tmp_path)
    assert not desktop_is_dark({"GTK_THEME": "Adwaita"}, tmp_path), "the person's own word counts first"


def test_folder_of_the_settings_may_be_elsewhere(tmp_path: Path) -> None:
    write(tmp_path / "elsewhere" / "kdeglobals", b"[General]\nColorScheme=BreezeDark\n")
    assert desktop_is_dark({"XDG_CONFIG_HOME": str(tmp_path / "elsewhere")}, tmp_path)


def test_environment_alone_can_make_it_dark(tmp_path: Path) -> None:
    assert desktop_is_dark({"GTK_THEME": "Adwaita:dark"}, tmp_path)


def test_oversized_file_and_folder_in_its_place_are_not_read(tmp_path: Path) -> None:
    write(tmp_path / ".config/dconf/user", b"prefer-dark" + bytes(300 * 1024))
    (tmp_path / ".config/kdeglobals").mkdir()
    assert not desktop_is_dark({}, tmp_path)


def test_this_system_gives_an_answer() -> None:
    assert prefers_dark() in (True, False)
    assert 1.0 <= text_scale() <= 2.25
