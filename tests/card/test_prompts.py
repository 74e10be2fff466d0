"""The prompts beside the window: Debian's own pinentry programs, and the terminal."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.stand.asking import wait_until
from tests.stand.parts import PIN, ROOT
from tests.stand.screen import Screen
from tests.stand.waiting import LIMIT

# A card host's main loop with a card that signs with a certain PIN only; it prints code, tries and the number of PINs.
HOST = """
    import os, sys, threading
    sys.path.insert(0, {root!r})
    from agent.card.frames import HostOrder, HostSetup
    from agent.card.old_asks import CmsAsk, OldAsk, RawAsk
    from agent.card.prompts import prompt
    from agent.card.prompts import pinentry as prompt_pinentry
    from agent.card.prompts import terminal as prompt_terminal
    from agent.card.worker import Worker
    from agent.failures import Code, FailureError
    from agent.platform.pinentry import Needs, Pinentry
    from tests.unit.agent.fakes import CHALLENGE, TOKEN
    from tests.unit.agent.operation_bench import FakeCards, card
    from pathlib import Path

    class Cards(FakeCards):
        def sign(self, card, pin, order):
            self.signed = TOKEN if pin == {pin!r}.encode() else FailureError(Code.PIN_WRONG, 2)
            return super().sign(card, pin, order)

    cards = Cards()
    cards.seen = {seen}
    worker = Worker()
    worker.start()
    setup = HostSetup(prompt={kind!r})
    program = {program!r}
    if program:
        needs = Needs.DISPLAY if "gtk" in program else Needs.TERMINAL
        prompt_pinentry.pinentries = lambda: (Pinentry(Path(program), needs),)
    made = prompt.make_prompt(setup)
    gone = threading.Event()
    if {gone!r}:  # a pipe: the page goes when somebody has written to it
        threading.Thread(target=lambda: (Path({gone!r}).read_text(), gone.set()), daemon=True).start()
    old = {old}
    order = HostOrder("https://portal.example", "" if old else CHALLENGE, "zh-Hant", old=old)
    operation = made.run(order, worker, lambda: cards, gone)
    answer = operation.answer
    print("RESULT", type(made).__name__, answer.code or "token", answer.tries_left, len(cards.pins), flush=True)
    os._exit(0)
"""
ONE, TWO, LAST = "card(3)", '(card(3), card(3, "陳美麗"))', "card(1)"


def program(kind: str, seen: str = ONE, *, pinentry: str = "", gone: str = "", old: str = "None") -> list[str]:
    """The command of a host with a prompt of some kind, and the order of an old page where one is given."""
    code = textwrap.dedent(HOST).format(
        root=str(ROOT), pin=PIN, kind=kind, seen=seen, program=pinentry, gone=gone, old=old
    )
    return [sys.executable, "-c", code]


class Terminal:
    """A program with a terminal of its own, and a person at it."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.pid, self._master = pty.fork()
        if self.pid == 0:
            os.execve(command[0], command, environment)  # noqa: S606
        self.screen = ""
        self._lock = threading.Lock()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait(self, text: str) -> str:
        """The screen, once it shows a text that was not there at the last wait."""

        def seen() -> str:
            with self._lock:
                before, found, after = self.screen.partition(text)
                if found:
                    self.screen = after
                return before + found if found else ""

        return wait_until(seen)

    def type(self, text: str | bytes) -> None:
        """Presses keys."""
        os.write(self._master, text.encode() if isinstance(text, str) else text)

    def result(self) -> str:
        """What the program said at its end."""
        self.wait("RESULT ")
        return self.wait("\n").strip()

    def close(self) -> None:
        """Ends it."""
        os.close(self._master)
        os.waitpid(self.pid, 0)

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._master, 4096)
            except OSError:
                return
            with self._lock:
                self.screen += data.decode("utf-8", "replace")


@pytest.fixture
def environment() -> dict[str, str]:
    """What a program in a terminal needs; no display."""
    names = ("PATH", "HOME")
    return {**{name: os.environ[name] for name in names}, "TERM": "xterm", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}


@pytest.fixture
def terminals(environment: dict[str, str]) -> Iterator[list[Terminal]]:
    """Terminals to be closed."""
    open_ones: list[Terminal] = []
    yield open_ones
    for terminal in open_ones:
        terminal.close()


