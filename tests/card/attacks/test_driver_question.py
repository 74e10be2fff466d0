"""A driver that nobody has installed, before the real window: no key but the right one says yes."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.drivers import DriverAnswers
from tests.card.conftest import Desk
from tests.card.window_stage import Open, Stage, said
from tests.card.window_states import driver_asked
from tests.stand.asking import ORIGIN, Asker, new_challenge, signature_is_good
from tests.stand.parts import Agent, Reader, free_port
from tests.stand.screen import Screen

WHO = "another program of the same user"
OTHER = 65534


@pytest.fixture
def made(opened: Open) -> Stage:
    """A window with the question."""
    made = opened(language="en")
    driver_asked(made)
    return made


@pytest.mark.parametrize("keys", [["Return"], ["space"], ["KP_Enter"], ["n"], ["u", "1", "y"], ["Alt-n"], ["Escape"]])
def test_key_by_mistake(made: Stage, keys: list[str]) -> None:
    """A key that the person presses for something else lets the driver in"""
    assert "Use this driver" in said(made)
    made.press(*keys)
    made.bench.step()
    assert [answer for answer in made.bench.cards.answers if answer.allowed] == []


def test_key_of_before_the_question(opened: Open) -> None:
    """A key that was meant for what the window showed before says yes"""
    made = opened(language="en", quiet=(60.0, 60.0))
    driver_asked(made, wait=False)
    made.press("Alt-u")
    made.bench.step()
    assert made.bench.cards.answers == []


def test_yes(made: Stage) -> None:
    """The person's yes is not heard"""
    made.press("Alt-u")
    made.bench.step()
    assert [answer.allowed for answer in made.bench.cards.answers] == [True]


@pytest.fixture
def own(tmp_path: Path, logs: Path, reader: Reader, screen: Screen) -> Iterator[Agent]:
    """An agent whose settings name a driver that lies beneath a folder of somebody else's."""
    far, near = tmp_path / "far", tmp_path / "far" / "near"
    near.mkdir(parents=True)
    module = near / "own.so"
    shutil.copy("/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so", module)
    shutil.chown(far, OTHER, OTHER)
    environment = {**reader.env, "DISPLAY": screen.display}
    agent = Agent(tmp_path / "state", logs, environment, ports=[free_port()], drivers=["hca"], modules=[str(module)])
    agent.allow(ORIGIN)
    yield agent
    agent.stop()


def test_whole_way(desk: Desk, own: Agent, screen: Screen, tmp_path: Path) -> None:
    """The real agent loads it without the question, or asks again about what was answered"""
    asker, challenge = Asker(own), new_challenge()
    try:
        first = asker.ask(challenge)
        screen.answer("alt+u")
        screen.wait_window()
        screen.type("123456")
        screen.key("Return")
        answer = first.result(60)
        assert signature_is_good(answer.body, ORIGIN, challenge)
        (kept,) = DriverAnswers(tmp_path / "state" / "drivers.json").all()
        assert (kept.path, kept.allowed) == (str(tmp_path / "far" / "near" / "own.so"), True)
        second = asker.ask(challenge)
        screen.wait_window()
        screen.type("123456")
        screen.key("Return")
        assert signature_is_good(second.result(60).body, ORIGIN, challenge)
    finally:
        asker.stop()
