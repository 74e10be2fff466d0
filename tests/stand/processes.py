"""Programs started for a while: ready line, log file, and an end that leaves nothing behind."""

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.stand.waiting import LIMIT

STOP_SECONDS = 5.0  # for a program that may be killed after it


class StandError(Exception):
    """A part of the stand does not start or does not do what it should; the text says which."""


class Program:
    """A running program whose first line of output says that it is ready."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self.name = name
        self.process = process
        self.log = log
        self.ready = ""

    @classmethod
    def start(
        cls,
        name: str,
        command: Sequence[str],
        *,
        logs: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        ready: bool = True,
        seconds: float = LIMIT,
    ) -> "Program":
        """Starts a program and waits for a line that begins with "ready"; raises StandError with the end of its log."""
        logs.mkdir(parents=True, exist_ok=True)
        log = logs / f"{name}.log"
        with log.open("ab") as errors:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if ready else errors,
                stderr=errors,
                env={**os.environ, **(env or {})},
                cwd=cwd,
                start_new_session=True,
            )
        program = cls(name, process, log)
        if ready:
            program.ready = program._wait_ready(seconds)
        return program

    @property
    def pid(self) -> int:
        """The process id."""
        return self.process.pid

    def stop(self) -> None:
        """Ends the program and everything it started."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()

    def tail(self) -> str:
        """The last lines of the log."""
        return self.log.read_text("utf-8", "replace")[-1500:]

    def _wait_ready(self, seconds: float) -> str:
        if self.process.stdout is None:
            raise StandError(f"{self.name}: no output")
        deadline = time.monotonic() + seconds
        received = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while (left := deadline - time.monotonic()) > 0:
                if not selector.select(left):
                    break
                chunk = os.read(self.process.stdout.fileno(), 4096)
                received += chunk
                for line in received.split(b"\n")[:-1]:
                    if line.startswith(b"ready"):
                        return line.decode().removeprefix("ready").strip()
                if not chunk:
                    break
        self.stop()
        raise StandError(f"{self.name} did not become ready: {received.decode(errors='replace')} {self.tail()}")
