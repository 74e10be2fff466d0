"""The PIN is in the card host and nowhere else: not in memory, logs, arguments, environments or files (design, 1.1)."""

import contextlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from typing_extensions import override

from tests.stand.asking import Asker, wait_until
from tests.stand.browser import browser
from tests.stand.hygiene import in_arguments, in_files, in_memory, in_open_files, needles
from tests.stand.parts import Agent, free_port
from tests.stand.screen import Screen
from tests.stand.stack import Stack

# Eight digits that nothing else has by chance, and the wrong ones, of which nobody shall learn either.
PIN, WRONG_PIN = "73946182", "58203917"
SOUGHT = needles(PIN, WRONG_PIN)
MOMENTS = ("wrong PIN refused", "PIN typed", "card at work", "logged in", "host gone")


class LoudStack(Stack):
    """All parts at their lowest log level; what they write for the user or for a while lands in our folder."""

    @override
    def start_agent(self) -> None:
        home = self.state / "agent home"
        home.mkdir(exist_ok=True)
        loud = {"PYTHONASYNCIODEBUG": "1", "HOME": str(home), "TMPDIR": str(home), "DISPLAY": self._display or ""}
        self.agent = Agent(self.state / "agent", self.logs, {**self.reader.env, **loud}, ports=self._ports, verbose=2)

    @property
    def state(self) -> Path:
        """Everything that all parts keep."""
        return self._state


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, screen: Screen) -> Iterator[LoudStack]:
    """Agent, portal, reader and a card with a PIN of its own."""
    folder, ports = tmp_path_factory.mktemp("stack"), {"portal_port": free_port(), "crl_port": free_port()}
    stack = LoudStack(folder, screen.display, agent_ports=[free_port()], **ports)
    stack.portal.env["DJANGO_SETTINGS_MODULE"] = "tests.stand.portal_debug"
    stack.portal.env["GUNICORN_CMD_ARGS"] = "--log-level debug --access-logfile -"
    temporary = folder / "temporary"
    temporary.mkdir()
    with pytest.MonkeyPatch.context() as patch, contextlib.ExitStack() as running:
        patch.setenv("TMPDIR", str(temporary))  # of all parts: nobody else's files lie there
        running.enter_context(stack)
        image = json.loads(stack.card_image("citizen").read_text("utf-8"))
        # Beside the folders that are looked through: the card may know its PIN.
        own = tmp_path_factory.mktemp("card") / "citizen.json"
        own.write_text(json.dumps({**image, "pin": PIN}), "utf-8")
        stack.reader.control("swap", str(own))
        yield stack


@dataclass
class Watch:
    """Looks through everything again and again, and keeps what was found by the moment of looking."""

    stack: LoudStack
    since: float = field(default_factory=time.time)
    found: dict[str, list[str]] = field(default_factory=dict)

    @property
    def daemon(self) -> int:
        """The daemon's process."""
        return self.stack.agent.program.pid

    @property
    def portal(self) -> list[int]:
        """The portal's processes."""
        assert self.stack.portal.program is not None
        master = psutil.Process(self.stack.portal.program.pid)
        return [process.pid for process in (master, *master.children(recursive=True))]

    def hosts(self) -> list[psutil.Process]:
        """The card hosts that run."""
        children = psutil.Process(self.daemon).children()
        return [child for child in children if child.status() != psutil.STATUS_ZOMBIE]

    def look(self, moment: str) -> None:
        """Looks for both PINs in memory, arguments, environments, logs and files."""
        # The browser's own folder is large, and no PIN is ever typed into a browser.
        kept = [path for path in self.stack.state.iterdir() if path != self.stack.home]
        self.found[moment] = [
            *(hit for pid in (self.daemon, *self.portal) for hit in in_memory(pid, SOUGHT)),
            *in_arguments(psutil.Process().children(recursive=True), SOUGHT),
            *in_files(kept, SOUGHT, since=self.since),
            *in_open_files((self.daemon, *self.portal, *(host.pid for host in self.hosts())), SOUGHT),
        ]


