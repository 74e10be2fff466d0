"""The daemon's child: makes the identity, by its exit status."""

import subprocess
import sys
from pathlib import Path

import pytest

from certs.__main__ import main
from certs.life import MANIFEST, read_life
from tests.stand.parts import ROOT as HOUSE
from tests.stand.waiting import LIMIT


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The exit status of a command."""
    monkeypatch.setattr(sys, "argv", ["certs", *arguments])
    return main()


def test_create_makes_one_and_leaves_it_alone_then(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "identity"
    assert run(monkeypatch, "create", "--folder", str(folder)) == 0
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert run(monkeypatch, "create", "--folder", str(folder)) == 0
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    assert capsys.readouterr() == ("", "")


def test_create_replaces_an_earlier_versions_and_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "identity"
    folder.mkdir()
    for name in ("root.pem", "leaf.pem", "leaf.key"):
        (folder / name).write_text("old")
    assert run(monkeypatch, "create", "--folder", str(folder)) == 0
    assert "cardlogin trust install" in capsys.readouterr().out
    assert read_life(folder).leaves


@pytest.mark.parametrize("way", ["empty folder", "file", "damaged"])
def test_create_over_something_else_is_status_2(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], way: str
) -> None:
    folder = tmp_path / "identity"
    if way == "file":
        folder.write_text("mine")
    else:
        folder.mkdir()
        if way == "damaged":
            (folder / MANIFEST).write_text("{")
    assert run(monkeypatch, "create", "--folder", str(folder)) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("certs: ")
    assert captured.err.count("\n") == 1
    assert captured.out == ""


def test_create_in_a_place_that_cannot_be_is_status_2(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert run(monkeypatch, "create", "--folder", str(tmp_path / "file" / "identity")) == 2
    assert capsys.readouterr().err.startswith("certs: ")


@pytest.mark.parametrize("arguments", [[], ["create"], ["nonsense"], ["trust"]])
def test_wrong_usage_is_status_2(monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run(monkeypatch, *arguments)
    assert caught.value.code == 2


def test_module_can_be_run(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "certs", "create", "--folder", str(tmp_path / "identity")]
    assert subprocess.run(command, cwd=HOUSE, check=False, capture_output=True, timeout=LIMIT).returncode == 0
    assert read_life(tmp_path / "identity").leaves
