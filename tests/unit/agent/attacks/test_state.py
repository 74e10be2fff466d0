"""The agent's own files, made into something else: a clear error or as if nothing were there, no hang, no traceback."""

import json
import os
import shutil
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.card.frames import DriverAnswer
from agent.drivers import DriverAnswers
from agent.failures import Code, FailureError
from agent.language import ChosenLanguage
from agent.permissions import Decision, Permissions, PermissionsError
from agent.platform.appearance import desktop_is_dark
from agent.settings import SettingsError, read_settings
from certs.folder import ensure_identity
from certs.journal import Journal
from certs.life import Fault, IdentityError, check_identity
from certs.store import StoreError
from tests.stand.parts import ROOT, free_port
from tests.stand.waiting import LIMIT

WHO = "another program of the same user, or another user"

OTHER = 65534
Make = Callable[[Path], object]


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(path))


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(10 << 30)
    path.chmod(0o600)


def _file(path: Path, mode: int = 0o600, owner: int = 0) -> None:
    path.write_text("{}")
    path.chmod(mode)
    os.chown(path, owner, owner)


ODD: dict[str, Make] = {
    "pipe": os.mkfifo,
    "socket": _socket,
    "folder": Path.mkdir,
    "endless device": lambda path: path.symlink_to("/dev/zero"),
    "link to a file of ours": lambda path: path.symlink_to(__file__),
    "link to itself": lambda path: path.symlink_to(path),
    "ten gigabytes without content": _sparse,
    "written by all": lambda path: _file(path, 0o666),
    "written by a group": lambda path: _file(path, 0o660),
    "of another user": lambda path: _file(path, owner=OTHER),
}


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An identity, to be copied: making one takes a moment."""
    folder = tmp_path_factory.mktemp("made") / "identity"
    ensure_identity(folder)
    return folder


def run(tmp_path: Path, state: Path, *before: str) -> "subprocess.CompletedProcess[str]":
    """A daemon that is to refuse to start."""
    settings = tmp_path / "agent.toml"
    settings.write_text(
        f"state = {json.dumps(str(state))}\n[hipki]\nport = 0\n[web]\nports = [{free_port()}]\nhttp_port = 0\n"
    )
    return subprocess.run(
        [*before, sys.executable, "-m", "agent", "run", "--settings", str(settings)], cwd=ROOT, capture_output=True,
        text=True, check=False, timeout=LIMIT,
    )  # fmt: skip


def refused(result: "subprocess.CompletedProcess[str]", word: str) -> None:
    """Status 2 and one line with a stable word."""
    assert result.returncode == 2, result.stderr
    assert word in result.stderr.splitlines()[-1]
    assert "Traceback" not in result.stderr


def _folder(path: Path, mode: int = 0o700, owner: int = 0) -> Path:
    path.mkdir()
    os.chown(path, owner, owner)
    path.chmod(mode)
    return path


FOLDERS: dict[str, Callable[[Path], Path]] = {
    "written by all": lambda folder: _folder(folder / "state", 0o777),
    "written by a group": lambda folder: _folder(folder / "state", 0o770),
    "of another user": lambda folder: _folder(folder / "state", 0o755, OTHER),
    "in a folder that all write": lambda folder: _folder(_folder(folder / "open", 0o777) / "state"),
    "to be made in a folder that all write": lambda folder: _folder(folder / "open", 0o777) / "state",
    "in a folder of another user": lambda folder: _folder(_folder(folder / "theirs", 0o755, OTHER) / "state"),
    "link to a folder of another user": lambda folder: _link(folder / "state", _folder(folder / "x", 0o755, OTHER)),
    "link in a folder that all write": lambda folder: _link(
        _folder(folder / "open", 0o777) / "x", _folder(folder / "s")
    ),
    "link to nowhere": lambda folder: _link(folder / "state", folder / "nowhere"),
    "pipe": lambda folder: _made(folder / "state", os.mkfifo),
    "file": lambda folder: _made(folder / "state", _file),
    "beneath a file": lambda folder: _made(folder / "file", _file) / "state",
}


def _made(path: Path, make: Make) -> Path:
    make(path)
    return path


def _link(path: Path, target: Path) -> Path:
    path.symlink_to(target)
    return path


@pytest.mark.parametrize("kind", FOLDERS)
def test_state_folder(tmp_path: Path, kind: str) -> None:
    """The state folder is one that others can change"""
    refused(run(tmp_path, FOLDERS[kind](tmp_path)), "state_unsafe")


LOCKS = ["pipe", "socket", "folder", "endless device", "link to a file of ours", "of another user"]


@pytest.mark.parametrize("kind", [*LOCKS, "second name of a file"])
def test_lock(tmp_path: Path, kind: str) -> None:
    """The lock file is something else, which locking would empty or wait for"""
    state, kept = _folder(tmp_path / "state"), _made(tmp_path / "kept", _file)
    if kind == "second name of a file":
        (state / "daemon.lock").hardlink_to(kept)
    else:
        ODD[kind](state / "daemon.lock")
    before = Path(__file__).stat().st_size
    refused(run(tmp_path, state), "state_unsafe")
    assert (kept.read_text(), Path(__file__).stat().st_size) == ("{}", before)


@pytest.mark.parametrize("name", ["identity.json", "root.pem", "leaf.pem", "leaf.key"])
@pytest.mark.parametrize("kind", ODD)
def test_identity_file(tmp_path: Path, identity: Path, name: str, kind: str) -> None:
    """A file of the localhost identity is something else"""
    folder = tmp_path / "identity"
    shutil.copytree(identity, folder)
    path = sorted(folder.glob(f"leaf-*{Path(name).suffix}"))[0] if name.startswith("leaf") else folder / name
    path.unlink()
    ODD[kind](path)
    with pytest.raises(IdentityError) as caught:
        check_identity(folder)
    assert caught.value.fault is Fault.UNREADABLE


def test_identity_of_a_daemon(tmp_path: Path, identity: Path) -> None:
    """A key is a pipe when the daemon starts"""
    shutil.copytree(identity, tmp_path / "state" / "identity")
    key = sorted((tmp_path / "state" / "identity").glob("*.key"))[0]
    key.unlink()
    os.mkfifo(key)
    refused(run(tmp_path, tmp_path / "state"), "is no file")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_key_that_others_could_read(tmp_path: Path, identity: Path, mode: int) -> None:
    """A key that others may have copied stays in use"""
    folder = tmp_path / "identity"
    shutil.copytree(identity, folder)
    key = sorted(folder.glob("*.key"))[0]
    key.chmod(mode)
    root, copy = (folder / "root.pem").read_bytes(), key.read_bytes()
    with pytest.raises(IdentityError) as caught:
        check_identity(folder)
    assert caught.value.fault is Fault.EXPOSED
    assert ensure_identity(folder), "it says that a root was replaced"
    check_identity(folder)
    assert (folder / "root.pem").read_bytes() != root
    assert copy not in [path.read_bytes() for path in folder.iterdir()]


@pytest.mark.parametrize("kind", ODD)
def test_permissions(tmp_path: Path, kind: str) -> None:
    """The remembered permissions are something else: nobody is admitted, and nothing is written through it"""
    path = tmp_path / "origins.json"
    ODD[kind](path)
    with pytest.raises(FailureError) as caught:
        Permissions(path).denied("https://portal.example")
    assert caught.value.code is Code.PERMISSIONS_UNREADABLE
    before = Path(__file__).read_bytes()
    with pytest.raises(PermissionsError):
        Permissions(path).decide("https://portal.example", Decision.ALLOW)
    assert Path(__file__).read_bytes() == before


@pytest.mark.parametrize("kind", [kind for kind in ODD if not kind.startswith("written by")])
def test_permissions_lock(tmp_path: Path, kind: str) -> None:
    """The lock of the permissions is something else"""
    ODD[kind](tmp_path / "origins.lock")
    before = Path(__file__).read_bytes()
    with pytest.raises(PermissionsError):
        Permissions(tmp_path / "origins.json").decide("https://portal.example", Decision.ALLOW)
    assert Path(__file__).read_bytes() == before


@pytest.mark.parametrize("kind", ODD)
def test_language(tmp_path: Path, kind: str) -> None:
    """The chosen language is something else: none is chosen, and a choice leaves what a link leads to as it is"""
    path = tmp_path / "language"
    ODD[kind](path)
    language = ChosenLanguage(path)
    assert language.language is None
    before = Path(__file__).read_bytes()
    language.remember("en")
    assert Path(__file__).read_bytes() == before


@pytest.mark.parametrize("kind", ODD)
def test_answers_about_drivers(tmp_path: Path, kind: str) -> None:
    """The answers about drivers are something else: all is asked again"""
    path = tmp_path / "drivers.json"
    ODD[kind](path)
    assert DriverAnswers(path).all() == ()


@pytest.mark.parametrize("content", ["", "[", "{}", "[1]", '[{"path": "/x", "sha256": "0", "allowed": 1}]', "[" * 9999])
def test_answers_about_drivers_that_are_no_answers(tmp_path: Path, content: str) -> None:
    """The answers about drivers have another shape"""
    path = tmp_path / "drivers.json"
    path.write_text(content)
    path.chmod(0o600)
    answers = DriverAnswers(path)
    assert answers.all() == ()
    answer = DriverAnswer("/home/user/x.so", "0" * 64, True)
    answers.remember([answer])
    assert answers.all() == (answer,)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


SETTINGS = [kind for kind in ODD if kind not in ("written by a group",)]


@pytest.mark.parametrize("kind", SETTINGS)
def test_settings(tmp_path: Path, kind: str) -> None:
    """The user's settings are something else"""
    ODD[kind](tmp_path / "agent.toml")
    with pytest.raises(SettingsError):
        read_settings(tmp_path / "agent.toml", tmp_path / "none")


@pytest.mark.parametrize("kind", ODD)
def test_journal(tmp_path: Path, kind: str) -> None:
    """The journal of the trust stores is something else"""
    ODD[kind](tmp_path / "trust.journal")
    with pytest.raises(StoreError):
        Journal(tmp_path / "trust.journal")


@pytest.mark.parametrize("kind", ["pipe", "endless device", "socket", "folder", "ten gigabytes without content"])
def test_settings_of_the_desktop(tmp_path: Path, kind: str) -> None:
    """What the window reads of the desktop is something else"""
    (tmp_path / ".config" / "gtk-3.0").mkdir(parents=True)
    ODD[kind](tmp_path / ".config" / "gtk-3.0" / "settings.ini")
    assert desktop_is_dark({}, tmp_path) is False
