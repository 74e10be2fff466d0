"""GnuPG's Assuan protocol, as far as talking to a pinentry needs it: lines to its stdin, lines from its stdout.

Assuan manual, "Client requests" and "Server responses": a line has at most 1000 bytes before its line feed; "%",
carriage return and line feed are percent-escaped in both directions.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

MAX_LINE = 1000
# A pinentry answers a request with one line, with some status and comment lines before it.
_MAX_LINES = 64
# GnuPG's error codes are in the lower 16 bits; the upper ones say which program (gpg-error, err-codes.h).
_CODE_MASK = 0xFFFF
_TIMEOUT, _CANCELED, _NOT_CONFIRMED, _FULLY_CANCELED = 62, 99, 114, 198


class AssuanError(Exception):
    """The program does not start, does not speak Assuan, or cannot ask; there is no secret in the text."""


class _RefusedError(AssuanError):
    """The program understood a request and will not do it."""


class Reply(Enum):
    """How a question was answered."""

    YES = "yes"
    NO = "no"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed out"


_REPLIES = {
    _TIMEOUT: Reply.TIMED_OUT,
    _CANCELED: Reply.CANCELLED,
    _FULLY_CANCELED: Reply.CANCELLED,
    _NOT_CONFIRMED: Reply.NO,
}


@dataclass(frozen=True, repr=False)
class Answer:
    """A reply and the text that came with it; never printed, because the text may be a PIN."""

    reply: Reply
    text: str = ""


def request(command: str, text: str = "") -> bytes:
    """A line of ours; text that does not fit is cut at a character."""
    room = MAX_LINE - len(command) - 1
    escaped = b""
    for character in text:
        piece = _escape(character)
        if len(escaped) + len(piece) > room:
            break
        escaped += piece
    return command.encode("ascii") + (b" " + escaped if escaped else b"") + b"\n"


def unescape(data: bytes) -> str:
    """The text of a D line; raises AssuanError for one that is no UTF-8 or wrongly escaped."""
    head, *rest = data.split(b"%")
    whole = bytearray(head)
    try:
        for part in rest:
            whole += bytes.fromhex(part[:2].decode("ascii"))
            whole += part[2:]
            if len(part) < 2:
                raise ValueError
        return whole.decode("utf-8")
    except ValueError:
        raise AssuanError("escape") from None


class Ask:
    """One question to one pinentry process, in a thread of its own, because reading its answer blocks.

    `done` tells when `answer` (or, without one, that it failed) can be read; `stop` ends the program at any time.
    """

    def __init__(self, program: Path, environment: Mapping[str, str], requests: Sequence[bytes]) -> None:
        self._requests = requests
        self._finished = threading.Event()
        self.answer: Answer | None = None
        try:
            self._process = subprocess.Popen(
                [str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                env=dict(environment),
            )  # fmt: skip
        except OSError as error:
            raise AssuanError(type(error).__name__) from None
        self._thread = threading.Thread(target=self._run, name="pinentry", daemon=True)
        self._thread.start()

    @property
    def done(self) -> bool:
        """Whether there is an answer, or will never be one."""
        return self._finished.is_set()

    def stop(self) -> None:
        """Ends the program; a window of its goes away."""
        self._process.kill()
        self._thread.join()

    def _run(self) -> None:
        process = self._process
        try:
            with suppress(AssuanError, OSError, ValueError):
                self.answer = self._talk()
        finally:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with suppress(OSError):
                        stream.close()
            self._finished.set()

    def _talk(self) -> Answer:
        self._answer_line()  # the greeting
        *settings, question = self._requests
        for line in settings:
            self._send(line)
            try:
                self._answer_line()
            except _RefusedError:
                # An old pinentry knows fewer options; but nothing is asked whose description would not be shown.
                if not line.startswith(b"OPTION "):
                    raise
        self._send(question)
        return self._answer_line()

    def _send(self, line: bytes) -> None:
        if self._process.stdin is None:
            raise AssuanError("no input")
        self._process.stdin.write(line)
        self._process.stdin.flush()

    def _answer_line(self) -> Answer:
        text = ""
        for _ in range(_MAX_LINES):
            line = self._read()
            word, _, rest = line.partition(b" ")
            if word == b"OK":
                return Answer(Reply.YES, text)
            if word == b"D":
                text = unescape(rest)
            elif word == b"ERR":
                return Answer(_refusal(rest))
            elif word not in (b"S", b"") and not line.startswith(b"#"):
                break
        raise AssuanError("answer")

    def _read(self) -> bytes:
        if self._process.stdout is None:
            raise AssuanError("no output")
        line = self._process.stdout.readline(MAX_LINE + 2)
        if not line.endswith(b"\n") or len(line) > MAX_LINE + 1:
            raise AssuanError("line")
        return line.removesuffix(b"\n").removesuffix(b"\r")


def _escape(character: str) -> bytes:
    return f"%{ord(character):02X}".encode() if character in "%\r\n" else character.encode("utf-8", "replace")


def _refusal(rest: bytes) -> Reply:
    number = rest.split(b" ")[0]
    if not number.isdigit() or len(number) > 10:
        raise AssuanError("error code")
    reply = _REPLIES.get(int(number) & _CODE_MASK)
    if reply is None:
        raise _RefusedError(f"error {int(number) & _CODE_MASK}")
    return reply
