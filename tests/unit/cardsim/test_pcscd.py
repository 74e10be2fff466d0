"""The private pcscd's preparation and its clear errors; its real run is in tests/card."""

import socket
from pathlib import Path

import pytest

from cardsim import pcscd
from cardsim.errors import SimulatorError
from cardsim.pcscd import PrivatePcscd


def test_a_missing_driver_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pcscd, "VPCD_CONFIG", tmp_path / "none")
    with pytest.raises(SimulatorError, match="apt-get install vsmartcard-vpcd"):
        PrivatePcscd(tmp_path / "state").start()


def test_a_driver_that_is_configured_but_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "vpcd").write_text('FRIENDLYNAME "Virtual PCD"\nLIBPATH /nowhere/libifdvpcd.so\n')
    monkeypatch.setattr(pcscd, "VPCD_CONFIG", tmp_path / "vpcd")
    with pytest.raises(SimulatorError, match="virtual reader is not installed"):
        PrivatePcscd(tmp_path / "state").start()


def test_a_missing_program_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cardsim.pcscd.shutil.which", lambda *arguments, **options: None)
    with pytest.raises(SimulatorError, match="pcscd is not installed"):
        PrivatePcscd(tmp_path / "state").start()


def test_the_run_folder_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(pcscd, "RUN", tmp_path / "file" / "pcscd")
    with pytest.raises(SimulatorError, match="make it once as root"):
        PrivatePcscd(tmp_path / "state").start()


def test_a_path_too_long_for_a_socket(tmp_path: Path) -> None:
    with pytest.raises(SimulatorError, match="too long"):
        PrivatePcscd(tmp_path / ("x" * 120)).start()


def test_a_state_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SimulatorError, match="cannot make"):
        PrivatePcscd(tmp_path / "file" / "state").start()


def test_a_daemon_that_ends_at_once_gives_its_last_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pcscd, "_SCRIPT", "echo the disk is full; exit 1")
    with pytest.raises(SimulatorError, match="did not start: the disk is full"):
        PrivatePcscd(tmp_path / "state").start()


def test_forbidden_namespaces_are_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pcscd, "_SCRIPT", "echo unshare: unshare failed: Operation not permitted; exit 1")
    with pytest.raises(SimulatorError, match="forbids user namespaces"):
        PrivatePcscd(tmp_path / "state").start()


def test_stop_without_start_is_nothing(tmp_path: Path) -> None:
    daemon = PrivatePcscd(tmp_path / "state")
    daemon.stop()
    assert not daemon.alive()


def test_listening_ports_are_seen_without_connecting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert pcscd._listens(listener.getsockname()[1])
        assert not pcscd._bindable(listener.getsockname()[1])
    assert not pcscd._listens(listener.getsockname()[1] if listener.fileno() >= 0 else 1)


def test_the_option_is_added_only_when_the_daemon_knows_it(tmp_path: Path) -> None:
    for text, expected in (("--disable-polkit  no polkit", ["--disable-polkit"]), ("--foreground", [])):
        program = tmp_path / "pcscd"
        program.write_text(f"#!/bin/sh\necho '{text}'\n")
        program.chmod(0o700)
        assert pcscd._polkit_option(str(program)) == expected
