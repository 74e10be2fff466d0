"""Starting: odd settings files, late signals, an identity that is not made."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from agent import __main__ as commands
from agent import daemon
from agent.settings import MAX_FILE, Settings, SettingsError, read_settings
from tests.stand.parts import ROOT, free_port
from tests.stand.waiting import LIMIT

LATE_SIGNAL = """
import builtins, os, signal, sys
say = print
def print_then_signal(*words, **options):
    say(*words, **options)
    if words and str(words[0]).startswith("ready"):
        os.kill(os.getpid(), signal.SIGTERM)
builtins.print = print_then_signal
sys.argv = ["cardlogin", "run", "--settings", sys.argv[1]]
from agent.__main__ import main
sys.exit(main())
"""


def test_oversized_settings_file_is_refused_and_not_cut(tmp_path: Path) -> None:
    """What stands behind the first 64 KiB is silently left out: here a setting, in general half a file."""
    file = tmp_path / "agent.toml"
    file.write_text("#" * MAX_FILE + "\n[web]\nports = [2000]\n")
    with pytest.raises(SettingsError):
        read_settings(file)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param('state = "~no-such-user-4711/x"', id="unknown user"),
        pytest.param("a = " + "[" * 5000, id="deep nesting"),
        pytest.param("[web]\nports = [" + "9" * 5000 + "]", id="endless number"),
        pytest.param('state = ""', id="empty path is the current directory"),
        pytest.param('state = "relative/folder"', id="relative path depends on the current directory"),
        pytest.param('state = "a\\u0000b"', id="NUL in a path"),
    ],
)
def test_odd_settings_file_is_a_settings_error_and_no_traceback(tmp_path: Path, content: str) -> None:
    file = tmp_path / "agent.toml"
    file.write_text(content)
    with pytest.raises(SettingsError):
        read_settings(file)


def test_settings_file_that_was_named_must_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistyped --settings starts the agent with the defaults instead of an administrator's restrictions."""
    started: list[Settings] = []
    monkeypatch.setattr(daemon, "run", started.append)
    monkeypatch.setattr(sys, "argv", ["cardlogin", "run", "--settings", str(tmp_path / "mistyped.toml")])
    assert commands.main() == 2
    assert started == []


def test_identity_that_takes_too_long_is_one_line_and_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hang(*arguments: object, **options: object) -> None:
        raise subprocess.TimeoutExpired("certs", 60)

    monkeypatch.setattr("agent.daemon.subprocess.run", hang)
    with pytest.raises(daemon.StartError):
        daemon.ensure_identity(tmp_path / "identity")


def test_sigterm_right_after_ready_ends_with_status_0(tmp_path: Path) -> None:
    """ "ready" is printed before the signal handlers are there; whoever waits for it and stops the agent sees -15."""
    settings = tmp_path / "agent.toml"
    settings.write_text(f"state = {json.dumps(str(tmp_path))}\n[hipki]\nport = 0\n[web]\nports = [{free_port()}]\n")
    result = subprocess.run(
        [sys.executable, "-c", LATE_SIGNAL, str(settings)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT,
    )
    assert result.stdout.startswith("ready https://localhost:")
    assert result.returncode == 0, f"ended by {signal.Signals(-result.returncode).name}"
