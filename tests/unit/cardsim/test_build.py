"""Building the PKI folder: private, whole, repeatable, and never over somebody's files."""

import json
import threading
from pathlib import Path

import pytest

from cardsim.card.image import load_image
from cardsim.errors import SimulatorError
from cardsim.pki.build import build
from cardsim.pki.index import intact, read_index

URL = "http://127.0.0.1:8099"
SMALL = """
[authorities.root]
common_name = "(測試用) root"
issued_days_ago = 10
years = 9
[authorities.moica]
issuer = "root"
unit = "(測試用) moica"
issued_days_ago = 10
years = 9
[defaults]
authority = "moica"
profile = "citizen"
state = "good"
certificates = ["signing"]
key = "p-256"
policy = "2.16.886.101.0.3.3"
pin = "123456"
puk = "12345678"
tries = 3
last_failure = "6983"
issued_days_ago = 1
years = 5
[cards.one]
holder = "測試人"
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A description with one card only."""
    path = tmp_path / "small.toml"
    path.write_text(SMALL, encoding="utf-8")
    return path


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_nothing_is_open_to_others(pki: Path) -> None:
    assert pki.stat().st_mode & 0o777 == 0o700
    for path in pki.rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


def test_the_index(pki: Path) -> None:
    index = json.loads((pki / "pki.json").read_text())
    citizen = index["cards"]["citizen"]
    assert (citizen["file"], citizen["holder"], citizen["pin"]) == ("cards/citizen.json", "王小明", "123456")
    assert index["cards"]["empty"]["serial"] is None
    assert {name: card["state"] for name, card in index["cards"].items() if card["state"] != "good"} == {
        "revoked": "revoked",
        "suspended": "suspended",
    }
    assert all(load_image(pki / card["file"]).name == name for name, card in index["cards"].items())


def test_a_second_run_changes_nothing(small: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert build(out, URL, small) is True
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert build(out, URL, small) is False
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    assert _names(tmp_path) == {"small.toml", "out"}


@pytest.mark.parametrize("change", ["url", "data", "damage", "missing", "index"])
def test_anything_else_builds_anew(small: Path, tmp_path: Path, change: str) -> None:
    out, url = tmp_path / "out", URL
    build(out, url, small)
    key = (out / "authorities" / "moica" / "key.der").read_bytes()
    if change == "url":
        url = "http://127.0.0.1:8100"
    elif change == "data":
        small.write_text(SMALL + "\n", encoding="utf-8")
    elif change == "damage":
        (out / "anchors" / "root.cer").write_bytes(b"")
    elif change == "missing":
        (out / "cards" / "one.json").unlink()
    else:
        (out / "pki.json").write_text("{}")
    assert build(out, url, small) is True
    assert (out / "authorities" / "moica" / "key.der").read_bytes() != key
    assert read_index(out).base_url == url
    assert _names(tmp_path) == {"small.toml", "out"}


def test_other_folders_are_left_alone(small: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "precious").write_text("keep")
    with pytest.raises(SimulatorError, match="is not a test PKI"):
        build(out, URL, small)
    assert _names(out) == {"precious"}


def test_an_empty_folder_is_taken(small: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir(mode=0o755)
    assert build(tmp_path / "out", URL, small)
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o700


def test_a_failure_leaves_the_old_pki(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    build(out, URL, small)
    index = (out / "pki.json").read_bytes()
    small.write_text(SMALL + "\n", encoding="utf-8")
    monkeypatch.setattr("cardsim.pki.build._Builder.files", lambda self: {"ok": b"", "bad\0name": b""})
    with pytest.raises(ValueError, match="null"):
        build(out, URL, small)
    assert (out / "pki.json").read_bytes() == index
    assert _names(tmp_path) == {"small.toml", "out"}


def test_two_builders_at_once_make_one_whole_pki(small: Path, tmp_path: Path) -> None:
    made: list[bool] = []
    threads = [threading.Thread(target=lambda: made.append(build(tmp_path / "out", URL, small))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [False, False, True]
    fingerprint = json.loads((tmp_path / "out" / "pki.json").read_text())["fingerprint"]
    assert intact(tmp_path / "out", fingerprint)


def test_a_place_that_cannot_be_written(small: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SimulatorError, match="cannot write the PKI"):
        build(tmp_path / "file" / "out", URL, small)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"format": "cardlogin-test-pki:1"}', b"[" * 100000])
def test_a_folder_without_a_readable_index(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "pki.json").write_bytes(content)
    with pytest.raises(SimulatorError, match="holds no test PKI"):
        read_index(tmp_path)
