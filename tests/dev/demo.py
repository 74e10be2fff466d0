"""./dev demo: the whole log-in on this computer, for a person or, headless, by itself."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.dev.headless import log_in
from tests.stand.browser import arguments, chromium, environment
from tests.stand.parts import ACCOUNT, PASSWORD, PIN, ROOT, free_port
from tests.stand.processes import StandError
from tests.stand.screen import Screen
from tests.stand.stack import Stack

STATE = ROOT / "build" / "demo"
PORTAL_PORT = 8443
# The published ports, as on a citizen's computer. By itself the demonstration takes any that are free.
AGENT_PORTS = (61171, 61172, 61173)
# 61161 is the address that pages written for the old component have fixed in them.
PORTS = {"portal_port": PORTAL_PORT, "crl_port": 61180, "agent_http_port": 61170, "agent_old_port": 61161}


def demo(*, headless: bool) -> int:
    """Starts everything and ends everything; the status is 0 when a person ended it or the log-in worked."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    state = _new(STATE / "headless") if headless else STATE
    logs = state / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    try:
        with _screen(logs, headless=headless) as screen, _stack(state, screen, headless=headless) as stack:
            if headless and screen is not None:
                log_in(stack, screen, STATE)
            else:
                _wait_for_person(stack, screen)
    except StandError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ndemo: ended")
    return 0


@contextmanager
def _screen(logs: Path, *, headless: bool) -> Iterator[Screen | None]:
    """A virtual screen for the headless demo; otherwise the person's own display, where there is one."""
    if not headless:
        display = os.environ.get("DISPLAY")
        yield Screen(display) if display else None
        return
    screen = Screen.start(logs)
    try:
        yield screen
    finally:
        screen.stop()


def _new(folder: Path) -> Path:
    """An empty folder: certificates name the port of their revocation lists, which is another one each time."""
    shutil.rmtree(folder, ignore_errors=True)
    return folder


@contextmanager
def _stack(state: Path, screen: Screen | None, *, headless: bool) -> Iterator[Stack]:
    first = not (state / "pki").exists()
    print("demo: starting reader, card, agent and portal" + (" (the first time takes longer) …" if first else " …"))
    begun = time.monotonic()
    display = screen.display if screen else None
    ports = {"portal_port": free_port(), "crl_port": free_port(), "agent_http_port": free_port()}
    ports, agents = (ports, (free_port(),)) if headless else (PORTS, AGENT_PORTS)
    with Stack(state, display, agent_ports=agents, **ports) as stack:
        print(f"demo: ready after {time.monotonic() - begun:.1f} s", flush=True)
        yield stack


def _wait_for_person(stack: Stack, screen: Screen | None) -> None:
    print(f"""
  網址 Address   {stack.portal.origin}/accounts/login/
  卡片 Card      王小明, PIN {PIN}
  帳號 Account   {ACCOUNT}, 密碼 password {PASSWORD}

  Ctrl-C 結束 ends everything.
""")
    if screen is None:
        print("demo: there is no display (DISPLAY is not set): no browser and no PIN window can open.")
        print("demo: try ./dev demo --headless")
        signal.pause()
        return
    # --test-type keeps Chromium from warning about the switches; the pages have both languages already.
    quiet = ("--test-type", "--disable-features=Translate", f"--user-data-dir={stack.home / 'profile'}")
    switches = [*arguments(PORTAL_PORT), *quiet]
    address = f"{stack.portal.origin}/accounts/login/"
    env = {name: str(value) for name, value in environment(stack.home).items()}
    with (stack.logs / "chromium.log").open("ab") as log:
        window = subprocess.Popen([chromium(), *switches, address], env=env, stdout=log, stderr=log)
    try:
        window.wait()
        print("demo: the browser was closed")
    finally:
        with contextlib.suppress(ProcessLookupError):
            window.terminate()
        window.wait()
