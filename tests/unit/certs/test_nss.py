"""Chromium's certificate database, changed and read with the real certutil."""

import subprocess
from pathlib import Path

import pytest

from certs.authority import make_identity
from certs.folder import ROOT, write_identity
from certs.nss import NAME, StoreError, chromium_database, nickname, trust


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The PEM of a root."""
    folder = tmp_path_factory.mktemp("identity") / "identity"
    write_identity(folder, make_identity())
    return folder / ROOT


def listing(database: Path) -> list[tuple[str, str]]:
    """Names and trust of a database, as certutil lists them."""
    result = subprocess.run(
        ["certutil", "-d", f"sql:{database}", "-L"], capture_output=True, text=True, check=True, timeout=20
    )
    lines = [line.rsplit(maxsplit=1) for line in result.stdout.splitlines()[4:] if line.strip()]
    return [(name.strip(), flags) for name, flags in lines]


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


def test_looking_for_the_database_makes_nothing(tmp_path: Path) -> None:
    chromium_database(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_root_is_trusted_for_servers_only(tmp_path: Path, root: Path) -> None:
    trust(tmp_path / "nssdb", root)
    assert listing(tmp_path / "nssdb") == [(nickname(NAME, root), "C,,")]


def test_trust_twice_is_harmless(tmp_path: Path, root: Path) -> None:
    for _ in range(2):
        trust(tmp_path / "nssdb", root)
    assert listing(tmp_path / "nssdb") == [(nickname(NAME, root), "C,,")]


def test_other_certificates_of_the_user_stay(tmp_path: Path, root: Path) -> None:
    other = tmp_path / "other"
    write_identity(other, make_identity())
    trust(tmp_path / "nssdb", other / ROOT, "Company root")
    trust(tmp_path / "nssdb", root)
    names = [nickname(NAME, root), nickname("Company root", other / ROOT)]
    assert sorted(listing(tmp_path / "nssdb")) == sorted((name, "C,,") for name in names)


def test_new_database_is_its_users_alone(tmp_path: Path, root: Path) -> None:
    trust(tmp_path / "nssdb", root)
    assert (tmp_path / "nssdb").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_root_that_is_none_is_a_store_error(tmp_path: Path, content: bytes | None) -> None:
    root = tmp_path / "root.pem"
    if content is not None:
        root.write_bytes(content)
    with pytest.raises(StoreError):
        trust(tmp_path / "nssdb", root)


def test_missing_certutil_is_told_with_its_package(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StoreError, match="libnss3-tools"):
        trust(tmp_path / "nssdb", root)


def test_database_with_a_password_is_a_store_error_and_no_hang(tmp_path: Path, root: Path) -> None:
    database, password = tmp_path / "nssdb", tmp_path / "password"
    database.mkdir()
    (database / "cert9.db").write_bytes(b"no database")
    password.write_text("x")
    with pytest.raises(StoreError):
        trust(database, root)
