"""Where Chromium and Firefox keep their databases: measured rules, packed browsers, hostile files."""

from pathlib import Path

import pytest

from certs.chromium import chromium_database, chromium_stores
from certs.firefox import firefox_folders, firefox_profiles, firefox_stores
from certs.store import Kind

NOTHING = {"PATH": ""}


@pytest.mark.parametrize(
    ("present", "used"),
    [
        ([], ".local/share/pki/nssdb"),
        ([".pki/nssdb"], ".pki/nssdb"),
        ([".local/share/pki/nssdb"], ".local/share/pki/nssdb"),
        ([".pki/nssdb", ".local/share/pki/nssdb"], ".pki/nssdb"),
        ([".pki"], ".local/share/pki/nssdb"),
    ],
)
def test_database_is_the_one_that_chromium_uses(tmp_path: Path, present: list[str], used: str) -> None:
    for folder in present:
        (tmp_path / folder).mkdir(parents=True)
    assert chromium_database(tmp_path) == tmp_path / used


def test_file_in_place_of_the_old_database_is_no_database(tmp_path: Path) -> None:
    (tmp_path / ".pki").mkdir()
    (tmp_path / ".pki" / "nssdb").write_text("")
    assert chromium_database(tmp_path) == tmp_path / ".local/share/pki/nssdb"


def places(home: Path, **environment: str) -> list[str]:
    """The Chromium databases of a home, relative to it."""
    stores = chromium_stores(home, {**NOTHING, **environment})
    assert all(store.kind is Kind.CHROMIUM and store.create for store in stores)
    return [str(store.place.relative_to(home)) for store in stores]


def test_looking_for_databases_makes_nothing(tmp_path: Path) -> None:
    assert places(tmp_path) == []
    assert firefox_stores("linux", tmp_path, NOTHING) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("used", ["chromium", "google-chrome", "microsoft-edge", "BraveSoftware", "vivaldi"])
def test_browser_that_has_been_used_gets_a_database(tmp_path: Path, used: str) -> None:
    (tmp_path / ".config" / used).mkdir(parents=True)
    assert places(tmp_path) == [".local/share/pki/nssdb"]


