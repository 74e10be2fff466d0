"""The settings file: defaults, exact types, unknown keys refused."""

from pathlib import Path

import pytest

from agent.settings import CardSettings, SettingsError, WebSettings, default_file, read_settings


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the settings go."""
    return tmp_path / "agent.toml"


def refused(file: Path, content: str | bytes) -> str:
    """What is said of a settings file; it must be refused."""
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(SettingsError) as caught:
        read_settings(file)
    return str(caught.value)


@pytest.mark.parametrize("content", [None, "", "# nothing\n", "[web]\n[card]\n"])
def test_defaults_without_settings(file: Path, content: str | None) -> None:
    if content is not None:
        file.write_text(content)
    settings = read_settings(file)
    assert settings.web == WebSettings(ports=(61171, 61172, 61173), developer=False)
    assert settings.card == CardSettings(drivers=())
    assert settings.state.is_absolute()


def test_everything_can_be_set(file: Path, tmp_path: Path) -> None:
    file.write_text(
        f'state = "{tmp_path}"\n[web]\nports = [1024, 65535]\ndeveloper = true\n'
        '[card]\ndrivers = ["softhsm2", "opensc"]\n'
    )
    settings = read_settings(file)
    assert settings.web == WebSettings(ports=(1024, 65535), developer=True)
    assert settings.card == CardSettings(drivers=("softhsm2", "opensc"))
    assert settings.state == tmp_path


def test_home_sign_is_understood(file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    file.write_text('state = "~/cardlogin"\n')
    assert read_settings(file).state == tmp_path / "cardlogin"


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("typo = 1", "typo"), ("[web]\nport = [61171]", "web.port"), ("[web]\ndevelop = true", "web.develop"),
        ("[card]\ndriver = []", "card.driver"), ("[net]", "net"), ("[web.ports]\nx = 1", "web.ports"),
        ("[card]\npin = '123456'", "card.pin"),
    ],
)  # fmt: skip
def test_unknown_key_is_refused_by_name(file: Path, content: str, named: str) -> None:
    assert named in refused(file, content)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("state = 1", "state"), ("state = ['a']", "state"), ("web = 1", "web"), ("web = [1]", "web"), ("card = 'x'",
        "card"),
        ("[web]\nports = 61171", "web.ports"), ("[web]\nports = '61171'", "web.ports"), ("[web]\nports = ['61171']",
        "web.ports"),
        ("[web]\nports = [true]", "web.ports"), ("[web]\nports = [61171.0]", "web.ports"), ("[web]\nports = [[61171]]",
        "web.ports"),
        ("[web]\ndeveloper = 1", "web.developer"), ("[web]\ndeveloper = 'false'", "web.developer"),
        ("[card]\ndrivers = 'opensc'", "card.drivers"), ("[card]\ndrivers = [1]", "card.drivers"),
        ("[card]\ndrivers = {a = 1}", "card.drivers"), ("[[web]]\nports = [61171]", "web"),
    ],
)  # fmt: skip
def test_wrong_type_is_refused_by_name(file: Path, content: str, named: str) -> None:
    assert named in refused(file, content)


@pytest.mark.parametrize("port", [0, 1, 443, 1023, 65536, -1, 2**70])
def test_port_out_of_range_is_refused(file: Path, port: int) -> None:
    assert "web.ports" in refused(file, f"[web]\nports = [61171, {port}]")


def test_empty_list_of_ports_is_refused(file: Path) -> None:
    assert "web.ports" in refused(file, "[web]\nports = []")


@pytest.mark.parametrize("content", ["[web", "a = ", "a = 1\na = 2", b"\xff\xfe", b"\x00", "= 1", "[web]\n[web]"])
def test_file_that_is_not_toml_is_refused_with_its_name(file: Path, content: str | bytes) -> None:
    assert str(file) in refused(file, content)


def test_folder_in_place_of_the_file_is_refused(file: Path) -> None:
    file.mkdir()
    with pytest.raises(SettingsError):
        read_settings(file)


def test_users_own_file_lies_in_the_configuration_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert default_file() == tmp_path / "cardlogin" / "agent.toml"
