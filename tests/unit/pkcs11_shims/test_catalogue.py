"""The catalogue of drivers: its own rows, and rows that must be refused."""

import re
from pathlib import Path

import pytest

from pkcs11_shims.catalogue import TriesQuestion, administrators_driver, is_absolute, read_catalogue

ROW = """[[driver]]
name = "x"
citizen = true
{field} = [{paths}]
signing_ids = ["01", "5349474E"]
tries = [{{ manufacturer = "piv_II", apdu = "00200080" }}]
"""


def catalogue(tmp_path: Path, *paths: str, field: str = "paths") -> Path:
    """A catalogue of one row."""
    file = tmp_path / "catalogue.toml"
    file.write_text(ROW.format(field=field, paths=", ".join(f"'{path}'" for path in paths)))
    return file


def test_own_catalogue_offers_citizens_the_official_driver_first() -> None:
    rows = read_catalogue()
    assert [name for name, row in rows.items() if row.citizen] == ["hicos", "open-gpki", "hca", "opensc"]
    assert not rows["softhsm2"].citizen, "a token that never locks is for developers"
    assert not rows["p11-kit"].citizen, "it would load every token of the computer"


@pytest.mark.parametrize("name", list(read_catalogue()))
def test_own_rows_are_complete(name: str) -> None:
    row = read_catalogue()[name]
    assert row.name == name
    assert bool(row.paths) != bool(row.configured)
    assert row.signing_ids
    assert all(row.signing_ids)
    assert len(set(row.paths)) == len(row.paths)


@pytest.mark.parametrize("system", ["/", "~/Library/", "%SystemRoot%\\"])
def test_official_driver_has_candidates_on_every_system(system: str) -> None:
    assert any(path.startswith(system) for path in read_catalogue()["hicos"].paths)


def test_government_cards_are_not_asked_for_their_tries_by_an_apdu() -> None:
    """A VERIFY that is not in the card's own secure form may itself spend a try."""
    assert all(not read_catalogue()[name].tries for name in ("hicos", "open-gpki", "hca"))


def test_row_is_read_in_its_types(tmp_path: Path) -> None:
    (row,) = read_catalogue(catalogue(tmp_path, "/usr/lib/x.so", "C:\\x.dll")).values()
    assert row.paths == ("/usr/lib/x.so", "C:\\x.dll")
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
        read_catalogue(catalogue(tmp_path, "/usr/lib/good.so", path, field=field))


@pytest.mark.parametrize("path", ["/x.so", "C:\\x.dll", "C:/x.dll", "\\\\server\\x.dll", "~/x.so", "%SystemRoot%\\x"])
def test_absolute_paths_of_all_systems_are_known(path: str) -> None:
    assert is_absolute(path)


@pytest.mark.parametrize("path", ["/opt/own/libown.so", "C:\\Own\\libown.so"])
def test_administrators_driver_is_named_after_its_file(path: str) -> None:
    assert administrators_driver(path).name == "libown.so"
    assert administrators_driver(path).paths == (path,)


def test_question_for_tries_carries_no_pin() -> None:
    for row in read_catalogue().values():
        for question in row.tries:
            assert question.apdu[1] == 0x20, "VERIFY"
            assert len(question.apdu) == 4, "no data"


def test_opensc_gets_settings_of_ours_that_load_nothing() -> None:
    configuration = read_catalogue()["opensc"].configuration
    assert configuration is not None
    for file in (configuration.looking, configuration.signing):
        text = file.read_text("utf-8")
        assert not re.search(r"provider_library|card_drivers|module|debug_file|/", re.sub("#.*", "", text))
    signing = configuration.signing.read_text("utf-8")
    assert "lock_login = true;" in signing
    assert "transaction_end_action = reset;" in signing
