"""`cardlogin doctor`: one check, exit codes, the report in its forms, and again when a card comes."""

import json
import queue
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from agent.selftest.order import NAMES
from tests.selftest import faults_card, faults_computer
from tests.selftest.computer import Computer
from tests.selftest.judging import judge_report
from tests.selftest.rows import Scene
from tests.selftest.stage import Stage
from tests.stand.waiting import LIMIT


@pytest.fixture
def computer(stage: Stage, tmp_path: Path) -> Iterator[Computer]:
    """A computer on which nothing is wrong."""
    stage.scene(Scene.AGENT)
    with ExitStack() as undo:
        yield stage.computer(tmp_path / "computer", undo)


def doctor(computer: Computer, *arguments: str) -> tuple[int, str, str]:
    """Exit status, what is printed, and errors."""
    options = ("--settings", str(computer.settings_file()), "--portal", computer.portal)
    process = computer.start("agent", "doctor", *options, *arguments)
    out, errors = process.communicate(timeout=LIMIT)
    return process.returncode, out.decode(), errors.decode()


def test_all_right(computer: Computer) -> None:
    status, out, errors = doctor(computer)
    assert (status, errors) == (0, ""), out
    assert len([line for line in out.splitlines() if line[:1] in "✓–" and line]) == len(NAMES)


def test_failure(computer: Computer) -> None:
    faults_card.no_card(computer)
    status, out, errors = doctor(computer)
    assert (status, errors) == (1, "")
    assert "no_card" in out
    assert "    1. " in out


def test_warnings_alone(computer: Computer) -> None:
    faults_card.tries(1)(computer)
    status, out, _ = doctor(computer, "--check", "pin")
    assert status == 3  # as its help says
    assert "pin_last_try" in out


@pytest.mark.parametrize(
    "arguments",
    [("--check", "nothing"), ("--report", "report.txt"), ("--portal", "http://portal.example")],
    ids=["unknown check", "unknown kind of report", "portal without TLS"],
)
def test_what_cannot_be_run(computer: Computer, arguments: tuple[str, str]) -> None:
    status, out, errors = doctor(computer, *arguments)
    assert (status, out) == (2, "")
    assert errors.startswith("cardlogin: ")
    assert "Traceback" not in errors


def test_one_check(computer: Computer) -> None:
    faults_card.no_card(computer)  # not asked about
    status, out, _ = doctor(computer, "--json", "--check", "names", "--check", "system")
    report = json.loads(out)
    assert status == 0
    assert [result["check"] for result in report["results"]] == ["system", "names"]


def test_check_that_rests_on_another(computer: Computer) -> None:
    faults_card.no_card(computer)
    status, out, _ = doctor(computer, "--json", "--check", "chain")
    (result,) = json.loads(out)["results"]
    assert (status, result["sign"], result["because"]) == (1, "skip", "card")


def test_report(computer: Computer) -> None:
    path = computer.folder / "report.json"
    status, out, errors = doctor(computer, "--json", "--report", str(path))
    assert (status, errors) == (0, "")
    judge_report(json.loads(out), computer)
    assert json.loads(path.read_text("utf-8")) == json.loads(out)


def test_report_as_page(computer: Computer) -> None:
    faults_computer.etc("hosts", "192.0.2.7 localhost\n")(computer)
    path = computer.folder / "report.html"
    status, _, _ = doctor(computer, "--report", str(path))
    text = path.read_text("utf-8")
    assert status == 1
    assert text.startswith("<!DOCTYPE html>")
    assert "localhost_elsewhere" in text
    assert not [secret for secret in computer.stage.secrets if secret in text]


def test_again_when_a_card_comes(computer: Computer) -> None:
    faults_card.no_card(computer)
    # The watch of the readers goes by the environment, as the daemon's does.
    computer.environment |= computer.stage.reader.env
    options = ("--settings", str(computer.settings_file()), "--json", "--watch", "--check", "card")
    process = computer.start("agent", "doctor", *options)
    try:
        lines = _lines(process)
        assert json.loads(lines.get(timeout=LIMIT))["first"] == "no_card"
        computer.stage.insert("citizen")
        first = "no_card"
        while first:
            first = json.loads(lines.get(timeout=LIMIT))["first"]
        process.send_signal(signal.SIGINT)
        assert process.wait(LIMIT) == 0
    finally:
        process.kill()
        process.communicate()


def _lines(process: subprocess.Popen[bytes]) -> "queue.Queue[bytes]":
    lines: queue.Queue[bytes] = queue.Queue()

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line)

    threading.Thread(target=read, daemon=True).start()
    return lines