def test_browser_that_is_installed_gets_a_database(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "chromium"
    program.write_text("")
    program.chmod(0o755)
    assert places(tmp_path, PATH=str(tmp_path / "bin")) == [".local/share/pki/nssdb"]


def test_database_that_is_there_counts_without_a_browser(tmp_path: Path) -> None:
    (tmp_path / ".pki" / "nssdb").mkdir(parents=True)
    assert places(tmp_path) == [".pki/nssdb"]


def test_data_folder_of_the_environment_counts_if_it_is_absolute(tmp_path: Path) -> None:
    (tmp_path / ".config" / "chromium").mkdir(parents=True)
    assert places(tmp_path, XDG_DATA_HOME=str(tmp_path / "data")) == ["data/pki/nssdb"]
    for other in ("", "data"):
        assert places(tmp_path, XDG_DATA_HOME=other) == [".local/share/pki/nssdb"]


@pytest.mark.parametrize(
    ("packed", "old", "used"),
    [
        ("snap/chromium/current", False, "snap/chromium/current/.local/share/pki/nssdb"),
        ("snap/chromium/current", True, "snap/chromium/current/.pki/nssdb"),
        (".var/app/com.google.Chrome", False, ".var/app/com.google.Chrome/data/pki/nssdb"),
        (".var/app/com.google.Chrome", True, ".var/app/com.google.Chrome/.pki/nssdb"),
    ],
)
def test_packed_browsers_have_their_own(tmp_path: Path, packed: str, old: bool, used: str) -> None:
    (tmp_path / packed / (".pki/nssdb" if old else "")).mkdir(parents=True)
    assert places(tmp_path) == [used]


@pytest.mark.parametrize(
    ("system", "environment", "expected"),
    [
        ("win32", {"APPDATA": "/roaming"}, ["/roaming/Mozilla/Firefox"]),
        ("win32", {}, ["/home/wang/AppData/Roaming/Mozilla/Firefox"]),
        ("darwin", {}, ["/home/wang/Library/Application Support/Firefox"]),
    ],
)
def test_firefox_folders_of_other_systems(system: str, environment: dict[str, str], expected: list[str]) -> None:
    assert firefox_folders(system, Path("/home/wang"), environment) == [Path(place) for place in expected]


def test_firefox_folders_of_linux_are_the_normal_the_old_snap_and_flatpak() -> None:
    found = [str(place) for place in firefox_folders("linux", Path("/h"), {})]
    assert found[:3] == ["/h/.config/mozilla/firefox", "/h/.mozilla/firefox", "/h/snap/firefox/common/.mozilla/firefox"]
    assert "/h/.var/app/org.mozilla.firefox/.mozilla/firefox" in found
    assert len(set(found)) == len(found)


@pytest.mark.parametrize(("configured", "first"), [("/c", "/c"), ("c", "/h/.config"), ("", "/h/.config")])
def test_firefox_follows_an_absolute_configuration_folder(configured: str, first: str) -> None:
    found = firefox_folders("linux", Path("/h"), {"XDG_CONFIG_HOME": configured})
    assert str(found[0]) == f"{first}/mozilla/firefox"


class Home:
    """A home with Firefox profiles."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.folder = home / ".mozilla" / "firefox"
        self.folder.mkdir(parents=True)

    def profile(self, place: Path, *, started: bool = True) -> Path:
        """A profile's folder."""
        place.mkdir(parents=True)
        if started:
            (place / "cert9.db").write_bytes(b"")
        return place

    def found(self) -> list[Path]:
        """What is found."""
        return firefox_profiles(self.folder)


@pytest.fixture
def firefox(tmp_path: Path) -> Home:
    """A home with an empty Firefox folder."""
    return Home(tmp_path / "home")


def test_profiles_relative_and_absolute_and_of_installations(firefox: Home) -> None:
    relative = firefox.profile(firefox.folder / "abc.default")
    absolute = firefox.profile(firefox.home / "elsewhere" / "profile one")
    installed = firefox.profile(firefox.folder / "xyz.default-esr")
    newest = firefox.profile(firefox.folder / "new.default-release")
    (firefox.folder / "profiles.ini").write_text(
        f"[Install3B60]\nDefault={installed.name}\nLocked=1\n\n[Profile1]\nName=one\nIsRelative=0\nPath={absolute}\n\n"
        f"[Profile0]\nName=default\nIsRelative=1\nPath={relative.name}\nDefault=1\n\n[General]\nVersion=2\n"
    )
    (firefox.folder / "installs.ini").write_text(f"[3B60]\nDefault={newest.name}\nLocked=1\n[X]\nDefault=abc.default\n")
    assert sorted(firefox.found()) == sorted([relative, absolute, installed, newest])


def test_profile_that_was_never_started_is_left_alone(firefox: Home) -> None:
    firefox.profile(firefox.folder / "abc.default", started=False)
    (firefox.folder / "profiles.ini").write_text("[Profile0]\nPath=abc.default\n")
    assert firefox.found() == []


def test_snap_and_flatpak_profiles_are_found(tmp_path: Path) -> None:
    for folder in ("snap/firefox/common/.mozilla/firefox", ".var/app/org.mozilla.firefox/.mozilla/firefox"):
        place = tmp_path / folder
        (place / "a.default").mkdir(parents=True)
        (place / "a.default" / "cert9.db").write_bytes(b"")
        (place / "profiles.ini").write_text("[Profile0]\nIsRelative=1\nPath=a.default\n")
    stores = firefox_stores("linux", tmp_path, NOTHING)
    assert [(store.kind, store.create) for store in stores] == [(Kind.FIREFOX, False)] * 2


def test_profile_named_twice_is_one(firefox: Home) -> None:
    place = firefox.profile(firefox.folder / "a.default")
    (firefox.folder / "profiles.ini").write_text(f"[Profile0]\nPath=a.default\n[Profile1]\nPath={place}\n")
    assert firefox.found() == [place]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no ini",
        b"[Profile0\nPath=a.default",
        b"[Profile0]\nPath\n",
        b"\xff\xfe",
        b"[Profile0]\nPath=\n",
        b"[Profile0]\nPath=a\0b\n",
        b"[Profile0]\nPath=%(Path)s\n",
        b"[Profile0]\nName=x\n",
        b"[Profile0]\nPath=" + b"a" * 5000 + b"\n",
        b"[Profile0]\nPath=a.default\n" + b"#" * 300_000,
    ],
)
def test_hostile_profiles_file_names_nothing(firefox: Home, content: bytes) -> None:
    firefox.profile(firefox.folder / "a.default")
    (firefox.folder / "profiles.ini").write_bytes(content)
    assert firefox.found() == []


def test_file_with_a_byte_order_mark_and_sections_twice_is_read(firefox: Home) -> None:
    place = firefox.profile(firefox.folder / "a.default")
    content = "[Profile0]\r\nPath=b.default\r\n[Profile0]\r\nPath=a.default\r\n"
    (firefox.folder / "profiles.ini").write_text(content, "utf-8-sig")
    assert firefox.found() == [place]


def test_no_more_profiles_than_a_person_can_have(firefox: Home) -> None:
    names = [f"{number}.default" for number in range(100)]
    for name in names:
        firefox.profile(firefox.folder / name)
    sections = "".join(f"[Profile{number}]\nPath={name}\n" for number, name in enumerate(names))
    (firefox.folder / "profiles.ini").write_text(sections)
    assert len(firefox.found()) == 64
