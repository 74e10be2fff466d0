"""The control socket of a running card: JSON lines over a Unix socket of its owner."""

import json
import math
import os
import socket
import socketserver
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, cast

from typing_extensions import override

from cardsim.card.slot import Slot
from cardsim.errors import SimulatorError

MAX_LINE = 4096
"""Longest request or answer in bytes."""
MAX_DELAY = 60.0
"""Longest delay per APDU in seconds."""
_IDLE = 60.0
_PATIENCE = 30.0
_MAX_PATH = 107

Action = Callable[[Slot, str], None]


def _plain(act: Callable[[Slot], None]) -> Action:
    def run(slot: Slot, argument: str) -> None:
        if argument:
            raise SimulatorError("this command takes no argument")
        act(slot)

    return run


def _path(text: str) -> Path:
    path = Path(text)
    if not path.is_absolute():
        raise SimulatorError("the path must be absolute")
    return path


def _delay(slot: Slot, argument: str) -> None:
    slot.set_delay(seconds(argument))


def _tries(slot: Slot, argument: str) -> None:
    if argument not in {str(number) for number in range(16)}:
        raise SimulatorError("the number of tries must be 0 to 15")
    slot.set_tries(int(argument))


def seconds(text: str) -> float:
    """The delay in `text`; raises SimulatorError unless it is a number from 0 to MAX_DELAY."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= MAX_DELAY:
        raise SimulatorError(f"the delay must be a number of seconds from 0 to {MAX_DELAY:.0f}")
    return value


ACTIONS: dict[str, Action] = {
    "insert": _plain(Slot.insert),
    "remove": _plain(Slot.remove),
    "swap": lambda slot, argument: slot.swap(_path(argument)),
    "delay": _delay,
    "hang": _plain(Slot.hang),
    "unhang": _plain(Slot.unhang),
    "tries": _tries,
    "unblock": _plain(Slot.unblock),
    "status": _plain(lambda slot: None),
    "trace-on": lambda slot, argument: slot.trace_to(_path(argument)),
    "trace-off": _plain(lambda slot: slot.trace_to(None)),
}
"""Every command of the control socket."""


def answer(slot: Slot, line: bytes) -> dict[str, Any]:
    """Run one request and return `{"ok": true, ...status}` or `{"ok": false, "error": "..."}`."""
    try:
        request = json.loads(line)
        command, argument = request["command"], request.get("argument", "")
        if set(request) - {"command", "argument"} or not isinstance(argument, str):
            raise ValueError
        action = ACTIONS[command]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {"ok": False, "error": 'expected {"command": one of ' + ", ".join(ACTIONS) + ', "argument": text}'}
    try:
        action(slot, argument)
    except SimulatorError as error:
        return {"ok": False, "error": str(error)}
    return {"ok": True, **slot.status()}


class _Handler(socketserver.StreamRequestHandler):
    timeout: ClassVar[float | None] = _IDLE

    @override
    def handle(self) -> None:
        slot = cast("ControlServer", self.server).slot
        try:
            while line := self.rfile.readline(MAX_LINE + 1):
                reply = answer(slot, line) if len(line) <= MAX_LINE else {"ok": False, "error": "line too long"}
                self.wfile.write(json.dumps(reply, ensure_ascii=False).encode() + b"\n")
                if len(line) > MAX_LINE:
                    return
        except OSError:
            return  # the other side went away or fell silent


class ControlServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Serves the control socket at `path`, mode 0600."""

    daemon_threads = True

    def __init__(self, path: Path, slot: Slot) -> None:
        """Bind the socket; raises SimulatorError if the path is unusable or another card answers there."""
        self.slot = slot
        self.path = path
        self._ours = False
        _clear_stale(path)
        before = os.umask(0o177)
        try:
            super().__init__(str(path), _Handler)
            self._ours = True
        except OSError as error:
            raise SimulatorError(f"cannot make the control socket {path}: {error.strerror or error}") from None
        finally:
            os.umask(before)

    @override
    def server_close(self) -> None:
        """Stop listening and remove the socket file."""
        super().server_close()
        if self._ours:  # the base class also calls this when the path was somebody else's file
            self.path.unlink(missing_ok=True)


def _clear_stale(path: Path) -> None:
    if len(os.fsencode(path)) > _MAX_PATH:
        raise SimulatorError(f"the control socket's path is longer than {_MAX_PATH} bytes: {path}")
    if not path.is_socket():
        return
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            path.unlink(missing_ok=True)
        else:
            raise SimulatorError(f"another card already answers at {path}")


def send(path: Path, command: str, argument: str = "") -> dict[str, Any]:
    """The answer of the card at `path` to one command.

    Waits up to 30 s (an insertion may take long). Raises SimulatorError if no card answers there.
    """
    request = json.dumps({"command": command, "argument": argument}).encode() + b"\n"
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_PATIENCE)
        try:
            connection.connect(str(path))
            connection.sendall(request)
            with connection.makefile("rb") as reader:
                reply = json.loads(reader.readline(MAX_LINE))
        except (OSError, ValueError):
            raise SimulatorError(f"no card answers at {path}") from None
    if not isinstance(reply, dict):
        raise SimulatorError(f"no card answers at {path}")
    return reply
