"""The prompt on the terminal that the agent was started from; nothing of a PIN is shown there."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from agent.card.frames import HostOrder, HostSetup
from agent.card.operation import Operation, pause
from agent.card.prompts import texts
from agent.card.prompts.questions import Kind, Question, Questions
from agent.card.worker import Worker
from agent.failures import Code
from agent.platform.terminal import Keyboard, has_terminal
from agent.settings import PinForm

if TYPE_CHECKING:
    from agent.card.card import Cards

# More than a PIN or a number can have, full-width characters included (three bytes each).
_MAX_TYPED = 64
_ENTER, _RUB_OUT, _CLEAR = b"\r\n", b"\x7f\x08", b"\x15"
_ANSWERS = ("1", "2")  # yes and no
_CANCEL = b"\x03\x04"  # Ctrl-C, Ctrl-D
_TELL = "t"


class Entry:
    """The keys of one answer; `text` is what they come to."""

    def __init__(self) -> None:
        self._typed = bytearray()

    @property
    def text(self) -> str:
        """What has been typed; keys that are no text make it no PIN and no number."""
        return self._typed.decode("utf-8", "replace")

    def key(self, byte: int) -> None:
        """Takes one byte."""
        if byte in _RUB_OUT:
            # A whole character: in UTF-8 its further bytes are 10xxxxxx.
            while self._typed and self._typed.pop() & 0xC0 == 0x80:
                pass
        elif byte in _CLEAR:
            self.clear()
        elif len(self._typed) < _MAX_TYPED:
            self._typed.append(byte)

    def clear(self) -> None:
        """Forgets what was typed."""
        self._typed[:] = bytes(len(self._typed))
        self._typed.clear()


class TerminalPrompt:
    """Asks on the terminal, line by line."""

    def __init__(self, form: PinForm) -> None:
        self._form = form
        self._asked: Question | None = None
        self._entry = Entry()

    def run(self, order: HostOrder, worker: Worker, cards: Callable[[], Cards], gone: threading.Event) -> Operation:
        """Asks until the operation has its answer; `cards` belongs to the driver thread, `gone`: the page has left."""
        questions = Questions(order, self._form)
        operation = Operation(order, cards, worker, questions, time.monotonic)
        try:
            keyboard = Keyboard()
        except OSError:
            operation.fail(Code.NO_PROMPT)
            return operation
        try:
            operation.start()
            self._loop(keyboard, questions, operation, gone)
        finally:
            keyboard.write("\n")
            keyboard.close()
        return operation

    def _loop(self, keyboard: Keyboard, questions: Questions, operation: Operation, gone: threading.Event) -> None:
        while operation.answer is None:
            if gone.is_set():
                operation.cancel()
            operation.tick()
            if questions.question is not self._asked:
                self._show(keyboard, questions)
            try:
                typed = keyboard.read(pause(operation))
            except EOFError:
                operation.cancel()
                continue
            for byte in typed:
                self._take(byte, keyboard, questions, operation)

    def _show(self, keyboard: Keyboard, questions: Questions) -> None:
        question, before = questions.question, self._asked
        self._asked = question
        self._entry.clear()
        keyboard.forget()
        if question.kind is Kind.NOTHING and before is None:
            return
        lines = list(question.lines)
        if before is not None and before.lines[: len(questions.head())] == tuple(questions.head()):
            lines = lines[len(questions.head()) :]  # who asks was said already
        else:
            lines.insert(0, f"=== {questions.say(texts.TITLE)} ===")
        if before is None or before.content != question.content:
            lines += question.content
        if question.error:
            lines.append(f"! {question.error}")
        lines += [f"  {number}) {questions.describe(card)}" for number, card in enumerate(question.cards, 1)]
        lines.append(_last_line(question, questions))
        keyboard.write("\n" + "\n".join(lines))

    def _take(self, byte: int, keyboard: Keyboard, questions: Questions, operation: Operation) -> None:
        if byte in _CANCEL:
            operation.cancel()
        elif byte in _ENTER:
            keyboard.write("\n")
            self._answer(questions, operation)
        else:
            self._entry.key(byte)
            if questions.question.kind in (Kind.CHOICE, Kind.YES_NO) and chr(byte).isdigit():
                keyboard.write(chr(byte))

    def _answer(self, questions: Questions, operation: Operation) -> None:
        text, kind, secret = self._entry.text, questions.question.kind, questions.question.secret
        self._entry.clear()
        if kind is Kind.PIN:
            questions.pin(operation, text)
        elif kind is Kind.CHOICE and text.isascii() and text.isdigit():
            questions.take(operation, int(text) - 1)
        elif kind is Kind.YES_NO and text in _ANSWERS:
            (questions.yes if text == "1" else questions.no)(operation)
        elif kind in (Kind.LAST_TRY, Kind.PINPAD):
            questions.yes(operation)
        elif secret and text.strip().lower() == _TELL:
            operation.tell()


def _last_line(question: Question, questions: Questions) -> str:
    """What stands before the keys that are typed."""
    kind = question.kind
    if question.secret:
        return f"{questions.say(texts.TO_TELL)} "
    if kind is Kind.NOTHING:
        return ""
    if kind in (Kind.CHOICE, Kind.PIN):
        return questions.named(texts.CHOOSE_NUMBER if kind is Kind.CHOICE else texts.TYPE_PIN, "")
    if question.asked is not None:
        _, _, yes, no = texts.QUESTIONS[question.asked.topic]
        return questions.named(partial(texts.yes_or_no, yes=yes, no=no), "")
    return f"{questions.say(texts.TO_CANCEL if kind is Kind.NOTICE else texts.PRESS_ENTER)} "


def open_terminal(setup: HostSetup) -> TerminalPrompt | None:
    """The terminal, or None where there is none."""
    return TerminalPrompt(setup.pin) if has_terminal() else None
