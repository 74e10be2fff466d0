"""A home that can only be read: the agent starts, serves orders and says once what it cannot remember."""

import json
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPSConnection
from pathlib import Path
from ssl import create_default_context

import pytest

from certs.folder import ensure_identity
from tests.stand.asking import ORIGIN, new_challenge
from tests.stand.parts import ROOT, free_port
from tests.stand.processes import Program

WHO = "a home that can only be read"

# In a mount namespace of its own, so that not even the administrator can write there.
READ_ONLY = ("unshare", "-m", "sh", "-c", 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"')


class Started:
    """A daemon with HOME on a file system that can only be read."""

    def __init__(self, folder: Path, *, prepared: bool) -> None:
        self.home, self.runtime = folder / "home", folder / "runtime"
        for place in (self.home, self.runtime):
            place.mkdir(mode=0o700)
        self.state = self.home / ".local" / "share" / "cardlogin"
        if prepared:
            ensure_identity(self.state / "identity")
        settings = folder / "agent.toml"
        self.port = free_port()
        settings.write_text(
            f"[hipki]\nport = 0\n[web]\nports = [{self.port}]\nhttp_port = 0\n"
            "[card]\nprompt = 'terminal'\ndrivers = ['opensc']\n"
        )
        environment = {"HOME": str(self.home), "XDG_RUNTIME_DIR": str(self.runtime), "XDG_DATA_HOME": "", "DISPLAY": ""}
        command = [*READ_ONLY, str(self.home), sys.executable, "-m", "agent", "run", "--settings", str(settings)]
        self.program = Program.start("agent", command, logs=folder / "logs", env=environment, cwd=ROOT)
        self.log = folder / "logs" / "agent.log"

    def temporary(self) -> list[Path]:
        """The folders that this run has made for itself."""
        return list(self.runtime.glob("cardlogin-*"))

    def ask(self, root: Path) -> tuple[int, str]:
        """An order over TLS with this root: status and code."""
        connection = HTTPSConnection("localhost", self.port, context=create_default_context(cafile=str(root)))
        body = json.dumps({"challenge": new_challenge()})
        headers = {"Origin": ORIGIN, "Content-Type": "application/json"}
        connection.request("POST", "/v1/authenticate", body, headers)
        response = connection.getresponse()
        answer = response.status, json.loads(response.read())["code"]
        connection.close()
        return answer


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Started]:
    """Nothing was made in this home yet."""
    started = Started(tmp_path, prepared=False)
    yield started
    started.program.stop()


@pytest.fixture
def prepared(tmp_path: Path) -> Iterator[Started]:
    """The identity is there from the time when it could be written."""
    started = Started(tmp_path, prepared=True)
    yield started
    started.program.stop()


def test_home_is_really_read_only(fresh: Started) -> None:
    """The agent writes into a home that can only be read"""
    command = [*READ_ONLY, str(fresh.home), "touch", str(fresh.home / "x")]
    assert subprocess.run(command, capture_output=True, check=False).returncode != 0
    assert list(fresh.home.iterdir()) == []


def test_without_an_identity(fresh: Started) -> None:
    """The agent does not start without an identity, or leaves the one of this run behind"""
    (folder,) = fresh.temporary()
    assert folder.stat().st_mode & 0o077 == 0
    assert fresh.ask(folder / "identity" / "root.pem") == (503, "no_prompt")
    fresh.program.stop()
    assert fresh.temporary() == []
    assert fresh.log.read_text().count("nothing is remembered") == 1
    assert fresh.log.read_text().count("browsers cannot be made to trust it for long") == 1
    assert "Traceback" not in fresh.log.read_text()


def test_with_an_identity(prepared: Started) -> None:
    """The agent does not start with the identity that is there"""
    assert prepared.temporary() == []
    assert prepared.ask(prepared.state / "identity" / "root.pem") == (503, "no_prompt")
    assert prepared.log.read_text().count("are not remembered") == 1
    assert "Traceback" not in prepared.log.read_text()
