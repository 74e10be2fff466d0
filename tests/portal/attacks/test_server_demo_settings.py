"""The demonstration, whose outbox page shows every code and link, carried into public use by mistake."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.portal.pki import Pki
from tests.portal.test_configuration import demo_environment, run
from tests.portal.test_serving import ROOT, free_port
from tests.stand.waiting import LIMIT

WHO = "whoever finds a demonstration on the network"
ORIGINS = [
    "https://portal.example", "https://portal.gov.tw", "https://192.0.2.1", "https://[2001:db8::1]", "http://localhost",
    "https://localhost.portal.example", "https://127.0.0.1.portal.example", "https://localhost/", "https://LOCALHOST",
    "https://user@localhost", "https://portal.test.example", "https://*", "https://.test", "https://0.0.0.0",
    "https://localhost:8443\nX", "",
]  # fmt: skip


@pytest.mark.parametrize("origin", ORIGINS)
def test_public_origin(origin: str, tmp_path: Path, pki: Pki) -> None:
    """The demonstration's settings with a name that others reach: no command and no server starts."""
    done = run(demo_environment(tmp_path, pki) | {"CARDLOGIN_ORIGIN": origin}, "check")
    assert done.returncode != 0
    assert "CARDLOGIN_ORIGIN" in done.stderr


@pytest.mark.parametrize("origin", ["https://localhost", "https://127.0.0.1:8443", "https://[::1]:8443"])
def test_origin_of_this_computer_is_served(origin: str, tmp_path: Path, pki: Pki) -> None:
    """What is left of the demonstration: this computer's own names."""
    done = run(demo_environment(tmp_path, pki) | {"CARDLOGIN_ORIGIN": origin}, "check")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["CARDLOGIN_SECRET_KEY", "CARDLOGIN_SEAL_KEY"])
@pytest.mark.parametrize("key", ["x", "a" * 64, "insecure-0123456789-abcdefghijklmnopqrstuvwxyz", "x" * 42])
def test_weak_key(name: str, key: str, tmp_path: Path, pki: Pki) -> None:
    """A key that can be guessed."""
    done = run(demo_environment(tmp_path, pki) | {name: key}, "check")
    assert done.returncode != 0
    assert f"{name} is weak" in done.stderr
    assert key not in done.stderr or len(key) < 3


def served(environment: dict[str, str], address: str) -> tuple[int, str]:
    """How a server ends that is to listen on this address, and what it says."""
    command = [sys.executable, "-m", "gunicorn", "-c", "python:portal.serving", "-b", address, "portal.wsgi"]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT,
                          check=False)  # fmt: skip
    return done.returncode, done.stderr


@pytest.mark.parametrize("host", ["0.0.0.0", "[::]"])  # noqa: S104 - what is refused
def test_listening_on_the_network(host: str, tmp_path: Path, pki: Pki) -> None:
    """The demonstration on an address that others reach: the server ends."""
    status, said = served(demo_environment(tmp_path, pki), f"{host}:{free_port()}")
    assert status != 0
    assert "these settings are for one computer" in said


def test_settings_that_nobody_named(tmp_path: Path, pki: Pki) -> None:
    """Without DJANGO_SETTINGS_MODULE: production's, which name what is missing, and not the demonstration's."""
    environment = demo_environment(tmp_path, pki)
    del environment["DJANGO_SETTINGS_MODULE"]
    done = run(environment, "check")
    status, said = served(environment, f"127.0.0.1:{free_port()}")
    assert done.returncode != 0
    assert status != 0
    for text in (done.stderr, said):
        assert "CARDLOGIN_MAIL_HOST is not set" in text