def open_terminal(terminals: list[Terminal], command: list[str], environment: dict[str, str]) -> Terminal:
    """A terminal that is closed after the test."""
    terminals.append(Terminal(command, environment))
    return terminals[-1]


def test_terminal_says_who_asks_and_shows_nothing_of_the_pin(
    terminals: list[Terminal], environment: dict[str, str]
) -> None:
    terminal = open_terminal(terminals, program("terminal"), environment)
    shown = terminal.wait("PIN 碼（不會顯示）：")
    for part in ("https://portal.example", "用途：登入", "王小明", "3 次"):
        assert part in shown
    terminal.type(f"{PIN}\r")
    rest = terminal.wait("RESULT ")
    assert not re.search(r"[0-9*●]", rest.replace("RESULT", ""))
    assert terminal.wait("\n").strip() == "TerminalPrompt token None 1"


def test_terminal_wrong_pin_then_right_one(terminals: list[Terminal], environment: dict[str, str]) -> None:
    terminal = open_terminal(terminals, program("terminal"), environment)
    terminal.wait("PIN 碼（不會顯示）：")
    terminal.type("999999\r")
    assert "PIN 碼錯誤" in terminal.wait("PIN 碼（不會顯示）：")
    terminal.type("99\x7f\x15１２３456\r")
    assert terminal.result() == "TerminalPrompt token None 2"


@pytest.mark.parametrize("keys", ["123\x03", "\x04"])
def test_terminal_ctrl_c_cancels_this_order_only(
    terminals: list[Terminal], environment: dict[str, str], keys: str
) -> None:
    terminal = open_terminal(terminals, program("terminal"), environment)
    terminal.wait("PIN 碼（不會顯示）：")
    terminal.type(keys)
    assert terminal.result() == "TerminalPrompt user_cancelled None 0"


def test_terminal_malformed_pin_reaches_no_card(terminals: list[Terminal], environment: dict[str, str]) -> None:
    terminal = open_terminal(terminals, program("terminal"), environment)
    terminal.wait("PIN 碼（不會顯示）：")
    terminal.type(b"\xff\xfe12345\x1b[A\r")
    assert "6 至 8" in terminal.wait("PIN 碼（不會顯示）：")
    terminal.type("\x03")
    assert terminal.result() == "TerminalPrompt user_cancelled None 0"


def test_terminal_choice_by_number(terminals: list[Terminal], environment: dict[str, str]) -> None:
    terminal = open_terminal(terminals, program("terminal", TWO), environment)
    assert "2) 陳美麗" in terminal.wait("再按 Enter：")
    terminal.type("7\r")
    terminal.type("2\r")
    assert "陳美麗" in terminal.wait("PIN 碼（不會顯示）：")
    terminal.type(f"{PIN}\r")
    assert terminal.result() == "TerminalPrompt token None 1"


def test_terminal_last_try_is_confirmed_first(terminals: list[Terminal], environment: dict[str, str]) -> None:
    terminal = open_terminal(terminals, program("terminal", LAST), environment)
    assert "最後一次機會" in terminal.wait("Ctrl-C 取消 ")
    terminal.type("\r")
    terminal.wait("PIN 碼（不會顯示）：")
    terminal.type(f"{PIN}\r")
    assert terminal.result() == "TerminalPrompt token None 1"