def log_in(stack: LoudStack, screen: Screen, watch: Watch) -> psutil.Process:
    """One log-in with a wrong PIN first, looked at in four moments; the host that did it."""
    card = stack.reader
    with browser(stack.home, stack.portal.port) as context:
        page = context.new_page()
        page.goto(f"{stack.portal.origin}/accounts/login/")
        page.wait_for_selector("#card-login:enabled")
        page.click("#card-login")
        screen.wait_window()
        (host,) = watch.hosts()
        screen.type(WRONG_PIN)
        screen.key("Return")
        wait_until(lambda: card.control("status")["tries"] == 2)
        watch.look(MOMENTS[0])
        screen.wait_window()
        screen.type(PIN)
        watch.look(MOMENTS[1])
        card.control("delay", "0.5")
        screen.key("Return")
        wait_until(lambda: card.control("status")["verified"])
        card.control("hang")
        check_where_it_is(host)
        watch.look(MOMENTS[2])
        assert host.is_running(), "the look took longer than a card may"
        card.control("delay", "0")
        card.control("unhang")
        page.wait_for_url("**/member/")
        watch.look(MOMENTS[3])
    return host


def check_where_it_is(host: psutil.Process) -> None:
    """While the card checks it the host has the PIN: what finds nothing elsewhere finds it there, if it may look."""
    if os.geteuid() == 0:
        assert f"memory of {host.pid}: {PIN} as text" in in_memory(host.pid, SOUGHT)
        return
    with pytest.raises(PermissionError):
        in_memory(host.pid, SOUGHT)


@pytest.mark.slow
def test_pin_is_in_the_host_and_nowhere_else(stack: LoudStack, screen: Screen, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    stack.reader.control("trace-on", str(trace))
    watch = Watch(stack)
    host = log_in(stack, screen, watch)
    wait_until(lambda: not host.is_running())
    assert watch.hosts() == []
    watch.look(MOMENTS[4])
    assert watch.found == {moment: [] for moment in MOMENTS}
    check_canary(watch)
    check_trace(trace)


def check_canary(watch: Watch) -> None:
    """What must be there is found by the same means: the caller, in memory and log of the daemon and the portal."""
    caller = needles(watch.stack.portal.origin)
    for pid in (watch.daemon, watch.portal[-1]):
        assert f"memory of {pid}: {watch.stack.portal.origin} as text" in in_memory(pid, caller)
    found = "\n".join(in_files([watch.stack.state], caller, since=watch.since))
    assert "agent.log" in found
    assert "portal.log" in found
    assert " DEBUG " in watch.stack.agent.log.read_text("utf-8")


def check_trace(trace: Path) -> None:
    """What crossed the reader has VERIFY commands, and stars in the place of PINs."""
    assert trace.read_text("ascii").count("0020008008" + "*" * 16) == 2
    assert in_files([trace.parent], SOUGHT) == []


def test_real_host_is_closed(stack: LoudStack, screen: Screen) -> None:
    """It has done what test_platform_linux.py shows the worth of."""
    asker = Asker(stack.agent)
    order = asker.ask()
    screen.wait_window()
    (host,) = Watch(stack).hosts()
    status = Path(f"/proc/{host.pid}/status").read_text()
    assert "NoNewPrivs:\t1" in status
    assert "Umask:\t0077" in status
    (core,) = (line for line in Path(f"/proc/{host.pid}/limits").read_text().splitlines() if "core file" in line)
    assert core.split()[4:6] == ["0", "0"]
    screen.key("Escape")
    assert order.result().code == "user_cancelled"
    asker.stop()
    wait_until(lambda: not host.is_running())


def test_killed_daemon_takes_the_host_along_and_leaves_no_card_verified(stack: LoudStack, screen: Screen) -> None:
    """The host has no time to reset the card then; pcscd does it for a client that has gone."""
    asker = Asker(stack.agent)
    order = asker.ask()
    screen.wait_window()
    (host,) = Watch(stack).hosts()
    stack.reader.control("delay", "0.2")
    screen.type(PIN)
    screen.key("Return")
    wait_until(lambda: stack.reader.control("status")["verified"])
    stack.agent.program.process.kill()
    try:
        wait_until(lambda: not host.is_running() or host.status() == psutil.STATUS_ZOMBIE)
        stack.reader.control("delay", "0")
        wait_until(lambda: not stack.reader.control("status")["verified"])
        assert order.exception() is not None
    finally:
        stack.reader.control("delay", "0")
        asker.stop()
        stack.agent.stop()
        stack.start_agent()
