"""The engine of the self-test: what is not made because of what, and that nothing ends a run."""

import subprocess
import sys
from pathlib import Path
from typing import ClassVar

import msgspec
import pytest

from agent.selftest import engine
from agent.selftest.ask import Ask
from agent.selftest.context import Context
from agent.selftest.engine import Unknown, chosen, run
from agent.selftest.order import NAMES
from agent.selftest.results import BeginLine, CheckLine, EndLine, Outcome, bad, good, left

ROOT = Path(__file__).resolve().parents[3]


class Fake:
    """A check that answers what it is told."""

    def __init__(self, name: str, needs: tuple[str, ...], outcome: Outcome | Exception) -> None:
        self.name, self.needs, self._outcome = name, needs, outcome  # type: ignore[misc]
        self.made = 0

    name: ClassVar[str]
    needs: ClassVar[tuple[str, ...]]

    async def run(self, context: Context) -> Outcome:
        """What it was told."""
        self.made += 1
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return self._outcome


async def lines(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *checks: Fake, ask: Ask | None = None) -> list[object]:
    """What a run of these checks tells."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr(engine, "CHECKS", checks)
    return [line async for line in run(ask or Ask())]


async def test_what_rests_on_a_failure_is_not_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first, second = Fake("reader", (), bad("no_reader")), Fake("card", ("reader",), good())
    third, other = Fake("token", ("card",), good()), Fake("system", (), good())
    told = await lines(monkeypatch, tmp_path, first, second, third, other)
    assert isinstance(told[0], BeginLine)
    assert isinstance(told[-1], EndLine)
    found = {line.check: line for line in told if isinstance(line, CheckLine)}
    assert (found["reader"].sign, found["system"].sign) == ("fail", "ok")
    assert [(found[name].sign, found[name].because) for name in ("card", "token")] == [("skip", "reader")] * 2
    assert (second.made, third.made) == (0, 0)
    assert told[-1].first == "no_reader"


async def test_a_warning_and_what_was_not_asked_keep_nothing_back(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    checks = (Fake("pin", (), bad("pin_last_try")), Fake("clock", (), left("portal")))
    last = Fake("signature", ("pin", "clock"), good())
    told = await lines(monkeypatch, tmp_path, *checks, last)
    assert last.made == 1
    assert isinstance(told[-1], EndLine)
    assert told[-1].first == ""


async def test_a_check_that_raises_is_internal_and_the_run_goes_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    checks = (Fake("system", (), RuntimeError()), Fake("names", (), bad("never_heard_of")), Fake("proxy", (), good()))
    told = await lines(monkeypatch, tmp_path, *checks)
    found = {line.check: line.code for line in told if isinstance(line, CheckLine)}
    assert found == {"system": "internal", "names": "internal", "proxy": ""}


async def test_each_check_is_made_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first = Fake("reader", (), good())
    others = [Fake(name, ("reader",), good()) for name in ("card", "token", "pin")]
    await lines(monkeypatch, tmp_path, first, *others, ask=Ask(checks=("card", "pin")))
    assert [check.made for check in (first, *others)] == [1, 1, 0, 1]


def test_chosen_checks_are_in_order() -> None:
    assert chosen(Ask()) == NAMES
    assert chosen(Ask(checks=("card", "system"))) == ("system", "card")
    with pytest.raises(Unknown):
        chosen(Ask(checks=("card", "nothing")))


@pytest.mark.parametrize(
    "text",
    ['{"trial":"both"}', '{"checks":"card"}', '{"port":"1"}', '{"browser":{"kind":"lynx"}}',
     '{"browser":{"version":-1}}', '{"unheard":1}',
     f'{{"portal":"{"x" * 256}"}}', "[]", '{"browser":{"network_access":"yes"}}'],
)  # fmt: skip
def test_asks_that_are_none(text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=Ask)


@pytest.mark.parametrize("said", [b"", b"{", b"\xff\xfe\n", b"[]\n", b'{"trial":1}\n', b"[" * 70_000])
def test_process_refuses_garbage(said: bytes) -> None:
    command = [sys.executable, "-m", "agent.selftest.process"]
    result = subprocess.run(command, cwd=ROOT, input=said, capture_output=True, check=False, timeout=60)
    assert (result.returncode, result.stdout, result.stderr) == (2, b"", b"")


def test_daemon_and_web_never_load_the_heavy_parts() -> None:
    code = (
        "import sys, pkgutil, importlib, agent.daemon, agent.web; "
        "[importlib.import_module(f'agent.web.{found.name}') for found in pkgutil.iter_modules(agent.web.__path__)]; "
        "heavy = {'cryptography', 'cardlogin_server', 'smartcard', 'agent.selftest.engine', 'agent.selftest.context', "
        "'agent.selftest.verdict', 'agent.selftest.order', 'agent.card.card'}; print(sorted(heavy & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