def test_terminal_is_as_it_was_afterwards_and_what_was_typed_before_is_not_the_pin(
    terminals: list[Terminal], environment: dict[str, str], tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    shell = ["/bin/sh", "-c", 'stty -a; echo "<before>"; read go <"$0"; "$@"; stty -a; echo "<after>"', str(gate)]
    terminal = open_terminal(terminals, [*shell, *program("terminal")], environment)
    before = terminal.wait("<before>").removesuffix("<before>")
    terminal.type("111111\r")  # before the prompt is there
    gate.write_text("go\n")
    terminal.wait("PIN 碼（不會顯示）：")
    terminal.type(f"{PIN}\r")
    assert terminal.result() == "TerminalPrompt token None 1"
    assert before.split() == terminal.wait("<after>").removesuffix("<after>").split()


OLD = r'OldAsk(CmsAsk("同意\x1b[2J\r網站：https://bank.example".encode()))'
RAW = r"OldAsk(RawAsk(bytes.fromhex('3031300d060960864801650304020105000420') + bytes(32)))"
ASKED = "再按 Enter："


def test_terminal_asks_about_the_site_of_an_old_page_and_then_shows_what_is_signed(
    terminals: list[Terminal], environment: dict[str, str]
) -> None:
    terminal = open_terminal(terminals, program("terminal", old=OLD), environment)
    shown = terminal.wait(ASKED)
    assert "網站（依網頁所述）：https://portal.example" in shown
    assert "要讓這個網站使用您的卡片嗎？" in shown
    terminal.type("\ry\r1\r")  # the first two are no answer
    lines = terminal.wait("PIN 碼（不會顯示）：").split("\r\n")
    at = lines.index("│ 同意\ufffd[2J")
    assert lines[at + 1] == "│ 網站：https://bank.example"
    terminal.type(f"{PIN}\r")
    assert terminal.result() == "TerminalPrompt token None 1"


def test_terminal_no_to_the_site_of_an_old_page(terminals: list[Terminal], environment: dict[str, str]) -> None:
    terminal = open_terminal(terminals, program("terminal", old=OLD), environment)
    terminal.wait(ASKED)
    terminal.type("2\r")
    assert terminal.result() == "TerminalPrompt origin_not_permitted None 0"


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A pipe: the page goes when something is written to it."""
    pipe = tmp_path / "page"
    os.mkfifo(pipe)
    return pipe


def test_terminal_page_gone(terminals: list[Terminal], environment: dict[str, str], page: Path) -> None:
    terminal = open_terminal(terminals, program("terminal", gone=str(page)), environment)
    terminal.wait("PIN 碼（不會顯示）：")
    page.write_text("")
    assert terminal.result() == "TerminalPrompt user_cancelled None 0"


@pytest.mark.parametrize("name", ["curses", "tty"])
def test_pinentry_on_the_terminal(terminals: list[Terminal], environment: dict[str, str], name: str) -> None:
    command = program("pinentry", pinentry=f"/usr/bin/pinentry-{name}")
    terminal = open_terminal(terminals, command, environment)
    terminal.wait("PIN")
    terminal.type(f"{PIN}\r")
    assert terminal.result() == "PinentryPrompt token None 1"


def test_auto_without_display_takes_pinentry_on_the_terminal_then_the_terminal_itself(
    terminals: list[Terminal], environment: dict[str, str]
) -> None:
    terminal = open_terminal(terminals, program("auto", pinentry="/usr/bin/pinentry-tty"), environment)
    terminal.wait("PIN")
    terminal.type(f"{PIN}\r")
    assert terminal.result() == "PinentryPrompt token None 1"
    terminal = open_terminal(terminals, program("auto", pinentry="/nowhere/pinentry-tty"), environment)
    terminal.wait("PIN 碼（不會顯示）：")
    terminal.type(f"{PIN}\r")
    assert terminal.result() == "TerminalPrompt token None 1"


@pytest.mark.parametrize("kind", ["auto", "window", "terminal", "pinentry"])
def test_nobody_can_be_asked(environment: dict[str, str], kind: str) -> None:
    result = subprocess.run(
        program(kind, pinentry="/usr/bin/pinentry-tty"), env=environment, stdin=subprocess.DEVNULL,
        start_new_session=True, capture_output=True, text=True, check=True, timeout=LIMIT,
    )  # fmt: skip
    assert result.stdout.strip() == "RESULT NoPrompt no_prompt None 0"


def test_auto_with_a_display_is_the_window(environment: dict[str, str], screen: Screen) -> None:
    environment["DISPLAY"] = screen.display
    process = subprocess.Popen(program("auto"), env=environment, stdout=subprocess.PIPE, text=True)
    screen.wait_window()
    screen.type(PIN)
    screen.key("Return")
    assert process.communicate(timeout=LIMIT)[0].strip() == "RESULT WindowPrompt token None 1"


class Desktop:
    """A host that asks with pinentry's window, and a person at the screen."""

    def __init__(
        self, screen: Screen, environment: dict[str, str], seen: str, *, gone: str = "", old: str = "None"
    ) -> None:
        self._screen = screen
        command = program("pinentry", seen, pinentry="/usr/bin/pinentry-gtk-2", gone=gone, old=old)
        self._process = subprocess.Popen(
            command, env={**environment, "DISPLAY": screen.display}, stdout=subprocess.PIPE, text=True
        )
        self._seen: set[int] = set()

    def window(self) -> None:
        """Waits for the window of a new pinentry; it may have the same X number as the last one.

        Fails when the host has ended.
        """
        self._seen |= wait_until(self._new_children)
        # GTK shows its window before it has the keyboard.
        wait_until(lambda: self._screen.keyboard() in self._screen.windows("Pinentry-gtk-2"))

    def _new_children(self) -> set[int]:
        assert self._process.poll() is None, f"the host has ended: {self.result()}"
        return {child.pid for child in psutil.Process(self._process.pid).children()} - self._seen

    def keys(self, *names: str) -> None:
        """Presses keys."""
        self._screen.key(*names)

    def type(self, text: str) -> None:
        """Types."""
        self._screen.type(text)

    def picture(self, path: Path) -> None:
        """What the screen shows."""
        self._screen.picture(path)

    def result(self) -> str:
        """What the host said at its end."""
        return self._process.communicate(timeout=LIMIT)[0].strip()


def test_pinentry_window_signs(screen: Screen, environment: dict[str, str]) -> None:
    desktop = Desktop(screen, environment, ONE)
    desktop.window()
    desktop.picture(ROOT / "build" / "window" / "pinentry-pin.png")
    desktop.type(PIN)
    desktop.keys("Return")
    assert desktop.result() == "RESULT PinentryPrompt token None 1"


def test_pinentry_window_asks_again_after_a_wrong_pin(screen: Screen, environment: dict[str, str]) -> None:
    desktop = Desktop(screen, environment, ONE)
    desktop.window()
    desktop.type("999999")
    desktop.keys("Return")
    desktop.window()
    desktop.type(PIN)
    desktop.keys("Return")
    assert desktop.result() == "RESULT PinentryPrompt token None 2"


def test_pinentry_window_choice_by_next_and_use(screen: Screen, environment: dict[str, str]) -> None:
    desktop = Desktop(screen, environment, TWO)
    desktop.window()
    desktop.picture(ROOT / "build" / "window" / "pinentry-choice.png")
    desktop.keys("Tab", "Return")  # next
    desktop.window()
    desktop.keys("Tab", "Tab", "Return")  # use
    desktop.window()
    desktop.picture(ROOT / "build" / "window" / "pinentry-chosen.png")
    desktop.type(PIN)
    desktop.keys("Return")
    assert desktop.result() == "RESULT PinentryPrompt token None 1"


def test_pinentry_window_closed(screen: Screen, environment: dict[str, str]) -> None:
    desktop = Desktop(screen, environment, ONE)
    desktop.window()
    desktop.keys("Escape")
    assert desktop.result() == "RESULT PinentryPrompt user_cancelled None 0"


def test_pinentry_window_no_to_the_site_of_an_old_page(screen: Screen, environment: dict[str, str]) -> None:
    desktop = Desktop(screen, environment, ONE, old=OLD)
    desktop.window()
    desktop.keys("Tab", "Return")
    assert desktop.result() == "RESULT PinentryPrompt origin_not_permitted None 0"


@pytest.mark.parametrize(("old", "questions"), [(OLD, 1), (RAW, 2)], ids=["text", "digest"])
def test_pinentry_window_signs_for_an_old_page_after_a_yes_to_each_question(
    screen: Screen, environment: dict[str, str], old: str, questions: int
) -> None:
    """The site first, then what cannot be shown; the keyboard begins on what is no "yes" each time."""
    desktop = Desktop(screen, environment, ONE, old=old)
    for number in range(questions):
        desktop.window()
        desktop.picture(ROOT / "build" / "window" / f"pinentry-old-question-{number + 1}.png")
        desktop.keys("Tab", "Tab", "Return")
    desktop.window()
    desktop.picture(ROOT / "build" / "window" / f"pinentry-old-pin-{questions}.png")
    desktop.type(PIN)
    desktop.keys("Return")
    assert desktop.result() == "RESULT PinentryPrompt token None 1"


def test_pinentry_window_goes_with_the_page(screen: Screen, environment: dict[str, str], page: Path) -> None:
    desktop = Desktop(screen, environment, ONE, gone=str(page))
    desktop.window()
    page.write_text("")
    assert desktop.result() == "RESULT PinentryPrompt user_cancelled None 0"
    screen.wait_no_window("Pinentry-gtk-2")
