"""The administrator's file over the user's: key by key, and only if nobody else could have written it."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from agent import settings as module
from agent.platform import ADMINISTRATOR_FILE, ownership_posix
from agent.platform.ownership_sddl import doubt_of_descriptor
from agent.settings import CardSettings, Settings, SettingsError, WebSettings, read_settings, read_settings_of

Read = Callable[[str, str], Settings]


@pytest.fixture
def administrator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the administrator's file goes; whoever runs the tests counts as the administrator."""
    folder = tmp_path / "etc"
    folder.mkdir(mode=0o755)
    monkeypatch.setattr(module, "doubt_of", lambda path: ownership_posix.doubt_of(path, os.geteuid()))
    return folder / "agent.toml"


@pytest.fixture
def read(tmp_path: Path, administrator: Path) -> Read:
    """Reads a user's text under an administrator's."""

    def texts(mine: str, theirs: str) -> Settings:
        user = tmp_path / "agent.toml"
        user.write_text(mine)
        administrator.write_text(theirs)
        administrator.chmod(0o644)
        return read_settings(user, administrator)

    return texts


def test_administrator_wins_key_by_key(read: Read) -> None:
    settings = read(
        '[web]\nports = [2000]\ndeveloper = true\n[card]\nprompt = "terminal"\n',
        '[web]\ndeveloper = false\ndeny = ["https://evil.example"]\n[card]\ndrivers = ["opensc"]\n',
    )
    assert settings.web == WebSettings(ports=(2000,), developer=False, deny=("https://evil.example",))
    assert settings.card == CardSettings(drivers=("opensc",), prompt="terminal")


def test_users_lists_give_way_to_the_administrators(read: Read) -> None:
    settings = read(
        '[web]\nallow = ["https://evil.example"]\ndeny = []\n',
        '[web]\nallow = ["https://*.gov.example"]\ndeny = ["https://bad.gov.example"]\n',
    )
    assert settings.web.allow == ("https://*.gov.example",)
    assert settings.web.deny == ("https://bad.gov.example",)


def test_administrators_folder_wins(read: Read, tmp_path: Path) -> None:
    assert read('state = "/nowhere"\n', f'state = "{tmp_path}"\n').state == tmp_path


def test_lists_are_none_and_empty_by_default(read: Read) -> None:
    web = read("", "").web
    assert (web.allow, web.deny) == (None, ())


def test_empty_list_of_allowed_origins_is_not_the_same_as_none(read: Read) -> None:
    assert read("", "[web]\nallow = []\n").web.allow == ()


@pytest.mark.parametrize("text", ["typo = 1", "[web]\nalow = []", "[net]", "[web"])
def test_mistake_of_the_administrator_stops_the_start_and_is_told_with_the_file(
    read: Read, administrator: Path, text: str
) -> None:
    with pytest.raises(SettingsError, match=str(administrator)):
        read("", text)


def test_mistake_of_the_user_is_told_with_the_users_file(read: Read, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=str(tmp_path / "agent.toml")):
        read("[web]\nalow = []", "")


@pytest.mark.parametrize("name", ["allow", "deny"])
@pytest.mark.parametrize(
    "value",
    [
        '"https://a.example"',
        "[1]",
        '["a.example"]',
        '["https://*"]',
        '["https://*.tw"]',
        '["http://a.example/"]',
        "true",
    ],
)
def test_list_of_something_else_than_origins_is_refused_by_name(read: Read, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=rf"web\.{name}"):
        read("", f"[web]\n{name} = {value}\n")


def test_overlong_list_is_refused(read: Read) -> None:
    origins = ", ".join(f'"https://a{number}.example"' for number in range(501))
    with pytest.raises(SettingsError, match=r"web\.allow"):
        read("", f"[web]\nallow = [{origins}]\n")


def test_no_administrators_file_is_no_restriction(tmp_path: Path) -> None:
    assert read_settings(tmp_path / "none.toml", tmp_path / "no-folder" / "none.toml") == Settings()


def test_file_that_was_named_is_under_the_administrators_too(
    administrator: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_settings, "__defaults__", (administrator,))
    administrator.write_text("[web]\ndeveloper = false\n")
    named = tmp_path / "named.toml"
    named.write_text("[web]\ndeveloper = true\n")
    assert read_settings_of(named).web.developer is False
    with pytest.raises(SettingsError, match="does not exist"):
        read_settings_of(tmp_path / "mistyped.toml")


