"""Remembered decisions: followed while the daemon runs, whole after a kill, and nobody is admitted when in doubt."""

import json
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from agent.failures import Code, FailureError
from agent.origins import MAX_PATTERNS
from agent.permissions import FILE, MAX_FILE, Decision, Permissions, PermissionsError
from tests.stand.parts import ROOT
from tests.stand.waiting import LIMIT

A, B = "https://a.example", "https://b.example"
WRITE_FOR_EVER = """
import sys
from pathlib import Path
from agent.permissions import Decision, Permissions
permissions = Permissions(Path(sys.argv[1]))
print("ready", flush=True)
number = 0
while True:
    permissions.decide("https://a.example", [Decision.ALLOW, Decision.DENY][number % 2])
    number += 1
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the decisions go; the folder is not there yet."""
    return tmp_path / "state" / FILE


@pytest.fixture
def permissions(path: Path) -> Permissions:
    """Decisions as a command sees them."""
    return Permissions(path)


@pytest.fixture
def daemon(path: Path) -> Permissions:
    """The same decisions as a running daemon sees them."""
    permissions = Permissions(path)
    assert not permissions.denied(A)
    return permissions


def refusal(permissions: Permissions) -> Code:
    """The code that any origin gets."""
    with pytest.raises(FailureError) as caught:
        permissions.denied(A)
    with pytest.raises(FailureError):
        permissions.allowed(A)
    return caught.value.code


def test_without_a_file_nothing_is_decided(permissions: Permissions, path: Path) -> None:
    assert permissions.all() == {}
    assert not permissions.denied(A)
    assert not permissions.allowed(A)
    assert not path.parent.exists()


def test_decision_counts_at_once_in_a_running_daemon(daemon: Permissions, permissions: Permissions) -> None:
    assert permissions.decide(A, Decision.DENY)
    assert daemon.denied(A)
    assert not daemon.denied(B)
    assert permissions.decide(A, Decision.ALLOW)
    assert not daemon.denied(A)
    assert daemon.allowed(A)
    assert permissions.decide(A, None)
    assert not daemon.allowed(A)


def test_same_decision_again_changes_nothing(permissions: Permissions, path: Path) -> None:
    permissions.decide(A, Decision.DENY)
    before = path.stat().st_ino
    assert not permissions.decide(A, Decision.DENY)
    assert not permissions.decide(B, None)
    assert path.stat().st_ino == before


def test_decisions_are_listed_in_order(permissions: Permissions) -> None:
    permissions.decide(B, Decision.ALLOW)
    permissions.decide(A, Decision.DENY)
    assert list(permissions.all().items()) == [(A, Decision.DENY), (B, Decision.ALLOW)]


def test_refusal_is_for_every_port_and_permission_for_one(permissions: Permissions) -> None:
    permissions.decide(A, Decision.DENY)
    permissions.decide(B, Decision.ALLOW)
    assert permissions.denied("https://a.example:8443")
    assert permissions.denied("https://a.example.")
    assert not permissions.allowed("https://b.example:8443")


def test_refusal_wins_over_a_permission(permissions: Permissions, path: Path) -> None:
    path.parent.mkdir()
    path.write_text(json.dumps({"allow": [A], "deny": [A]}))
    assert permissions.denied(A)
    assert not permissions.allowed(A)
    assert permissions.all() == {A: Decision.DENY}


def test_file_is_its_users_alone_and_nothing_else_is_left(permissions: Permissions, path: Path) -> None:
    permissions.decide(A, Decision.DENY)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert {item.name for item in path.parent.iterdir()} <= {FILE, "origins.lock"}


@pytest.mark.parametrize(
    "origin", ["", "null", "portal.example", "https://portal.example/", "https://*.gov.example", "*"]
)
def test_text_that_is_no_origin_is_not_remembered(permissions: Permissions, path: Path, origin: str) -> None:
    with pytest.raises(PermissionsError, match="not an origin"):
        permissions.decide(origin, Decision.DENY)
    assert not path.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"allow": "x"}',
        b'{"allow": [1]}',
        b'{"deny": ["no origin"]}',
        b'{"other": []}',
        b"\xff",
        b'{"deny": ["https://*.tw"]}',
        b"[" * 5000,
        b'{"deny": []}' + b" " * MAX_FILE,
    ],
)
def test_file_that_cannot_be_read_admits_nobody_until_it_is_mended(
    daemon: Permissions, permissions: Permissions, path: Path, content: bytes
) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    assert refusal(daemon) is Code.PERMISSIONS_UNREADABLE
    assert refusal(daemon) is Code.PERMISSIONS_UNREADABLE
    with pytest.raises(PermissionsError, match=FILE):
        permissions.all()
    with pytest.raises(PermissionsError, match=FILE):
        permissions.decide(B, Decision.ALLOW)
    assert path.read_bytes() == content
    permissions.reset()
    assert not daemon.denied(A)


