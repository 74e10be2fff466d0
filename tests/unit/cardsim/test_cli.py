"""The commands: they explain themselves, tell mistakes in one line, and end when asked."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from cardsim.cli import main
from tests.stand.waiting import LIMIT

COMMANDS = ["pki", "pki-state", "crl-server", "reader", "card", "control", "hicos"]


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    text = capsys.readouterr().out
    assert end.value.code == 0
    assert all(name in text for name in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    text = capsys.readouterr().out
    assert end.value.code == 0
    assert "example:" in text
    assert f"python -m cardsim {command}" in text


def _mistake(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main([str(one) for one in arguments]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1
    return output.err


def test_mistakes_are_one_line_and_status_2(pki: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = pki / "cards" / "citizen.json"
    card = ["card", "--control", tmp_path / "c.sock"]
    assert "base URL" in _mistake(capsys, "pki", "--out", tmp_path / "x", "--base-url", "ftp://x")
    assert "cannot read" in _mistake(
        capsys, "pki", "--out", tmp_path / "x", "--base-url", "http://127.0.0.1:1", "--data", tmp_path / "none"
    )
    assert "no test PKI" in _mistake(capsys, "crl-server", "--pki", tmp_path)
    assert "no test PKI" in _mistake(capsys, "pki-state", "--pki", tmp_path, "--card", "x", "--state", "good")
    assert "cannot read the card image" in _mistake(capsys, *card, "--image", tmp_path / "none", "--port", 1)
    assert "port must be" in _mistake(capsys, *card, "--image", image, "--port", 70000)
    assert "delay" in _mistake(capsys, *card, "--image", image, "--port", 1, "--slot-delay", "x")
    assert "no card answers" in _mistake(capsys, "control", tmp_path / "none.sock", "status")


def test_what_the_system_refuses_is_one_line_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "conf" / "reader.conf").mkdir(parents=True)
    assert "Is a directory" in _mistake(capsys, "reader", "--state", tmp_path)


def test_pki_says_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["pki", "--out", str(tmp_path / "pki"), "--base-url", "http://127.0.0.1:8099"]
    assert main(arguments) == 0
    assert main(arguments) == 0
    out = tmp_path / "pki"
    assert capsys.readouterr().out == f"made {out}\nunchanged {out}\n"


def _start(*arguments: object) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "cardsim", *(str(one) for one in arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_server_says_ready_and_ends_on_a_signal(pki: Path, number: signal.Signals) -> None:
    with _start("crl-server", "--pki", pki) as process:
        assert process.stdout is not None
        ready = process.stdout.readline()
        os.kill(process.pid, number)
        out, err = process.communicate(timeout=LIMIT)
    base_url = json.loads((pki / "pki.json").read_text())["base_url"]
    assert (ready, out, err, process.returncode) == (f"ready {base_url}\n", "", "", 0)


def test_a_card_process_from_ready_to_its_end(pki: Path, tmp_path: Path) -> None:
    path = tmp_path / "c.sock"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        image = pki / "cards" / "citizen.json"
        with _start("card", "--image", image, "--port", port, "--control", path) as process:
            reader = listener.accept()[0]
            reader.sendall(b"\x00\x01\x04")
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            status = subprocess.run(
                [sys.executable, "-m", "cardsim", "control", path, "tries", "2"],
                capture_output=True, text=True, check=True, timeout=LIMIT,
            ).stdout  # fmt: skip
            refused = subprocess.run(
                [sys.executable, "-m", "cardsim", "control", path, "tries", "many"],
                capture_output=True, text=True, check=False, timeout=LIMIT,
            )  # fmt: skip
            process.terminate()
            out, err = process.communicate(timeout=LIMIT)
            reader.close()
    assert json.loads(status)["tries"] == 2
    assert (refused.returncode, json.loads(refused.stdout)["ok"]) == (1, False)
    assert (out, err, process.returncode) == ("", "", 0)
    assert not path.exists()