class TestOwnership:
    """Whether others could have written the file."""

    @pytest.fixture(autouse=True)
    def file(self, administrator: Path) -> Path:
        """A good file."""
        administrator.write_text("[web]\n")
        administrator.chmod(0o644)
        return administrator

    @pytest.mark.parametrize("mode", [0o664, 0o646, 0o666, 0o777])
    def test_file_that_others_can_write_is_refused(self, file: Path, tmp_path: Path, mode: int) -> None:
        file.chmod(mode)
        with pytest.raises(SettingsError, match="can be written by others"):
            read_settings(tmp_path / "none", file)

    def test_folder_that_others_can_write_is_refused(self, file: Path, tmp_path: Path) -> None:
        file.parent.chmod(0o777)
        with pytest.raises(SettingsError, match="can be written by others"):
            read_settings(tmp_path / "none", file)

    def test_file_of_another_user_is_refused(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """As an administrator sees a user's file: here every file belongs to somebody else than `root`."""
        owner = file.stat().st_uid
        state = file.stat()
        changed = os.stat_result((*state[:4], owner + 1, *state[5:]))
        monkeypatch.setattr(Path, "stat", lambda self, **_: changed)
        assert "belongs to user" in ownership_posix.doubt_of(file, owner)

    def test_link_to_a_users_file_is_judged_by_the_file(self, file: Path, tmp_path: Path) -> None:
        file.unlink()
        target = tmp_path / "mine.toml"
        target.write_text("[web]\n")
        target.chmod(0o666)
        file.symlink_to(target)
        with pytest.raises(SettingsError, match="can be written by others"):
            read_settings(tmp_path / "none", file)

    def test_broken_link_and_folder_are_refused(self, file: Path, tmp_path: Path) -> None:
        file.unlink()
        file.symlink_to(tmp_path / "gone")
        with pytest.raises(SettingsError, match=str(file)):
            read_settings(tmp_path / "none", file)
        file.unlink()
        file.mkdir(mode=0o755)
        with pytest.raises(SettingsError, match="is no file"):
            read_settings(tmp_path / "none", file)

    def test_place_does_not_depend_on_the_users_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("XDG_CONFIG_DIRS", "/elsewhere")
        assert Path("/etc/xdg/cardlogin/agent.toml") == ADMINISTRATOR_FILE


INSTALLER = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
USER = "S-1-5-21-1004336348-1177238915-682003330-1001"
GOOD = [
    "O:BAG:SYD:PAI(A;;FA;;;SY)(A;;FA;;;BA)(A;;0x1200a9;;;BU)",
    "O:SYG:SYD:AI(A;ID;FA;;;SY)(A;ID;FRFX;;;AU)",
    f"O:{INSTALLER}G:SYD:PAI(A;;FA;;;SY)",
    "O:BAD:(A;OICIIO;GA;;;CO)(A;;FA;;;BA)",
    "O:BAD:(D;;FA;;;WD)(A;;FA;;;SY)(A;;GRGX;;;WD)",
    "O:S-1-5-32-544G:SYD:(A;;FA;;;S-1-5-18)",
]
BAD = [
    "",
    "O:BAG:SY",
    "D:(A;;FA;;;SY)",
    "O:BAD:NO_ACCESS_CONTROL",
    f"O:{USER}G:SYD:(A;;FA;;;SY)",
    "O:BUD:(A;;FA;;;SY)",
    "O:BAD:(A;;FA;;;BU)",
    "O:BAD:(A;;FW;;;WD)",
    f"O:BAD:(A;;GA;;;{USER})",
    "O:BAD:(A;;0x1301bf;;;AU)",
    "O:BAD:(A;;FRFW;;;BU)",
    "O:BAD:(A;;FRWD;;;BU)",
    "O:BAD:(A;;FRWO;;;BU)",
    "O:BAD:(A;;FRSD;;;BU)",
    "O:BAD:(A;CIID;DCLCRPCR;;;BU)",
    "O:BAD:(A;;FA)",
    f"O:BAD:(XA;;FR;;;{USER};(x))",
    "O:BAD:(A;;0x40000000;;;WD)",
]


@pytest.mark.parametrize("descriptor", GOOD)
def test_windows_file_of_administrators_alone_is_trusted(descriptor: str) -> None:
    assert doubt_of_descriptor(descriptor) == ""


@pytest.mark.parametrize("descriptor", BAD)
def test_windows_file_that_others_could_have_written_is_refused(descriptor: str) -> None:
    assert doubt_of_descriptor(descriptor)