def test_folder_in_place_of_the_file_admits_nobody(daemon: Permissions, path: Path) -> None:
    path.mkdir(parents=True)
    assert refusal(daemon) is Code.PERMISSIONS_UNREADABLE
    path.rmdir()
    assert not daemon.denied(A)


def test_damage_forgets_no_refusal_that_was_known(daemon: Permissions, permissions: Permissions, path: Path) -> None:
    permissions.decide(A, Decision.DENY)
    assert daemon.denied(A)
    good = path.read_bytes()
    path.write_bytes(good[:-5])
    assert refusal(daemon) is Code.PERMISSIONS_UNREADABLE
    path.write_bytes(good)
    assert daemon.denied(A)


def test_number_of_decisions_is_limited(permissions: Permissions, path: Path) -> None:
    path.parent.mkdir()
    path.write_text(json.dumps({"deny": [f"https://a{number}.example" for number in range(MAX_PATTERNS)]}))
    with pytest.raises(PermissionsError, match=str(MAX_PATTERNS)):
        permissions.decide(A, Decision.DENY)
    assert permissions.decide("https://a0.example", None)
    assert permissions.decide(A, Decision.DENY)


def test_longest_lists_fit_into_the_file(permissions: Permissions, path: Path) -> None:
    names = [f"https://{'a' * 236}{number:03}.example" for number in range(MAX_PATTERNS)]
    assert len(names[0]) <= 255
    path.parent.mkdir()
    path.write_text(json.dumps({"allow": names[:-1], "deny": names}))
    permissions.decide(A, Decision.ALLOW)
    assert len(permissions.all()) == MAX_PATTERNS + 1


def test_two_commands_at_once_keep_both_decisions(path: Path) -> None:
    origins = [f"https://a{number}.example" for number in range(24)]

    def decide(mine: list[str]) -> None:
        for origin in mine:
            Permissions(path).decide(origin, Decision.DENY)

    threads = [threading.Thread(target=decide, args=(origins[part::4],)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT)
    assert set(Permissions(path).all()) == set(origins)


@pytest.mark.parametrize("moment", range(4))
def test_kill_at_any_moment_leaves_a_whole_file(path: Path, moment: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITE_FOR_EVER, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        seen = 0
        while seen < 3 + moment:  # some files later
            inode = path.stat().st_ino if path.exists() else 0
            while not path.exists() or path.stat().st_ino == inode:
                pass
            seen += 1
        process.send_signal(signal.SIGKILL)
    permissions = Permissions(path)
    assert set(permissions.all()) == {A}
    assert permissions.decide(B, Decision.DENY)  # the lock of the killed one does not stay


def test_file_that_cannot_be_written_is_an_error_with_its_name(permissions: Permissions, path: Path) -> None:
    path.parent.mkdir()
    path.mkdir()
    with pytest.raises(PermissionsError, match=FILE):
        permissions.reset()
    assert path.is_dir()


def test_site_that_may_send_pins_may_ask_as_well(permissions: Permissions, daemon: Permissions) -> None:
    assert permissions.decide(A, Decision.PAGE_PIN)
    assert (daemon.allowed(A), daemon.may_send_pin(A), daemon.denied(A)) == (True, True, False)
    assert permissions.all() == {A: Decision.PAGE_PIN}
    permissions.permit(A)  # a yes in a window takes nothing away
    assert daemon.may_send_pin(A)
    permissions.decide(A, Decision.ALLOW)
    assert (daemon.allowed(A), daemon.may_send_pin(A)) == (True, False)


def test_refused_site_sends_no_pins_through_another_port(permissions: Permissions, daemon: Permissions) -> None:
    permissions.decide(f"{A}:8443", Decision.PAGE_PIN)
    permissions.decide(A, Decision.DENY)
    assert (daemon.allowed(f"{A}:8443"), daemon.may_send_pin(f"{A}:8443")) == (False, False)


def test_file_of_a_version_that_knew_no_pages_pins(path: Path, daemon: Permissions) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.write_text(json.dumps({"allow": [A], "deny": [B]}))
    path.chmod(0o600)
    assert (daemon.allowed(A), daemon.may_send_pin(A), daemon.denied(B)) == (True, False, True)
