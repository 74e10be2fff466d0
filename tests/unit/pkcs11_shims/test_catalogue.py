"""The catalogue of drivers: its own rows, and rows that must be refused."""

import re
from pathlib import Path

import pytest

from pkcs11_shims.catalogue import SYSTEMS, TriesQuestion, administrators_driver, is_absolute, read_catalogue

ROW = """[[driver]]
name = "x"
citizen = true
{field}.{system} = [{paths}]
signing_ids = ["01", "5349474E"]
tries = [{{ manufacturer = "piv_II", apdu = "00200080" }}]
"""


def catalogue(tmp_path: Path, *paths: str, field: str = "paths", system: str = "linux") -> Path:
    """A catalogue of one row."""
    file = tmp_path / "catalogue.toml"
    file.write_text(ROW.format(field=field, system=system, paths=", ".join(f"'{path}'" for path in paths)))
    return file


@pytest.mark.parametrize("system", SYSTEMS)
def test_own_catalogue_offers_citizens_the_official_driver_first(system: str) -> None:
    rows = read_catalogue(system)
    assert [name for name, row in rows.items() if row.citizen] == ["hicos", "open-gpki", "hca", "opensc"]
    assert not rows["softhsm2"].citizen, "a token that never locks is for developers"
    assert not rows["p11-kit"].citizen, "it would load every token of the computer"


@pytest.mark.parametrize("name", list(read_catalogue("linux")))
def test_own_rows_are_complete(name: str) -> None:
    rows = [read_catalogue(system)[name] for system in SYSTEMS]
    assert {row.name for row in rows} == {name}
    assert any(row.paths for row in rows) != any(row.configured for row in rows)
    for row in rows:
        assert row.signing_ids
        assert all(row.signing_ids)
        assert len(set(row.paths)) == len(row.paths)


@pytest.mark.parametrize("system", SYSTEMS)
def test_official_driver_has_candidates_on_every_system(system: str) -> None:
    assert read_catalogue(system)["hicos"].paths


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_path_is_one_of_its_system(system: str) -> None:
    """A file of another system's name may be anybody's here."""
    endings = {"windows": (".dll",), "macos": (".dylib", ".so"), "linux": (".so",)}[system]
    foreign = {"windows": ("/", "~"), "macos": ("/usr/lib", "%", "C:"), "linux": ("~", "/Library", "/opt", "%", "C:")}
    for row in read_catalogue(system).values():
        assert not [path for path in row.paths if not path.endswith(endings)]
        places = (*row.paths, *row.configured, *row.folders)
        assert not [path for path in places if path.startswith(foreign[system])]


def test_rows_of_the_three_systems_share_no_place_but_the_local_one() -> None:
    of = [{path for row in read_catalogue(system).values() for path in row.paths} for system in SYSTEMS]
    assert not of[0] & (of[1] | of[2])
    assert of[1] & of[2] == {"/usr/local/lib/softhsm/libsofthsm2.so"}, "both systems install there by hand"


@pytest.mark.parametrize("system", ["", "Linux", "freebsd"])
def test_system_that_is_none_of_the_catalogues_is_refused(system: str) -> None:
    with pytest.raises(ValueError, match="no system"):
        read_catalogue(system)


@pytest.mark.parametrize("field", ["paths", "configured", "folders"])
def test_paths_without_a_system_or_of_an_unknown_one_are_refused(tmp_path: Path, field: str) -> None:
    file = catalogue(tmp_path, "/usr/lib/x.so", field=field, system="freebsd")
    with pytest.raises(ValueError, match="by system"):
        read_catalogue("linux", file)
    file.write_text(file.read_text().replace(f"{field}.freebsd", field))
    with pytest.raises(ValueError, match="by system"):
        read_catalogue("linux", file)


def test_government_cards_are_not_asked_for_their_tries_by_an_apdu() -> None:
    """A VERIFY that is not in the card's own secure form may itself spend a try."""
    assert all(not read_catalogue("linux")[name].tries for name in ("hicos", "open-gpki", "hca"))


def test_row_is_read_in_its_types(tmp_path: Path) -> None:
    (row,) = read_catalogue("linux", catalogue(tmp_path, "/usr/lib/x.so", "/usr/lib/y.so")).values()
    assert row.paths == ("/usr/lib/x.so", "/usr/lib/y.so")
    assert row.signing_ids == (b"\1", b"SIGN")
    assert row.tries == (TriesQuestion("piv_II", bytes.fromhex("00200080")),)
    assert (row.configured, row.folders) == ((), ())


BAD = [
    "x.so", "./x.so", "../x.so", "lib/x.so", "", "C:x.dll", "x.dll", "\\x.dll", "~", "~/", "~x/y.so", "%SystemRoot%",
    "%SystemRoot%\\", "%TEMP%\\x.dll", "%systemroot%\\x.dll", "$HOME/x.so",
]  # fmt: skip


@pytest.mark.parametrize("field", ["paths", "configured", "folders"])
@pytest.mark.parametrize("path", BAD)
def test_path_that_the_current_directory_or_the_environment_could_serve_is_refused(
    tmp_path: Path, field: str, path: str
) -> None:
    with pytest.raises(ValueError, match="driver x"):
        read_catalogue("linux", catalogue(tmp_path, "/usr/lib/good.so", path, field=field))
    with pytest.raises(ValueError, match="driver x"):
        read_catalogue("linux", catalogue(tmp_path, "C:\\good.dll", path, field=field, system="windows"))


@pytest.mark.parametrize(
    ("system", "path"),
    [
        ("linux", "/x.so"), ("macos", "/x.so"), ("linux", "~/x.so"), ("macos", "~/x.so"),
        ("windows", "C:\\x.dll"), ("windows", "C:/x.dll"), ("windows", "%SystemRoot%\\x"),
    ],
)  # fmt: skip
def test_absolute_path_is_one_on_its_own_system(system: str, path: str) -> None:
    assert is_absolute(path, system)
    assert not is_absolute(path, "linux" if system == "windows" else "windows")


@pytest.mark.parametrize("path", ["/opt/own/libown.so", "C:\\Own\\libown.so"])
def test_administrators_driver_is_named_after_its_file(path: str) -> None:
    assert administrators_driver(path).name == "libown.so"
    assert administrators_driver(path).paths == (path,)


def test_question_for_tries_carries_no_pin() -> None:
    for row in read_catalogue("linux").values():
        for question in row.tries:
            assert question.apdu[1] == 0x20, "VERIFY"
            assert len(question.apdu) == 4, "no data"


def test_opensc_gets_settings_of_ours_that_load_nothing() -> None:
    configuration = read_catalogue("linux")["opensc"].configuration
    assert configuration is not None
    for file in (configuration.looking, configuration.signing):
        text = file.read_text("utf-8")
        assert not re.search(r"provider_library|card_drivers|module|debug_file|/", re.sub("#.*", "", text))
    signing = configuration.signing.read_text("utf-8")
    assert "lock_login = true;" in signing
    assert "transaction_end_action = reset;" in signing
