"""A program of the same computer that waits for a card which the citizen's PIN has opened (issue 12, section 3)."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from tests.card.conftest import Desk
from tests.sampling import is_full
from tests.stand.asking import wait_until
from tests.stand.parts import ROOT

WHO = "another program of the same computer"
pytestmark = [pytest.mark.card, pytest.mark.timeout(600)]

LOG_INS, ALL_LOG_INS = 10, 100
# Connections that wait. Fewer where a slow card is to be caught at work: each turn with it takes as many times longer.
WAITING, FEW = 80, 4
SLOW = "0.03"
WRONG_PIN = "654321"
StartThief = Callable[[int], "Thief"]


class Thief:
    """The program, and what it got."""

    def __init__(self, environment: dict[str, str], waiting: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.card.attacks.thief", str(waiting)], cwd=ROOT,
            env={**os.environ, **environment}, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert self._line() == "ready"

    def got(self) -> dict[str, int]:
        """Turns with the card, verified sights, signatures, questions outside of a turn."""
        assert self._process.stdin is not None
        self._process.stdin.write("?\n")
        self._process.stdin.flush()
        counts: dict[str, int] = json.loads(self._line())
        return counts

    def wait_turns(self, more: int = 5) -> None:
        """Returns when it has had the card some more times: it is not kept from it."""
        least = self.got()["turns"] + more
        wait_until(lambda: self.got()["turns"] >= least)

    def stop(self) -> None:
        """Ends the program."""
        self._process.kill()
        self._process.communicate()

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@pytest.fixture
def start_thief(desk: Desk) -> Iterator[StartThief]:
    """Starts a thief with so many connections that wait, which has had its first turns."""
    with ExitStack() as running:

        def start(waiting: int) -> Thief:
            thief = Thief(desk.reader.env, waiting)
            running.callback(thief.stop)
            thief.wait_turns()
            return thief

        yield start


def check_got_nothing(thief: Thief) -> None:
    """It still has its turns with the card, and no turn was of any use to it."""
    thief.wait_turns()
    got = thief.got()
    print(f"thief: {got}")
    assert (got["sights"], got["signatures"]) == (0, 0), got


def log_in(desk: Desk) -> None:
    """One log-in; the token is there, and the host has ended."""
    order = desk.ask()
    desk.type_pin()
    assert order.result().status == 200
    desk.screen.wait_no_window()


@pytest.mark.parametrize("card", ["citizen", "ec"])
def test_program_waits_for_the_verified_card(
    desk: Desk, start_thief: StartThief, pytestconfig: pytest.Config, card: str
) -> None:
    """80 connections wait for the card that somebody's PIN has opened, and sign with it."""
    desk.use(card)
    thief = start_thief(WAITING)
    for _ in range(ALL_LOG_INS if is_full(pytestconfig) else LOG_INS):
        before = thief.got()["turns"]
        log_in(desk)
        assert thief.got()["turns"] > before
    check_got_nothing(thief)


def test_program_waits_while_the_pin_is_wrong(desk: Desk, start_thief: StartThief) -> None:
    """80 connections wait for the card while a wrong PIN is typed, then the right one."""
    thief = start_thief(WAITING)
    order = desk.ask()
    desk.type_pin(WRONG_PIN)
    wait_until(lambda: desk.card("status")["tries"] == 2)
    thief.wait_turns()
    desk.type_pin()
    assert order.result().status == 200
    check_got_nothing(thief)


def test_program_waits_for_a_signature_that_fails(desk: Desk, start_thief: StartThief, tmp_path: Path) -> None:
    """The card is open but its signature is refused, and its window stays open: connections wait for that card."""
    image = other_key(desk, tmp_path)
    desk.card("swap", str(image))
    thief = start_thief(WAITING)
    order = desk.ask()
    before, made = desk.screen.size(desk.window()), desk.card("status")["signatures"]
    desk.type_pin()
    wait_until(lambda: desk.card("status")["signatures"] > made)
    wait_until(lambda: desk.screen.size(desk.window()) != before)
    check_got_nothing(thief)
    assert desk.card("status")["verified"] is False
    desk.screen.key("Escape")
    assert order.result().status != 200


def other_key(desk: Desk, folder: Path) -> Path:
    """The citizen's card with the key of another: it signs, but not for the certificate that it shows."""
    image, other = (json.loads(desk.image(name).read_text("utf-8")) for name in ("citizen", "company"))
    image["keys"]["9A"] = {**other["keys"]["9A"], "certificate": image["keys"]["9A"]["certificate"]}
    made = folder / "other-key.json"
    made.write_text(json.dumps(image), "utf-8")
    return made


def caught_at_work(desk: Desk) -> None:
    """Types the PIN; returns when the card is verified and stands still in the middle of the signature."""
    desk.window()
    desk.card("delay", SLOW)
    desk.type_pin()
    wait_until(lambda: desk.card("status")["verified"])
    desk.card("hang")
    assert desk.card("status")["verified"]


def test_program_waits_for_a_person_who_cancels(desk: Desk, start_thief: StartThief) -> None:
    """The person cancels while the card signs: connections wait for that card."""
    thief = start_thief(FEW)
    order = desk.ask()
    caught_at_work(desk)
    desk.screen.key("Escape")
    desk.card("unhang")
    assert order.result().code == "user_cancelled"
    check_got_nothing(thief)


def test_program_waits_for_a_host_that_is_killed(desk: Desk, start_thief: StartThief) -> None:
    """The card host is killed between PIN and reset: connections wait for that card."""
    thief = start_thief(FEW)
    order = desk.ask()
    desk.window()
    (host,) = psutil.Process(desk.agent.program.pid).children()
    caught_at_work(desk)
    host.kill()
    desk.card("unhang")
    assert order.result().status != 200
    check_got_nothing(thief)
    desk.card("delay", "0")
