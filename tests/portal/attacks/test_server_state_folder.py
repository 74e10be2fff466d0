"""The folder of a public installation, laid open or exchanged: the start is refused, and nothing new is open."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.portal.data.production import complete
from tests.portal.test_configuration import run
from tests.portal.test_serving import ROOT
from tests.stand.waiting import LIMIT

WHO = "another user of the machine"
OTHER = 65_534  # nobody


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A folder as it should be, in one that may be changed by the test."""
    made = tmp_path / "above" / "state"
    made.mkdir(parents=True, mode=0o700)
    (tmp_path / "above").chmod(0o755)
    return made


@pytest.fixture
def environment(state: Path) -> dict[str, str]:
    """A complete environment with SQLite."""
    made = complete(state)
    del made["CARDLOGIN_DATABASE_URL"], made["CARDLOGIN_CACHE_URL"]
    return made


def linked(state: Path) -> None:
    state.rename(state.with_name("real"))
    state.symlink_to(state.with_name("real"))


def owned(path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root gives files away")
    os.chown(path, OTHER, OTHER)


def foreign_file(state: Path) -> None:
    (state / "portal.sqlite3").touch()
    owned(state / "portal.sqlite3")


def linked_file(state: Path) -> None:
    (state / "elsewhere").touch()
    (state / "portal.sqlite3").symlink_to(state / "elsewhere")


WAYS: dict[str, tuple[Callable[[Path], object], str]] = {
    "written by all": (lambda state: state.chmod(0o777), "is open to other users"),
    "read by all": (lambda state: state.chmod(0o755), "is open to other users"),
    "entered by all": (lambda state: state.chmod(0o711), "is open to other users"),
    "read by the group": (lambda state: state.chmod(0o740), "is open to other users"),
    "another user's": (owned, "belongs to another user"),
    "below a folder written by all": (lambda state: state.parent.chmod(0o777), "that other users may change"),
    "below a folder written by the group": (lambda state: state.parent.chmod(0o775), "that other users may change"),
    "below another user's": (lambda state: owned(state.parent), "that other users may change"),
    "a link": (linked, "is not a folder"),
    "with another user's database": (foreign_file, "holds a file that is a link or another user's"),
    "with a linked database": (linked_file, "holds a file that is a link or another user's"),
}


@pytest.mark.parametrize("way", WAYS)
def test_folder_that_others_reach(way: str, state: Path, environment: dict[str, str]) -> None:
    """A state folder that others can read, write or exchange: production does not start."""
    lay_open, complaint = WAYS[way]
    lay_open(state)
    done = run(environment, "migrate", "--verbosity", "0")
    assert done.returncode != 0
    assert f"CARDLOGIN_STATE {complaint}" in done.stderr or "CARDLOGIN_STATE lies in" in done.stderr


def modes(state: Path) -> dict[str, int]:
    """The permissions of everything below."""
    return {path.name: stat.S_IMODE(path.lstat().st_mode) for path in state.rglob("*")}


def test_files_made_under_an_open_umask(state: Path, environment: dict[str, str]) -> None:
    """The database and its companions, made by a process that was started with umask 0."""
    code = (
        "import json, os; os.umask(0)\n"
        "from pathlib import Path\n"
        "from django.core.management import execute_from_command_line as do\n"
        "do(['x', 'migrate', '--verbosity', '0'])\n"
        "from django.db import connection; connection.cursor().execute('BEGIN IMMEDIATE')\n"
        "from cardlogin_server.revocation.index_folder import FolderIndexStore\n"
        "from django.conf import settings; FolderIndexStore(settings.CARDLOGIN_CRL_FOLDER)\n"
        "found = {path.name: path.stat().st_mode & 0o77 for path in Path(os.environ['CARDLOGIN_STATE']).iterdir()}\n"
        "print(json.dumps(found))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True,
                          timeout=LIMIT, check=True)  # fmt: skip
    found = json.loads(done.stdout)
    assert {"portal.sqlite3", "portal.sqlite3-wal", "portal.sqlite3-shm", "lists"} <= set(found)
    assert set(found.values()) == {0}


def test_files_an_earlier_version_left_open(state: Path, environment: dict[str, str]) -> None:
    """A database and lists that others could read are closed at the next start."""
    assert run(environment, "migrate", "--verbosity", "0").returncode == 0
    (state / "lists").mkdir(exist_ok=True)
    (state / "lists" / "x.index").touch()
    for path in (state / "portal.sqlite3", state / "lists", state / "lists" / "x.index"):
        path.chmod(0o777)
    assert run(environment, "migrate", "--verbosity", "0").returncode == 0
    assert not [name for name, mode in modes(state).items() if mode & 0o077]


def piped(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


SECRETS: dict[str, Callable[[Path], object]] = {
    "read by all": lambda path: path.chmod(0o644),
    "written by the group": lambda path: path.chmod(0o660),
    "another user's": owned,
    "a pipe": piped,
}


@pytest.mark.parametrize("way", SECRETS)
def test_file_of_keys_that_others_reach(way: str, state: Path, environment: dict[str, str]) -> None:
    """A file of sealing keys that others can read or change: production does not start."""
    SECRETS[way](state / "seal.key")
    done = run(environment, "check")
    assert done.returncode != 0
    assert "CARDLOGIN_SEAL_KEYS_FILE: " in done.stderr
