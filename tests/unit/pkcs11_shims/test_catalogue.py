"""The catalogue of drivers: its own rows, and rows that must be refused."""

from pathlib import Path

import pytest

from pkcs11_shims.catalogue import TriesQuestion, read_catalogue

ROW = """[[driver]]
name = "x"
citizen = true
paths = [{paths}]
signing_ids = ["01", "5349474E"]
tries = [{{ manufacturer = "piv_II", apdu = "00200080" }}]
"""


def catalogue(tmp_path: Path, *paths: str) -> Path:
    """A catalogue of one row."""
    file = tmp_path / "catalogue.toml"
    file.write_text(ROW.format(paths=", ".join(f"'{path}'" for path in paths)))
    return file


def test_own_catalogue_knows_the_two_open_drivers() -> None:
    rows = read_catalogue()
    assert list(rows) == ["opensc", "softhsm2"]
    assert rows["opensc"].citizen
    assert not rows["softhsm2"].citizen, "a token that never locks is for developers"


@pytest.mark.parametrize("name", list(read_catalogue()))
def test_own_rows_are_complete(name: str) -> None:
    row = read_catalogue()[name]
    assert row.name == name
    assert row.paths
    assert row.signing_ids
    assert all(row.signing_ids)


def test_row_is_read_in_its_types(tmp_path: Path) -> None:
    (row,) = read_catalogue(catalogue(tmp_path, "/usr/lib/x.so", "C:\\x.dll")).values()
    assert row.paths == ("/usr/lib/x.so", "C:\\x.dll")
    assert row.signing_ids == (b"\1", b"SIGN")
    assert row.tries == (TriesQuestion("piv_II", bytes.fromhex("00200080")),)


@pytest.mark.parametrize("path", ["x.so", "./x.so", "../x.so", "lib/x.so", "~/x.so", "", "C:x.dll", "x.dll", "\\x.dll"])
def test_relative_path_that_the_current_directory_could_serve_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(ValueError, match="driver x"):
        read_catalogue(catalogue(tmp_path, "/usr/lib/good.so", path))


def test_question_for_tries_carries_no_pin() -> None:
    for row in read_catalogue().values():
        for question in row.tries:
            assert question.apdu[1] == 0x20, "VERIFY"
            assert len(question.apdu) == 4, "a VERIFY with data would spend a try"
