"""Benchmark of the card host alone: a whole process from start to end, without a window, beside bare python-pkcs11."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import psutil

from agent.card.frames import HostOrder, HostSetup, encode
from agent.child import child_command
from tests.dev.processes import Memory, memory
from tests.dev.rows import RUNS, Row, repeat
from tests.stand.asking import ORIGIN, new_challenge
from tests.stand.parts import PIN, Reader

_HOST = child_command("tests.stand.scripted_host")[-1]
# What nobody can do without: the same card, the same signature, with python-pkcs11 and nothing else.
_BARE = f"""
import pkcs11
from pkcs11 import Attribute, Mechanism, ObjectClass
library = pkcs11.lib("/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so")
token = library.get_slots(token_present=True)[0].get_token()
with token.open(user_pin="{PIN}") as session:
    (key,) = session.get_objects({{Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.ID: b"\\x01"}})
    key.sign(bytes(51), mechanism=Mechanism.RSA_PKCS)
"""


class _Processes:
    """Runs processes to their end; keeps the processor time they took, which a busy machine does not change."""

    def __init__(self, code: str, reader: Reader, stdin: Callable[[], bytes]) -> None:
        kept = {name: value for name, value in os.environ.items() if name in ("HOME", "LANG")}
        self._command = [sys.executable, "-I", "-c", code]
        self._environment = {**kept, **reader.env}
        self._stdin = stdin
        self.processor: list[float] = []

    def once(self) -> float:
        """One process; its milliseconds."""
        begun = time.perf_counter()
        process = self.start()
        output = process.stdout.read() if process.stdout is not None else b""
        _, status, used = os.wait4(process.pid, 0)
        elapsed = (time.perf_counter() - begun) * 1000
        process.returncode = os.waitstatus_to_exitcode(status)
        self._close(process)
        if process.returncode != 0 or b'"code":"' in output:
            raise SystemExit(f"bench: a process ended with {process.returncode} {output[:200]!r}")
        self.processor.append((used.ru_utime + used.ru_stime) * 1000)
        return elapsed

    def peak(self) -> Memory:
        """The memory of one process when it has most."""
        process = self.start()
        seen: list[Memory] = []
        sampler = threading.Thread(target=_sample, args=(process.pid, seen))
        sampler.start()
        if process.stdout is not None:
            process.stdout.read()
        process.wait()
        sampler.join()
        self._close(process)
        return max(seen, key=lambda item: item.rss)

    def start(self) -> "subprocess.Popen[bytes]":
        """A process with everything on its stdin, which stays open as a page's does."""
        pipe = subprocess.PIPE
        process = subprocess.Popen(self._command, stdin=pipe, stdout=pipe, env=self._environment, bufsize=0)
        if process.stdin is not None:
            process.stdin.write(self._stdin())
        return process

    @staticmethod
    def _close(process: "subprocess.Popen[bytes]") -> None:
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def _sample(pid: int, seen: list[Memory]) -> None:
    with contextlib.suppress(psutil.Error):
        while True:
            seen.append(memory(pid))
            time.sleep(0.002)


def _order() -> bytes:
    return encode(HostSetup(drivers=("opensc",))) + encode(HostOrder(ORIGIN, new_challenge(), "en"))


def host_rows(reader: Reader) -> list[Row]:
    """Whole processes, and what they need."""
    host = _Processes(_HOST, reader, _order)
    bare = _Processes(_BARE, reader, lambda: b"")
    host_times, bare_times = _turns(host, bare)
    reader.control("delay", "0.02")  # so that there is time to look at its memory
    peaks = [host.peak() for _ in range(5)]
    reader.control("delay", "0")
    floor = Row("bare python-pkcs11 from start to signature", "ms", bare_times)
    floor_processor = Row("  its processor time", "ms", bare.processor[1:])
    return [
        Row("one-shot host without window, whole process", "ms", host_times, 90).against(floor),
        Row("  its processor time", "ms", host.processor[1:]).against(floor_processor),
        floor,
        floor_processor,
        Row("one-shot host without window, resident memory", "MiB", [item.rss for item in peaks], 34),
        Row("  its proportional part (PSS)", "MiB", [item.pss for item in peaks]),
        Row("  its own pages (USS)", "MiB", [item.uss for item in peaks]),
    ]


def _turns(host: _Processes, bare: _Processes) -> tuple[list[float], list[float]]:
    """Both in turns, so that a busy moment of the machine meets both."""
    bare_times: list[float] = []

    def once() -> float:
        bare_times.append(bare.once())
        return host.once()

    return repeat("one-shot host", once, RUNS), bare_times[1:]
