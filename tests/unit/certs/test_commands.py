"""The commands create and trust, by their exit status."""

import subprocess
import sys
from pathlib import Path

import pytest

from certs.__main__ import main
from tests.stand.parts import ROOT as HOUSE


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The exit status of a command."""
    monkeypatch.setattr(sys, "argv", ["certs", *arguments])
    return main()


def test_create_then_trust(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, home = tmp_path / "identity", tmp_path / "home"
    assert run(monkeypatch, "create", "--folder", str(folder)) == 0
    assert run(monkeypatch, "trust", "--folder", str(folder), "--home", str(home)) == 0
    assert (home / ".local/share/pki/nssdb/cert9.db").exists()
    assert capsys.readouterr() == ("", "")


def test_create_over_an_identity_is_status_2(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "identity"
    folder.mkdir()
    assert run(monkeypatch, "create", "--folder", str(folder)) == 2
    assert capsys.readouterr().err == f"certs: {folder} exists\n"


def test_create_in_a_place_that_cannot_be_is_status_2(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert run(monkeypatch, "create", "--folder", str(tmp_path / "file" / "identity")) == 2
    assert capsys.readouterr().err.startswith("certs: ")


def test_trust_without_an_identity_is_status_2(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "trust", "--folder", str(tmp_path / "none"), "--home", str(tmp_path / "home")) == 2
    assert capsys.readouterr().err.startswith("certs: ")


def test_trust_without_certutil_is_status_2(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "identity"
    assert run(monkeypatch, "create", "--folder", str(folder)) == 0
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run(monkeypatch, "trust", "--folder", str(folder), "--home", str(tmp_path / "home")) == 2
    assert "libnss3-tools" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["create"], ["nonsense"], ["trust"]])
def test_wrong_usage_is_status_2(monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run(monkeypatch, *arguments)
    assert caught.value.code == 2


def test_module_can_be_run(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "certs", "create", "--folder", str(tmp_path / "identity")]
    assert subprocess.run(command, cwd=HOUSE, check=False, capture_output=True, timeout=20).returncode == 0
    assert {file.name for file in (tmp_path / "identity").iterdir()} == {"root.pem", "leaf.pem", "leaf.key"}
