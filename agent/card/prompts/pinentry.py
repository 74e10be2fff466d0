"""The prompt that is GnuPG's pinentry: its own window or terminal screen, in a process without our driver.

It shows one question at a time. Several certificates are gone through one by one: "use this one" or "next".
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from agent.card.frames import HostOrder, HostSetup
from agent.card.operation import ENTRY_LIMIT, Operation, pause
from agent.card.prompts import texts
from agent.card.prompts.assuan import MAX_LINE, Ask, AssuanError, Reply, request
from agent.card.prompts.questions import Kind, Question, Questions
from agent.card.worker import Worker
from agent.discretion import DISCREET_LIMIT
from agent.failures import Code
from agent.platform.pinentry import Needs, Pinentry, pinentries
from agent.platform.terminal import TERMINAL, has_terminal

if TYPE_CHECKING:
    from agent.card.card import Cards

_CUT = "…"  # where there is more than fits
# What a pinentry may see; the PIN is none of it.
_PASSED = ("DISPLAY", "XAUTHORITY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR", "LANG", "LC_ALL", "LC_CTYPE")
# Toolkits load modules that the settings in the user's home name, into the process that the PIN is typed in.
_NO_HOME = "/nonexistent"
_PASSED_WINDOWS = ("SYSTEMROOT", "WINDIR", "USERPROFILE", "TEMP", "TMP")
_LANGUAGE = "C.UTF-8"


def find_pinentry(setup: HostSetup) -> PinentryPrompt | None:
    """The first pinentry of this computer that can show something here, or None."""
    for pinentry in pinentries():
        if pinentry.path.is_file() and _can_show(pinentry):
            return PinentryPrompt(pinentry, setup)
    return None


class PinentryPrompt:
    """Asks with a pinentry, a new process for each question."""

    def __init__(self, pinentry: Pinentry, setup: HostSetup) -> None:
        self._pinentry = pinentry
        self._form = setup.pin
        self._asked: Question | None = None
        self._ask: Ask | None = None

    def run(self, order: HostOrder, worker: Worker, cards: Callable[[], Cards], gone: threading.Event) -> Operation:
        """Asks until the operation has its answer; `cards` belongs to the driver thread, `gone`: the page has left."""
        questions = Questions(order, self._form)
        operation = Operation(order, cards, worker, questions, time.monotonic)
        operation.start()
        try:
            while operation.answer is None:
                if gone.is_set():
                    operation.cancel()
                operation.tick()
                self._follow(questions, operation)
                time.sleep(pause(operation))
        finally:
            self._stop()
        return operation

    def _follow(self, questions: Questions, operation: Operation) -> None:
        if operation.answer is None and questions.question is not self._asked:
            self._stop()
            self._asked = questions.question
            self._begin(questions, operation)
        elif self._ask is not None and self._ask.done:
            ask, self._ask = self._ask, None
            if ask.answer is None:
                operation.fail(Code.NO_PROMPT)
            else:
                _take(ask.answer.reply, ask.answer.text, questions, operation)

    def _begin(self, questions: Questions, operation: Operation) -> None:
        if questions.question.kind is Kind.NOTHING:
            return
        try:
            self._ask = Ask(self._pinentry.path, _environment(), self._requests(questions))
        except AssuanError:
            operation.fail(Code.NO_PROMPT)

    def _stop(self) -> None:
        if self._ask is not None:
            self._ask.stop()
            self._ask = None

    def _requests(self, questions: Questions) -> list[bytes]:
        question, say = questions.question, questions.say
        options = [request("OPTION", f"ttyname={TERMINAL}"), request("OPTION", f"ttytype={_terminal_kind()}")]
        lines = [
            *(options if self._pinentry.needs is Needs.TERMINAL else []),
            request("OPTION", f"lc-ctype={_language()}"),
            request("SETTITLE", say(texts.TITLE)),
            request("SETDESC", _description(questions)),
            request("SETTIMEOUT", str(int(ENTRY_LIMIT if questions.tells else DISCREET_LIMIT))),
            request("SETCANCEL", say(texts.CANCEL)),
        ]
        if question.error:
            lines.append(request("SETERROR", question.error))
        return lines + _question(question.kind, questions)


def _question(kind: Kind, questions: Questions) -> list[bytes]:
    say = questions.say
    if kind is Kind.PIN:
        return [
            request("SETPROMPT", questions.named(texts.PIN, "").rstrip()),
            request("SETOK", say(texts.SIGN)),
            request("GETPIN"),
        ]
    if kind is Kind.CHOICE:
        return [request("SETOK", say(texts.USE)), request("SETNOTOK", say(texts.NEXT)), request("CONFIRM")]
    if questions.question.asked is not None:
        _, _, yes, no = texts.QUESTIONS[questions.question.asked.topic]
        return [request("SETOK", say(yes)), request("SETNOTOK", say(no)), request("CONFIRM")]
    if kind is Kind.NOTICE:
        return [request("SETOK", say(texts.CLOSE)), request("MESSAGE")]
    return [request("SETOK", say(texts.GO_ON)), request("CONFIRM")]


def _description(questions: Questions) -> str:
    """What is shown above the question; from the end, lines are left out that do not fit, never the site."""
    question = questions.question
    lines = list(question.lines)
    if question.kind is Kind.CHOICE:
        place = f"{questions.say(texts.CHOOSE)} ({question.at + 1}/{len(question.cards)})"
        lines[len(questions.head()) :] = [place, questions.describe(question.cards[question.at])]
    while len(lines) > question.kept and not _fits(lines):
        lines.pop()
    for number, line in enumerate(question.content):
        if not _fits([*lines, line, _CUT]):
            # Of what is signed the beginning is shown, and that it is no more than that.
            return "\n".join([*lines, _CUT] if number else lines)
        lines.append(line)
    return "\n".join(lines)


def _fits(lines: list[str]) -> bool:
    return len(request("SETDESC", "\n".join(lines))) <= MAX_LINE - 16


def _take(reply: Reply, text: str, questions: Questions, operation: Operation) -> None:
    kind = questions.question.kind
    if reply is Reply.YES and kind is Kind.PIN:
        questions.pin(operation, text)
    elif reply is Reply.YES and kind is not Kind.NOTICE:
        questions.yes(operation)
    elif reply is Reply.NO:
        questions.no(operation)
    elif reply is not Reply.TIMED_OUT:  # the operation has the same limit and ends with its own code
        operation.cancel()


def _environment() -> dict[str, str]:
    given = {name: os.environ[name] for name in (*_PASSED, *_PASSED_WINDOWS) if name in os.environ}
    home = os.environ.get("HOME")
    if home is None:
        return given
    return {"XAUTHORITY": os.path.join(home, ".Xauthority"), **given, "HOME": _NO_HOME}  # noqa: PTH118  # home as it is


def _language() -> str:
    return next((os.environ[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if os.environ.get(name)), _LANGUAGE)


def _terminal_kind() -> str:
    return os.environ.get("TERM") or "xterm"


def _can_show(pinentry: Pinentry) -> bool:
    if pinentry.needs is Needs.TERMINAL:
        return has_terminal()
    return pinentry.needs is Needs.DESKTOP or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
