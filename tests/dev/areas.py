"""./dev test: the areas of the test suite, as many at a time as there are processors."""

import contextlib
import importlib
import os
import queue
import re
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from tests.dev.own_network import alone

ROOT = Path(__file__).parents[2]
LOGS = ROOT / "build" / "tests"
"""What each part of a run said, whole."""
SCENARIOS = "tests/portal/scenarios"
PARTS: dict[str, dict[str, list[str]]] = {
    "portal": {"portal": ["tests/portal", f"--ignore={SCENARIOS}"], "scenarios": [SCENARIOS]},
    "browser": {"browser": ["tests/browser"]},
    "card": {"card": ["tests/card"]},
    "hipki": {"hipki": ["tests/hipki"]},
    "selftest": {"selftest": ["tests/selftest"]},
    "unit": {"unit": ["tests/unit"]},
    "packaging": {"packaging": ["tests/packaging"]},
}
"""The parts of each area, what takes long first: each is a run of pytest of its own."""
SUBSETS = {"server": {"server": ["tests/unit/cardlogin_server"]}}
AREAS = (*PARTS, *SUBSETS)
ALONE = frozenset({"hipki", "selftest"})
"""Parts with fixed ports: each runs in a network of its own."""
SPREAD = ("unit", "server")
"""Areas whose files share nothing: alone, they run on all processors."""
NOTHING_RAN = 5
"""pytest's status when no test was chosen."""
BENCHES = ("agent", "server", "portal", "hipki")
_BENCHES = {
    "agent": "tests.dev.bench",
    "server": "tests.dev.bench_server",
    "portal": "tests.dev.bench_portal",
    "hipki": "tests.dev.bench_hipki",
}
_PROGRESS = re.compile(r"\[ *\d+%\]$")
_RULE = re.compile(r"=+ .* =+$")


class Part:
    """One run of pytest: its progress is printed as it comes, what it says at the end in one piece."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str], printing: threading.Lock) -> None:
        self.name, self.status, self.seconds = name, 0, 0.0
        self.closing: list[str] = []
        self._command, self._environment, self._printing = command, environment, printing
        self._process: subprocess.Popen[str] | None = None

    def run(self) -> None:
        """Runs it to its end."""
        begun = time.monotonic()
        LOGS.mkdir(parents=True, exist_ok=True)
        with (
            (LOGS / f"{self.name}.log").open("w", encoding="utf-8") as log,
            subprocess.Popen(
                self._command, cwd=ROOT, env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                text=True, encoding="utf-8", errors="replace",
            ) as process,
        ):  # fmt: skip
            self._process = process
            assert process.stdout is not None  # as it was asked for
            lines = []
            for line in process.stdout:
                log.write(line)
                if _PROGRESS.search(line.rstrip()):
                    self._print([f"{self.name:9} {line}"])
                else:
                    lines.append(line)
        self.status, self.seconds = process.returncode, time.monotonic() - begun
        rules = [place for place, line in enumerate(lines) if _RULE.match(line.rstrip())]
        self.closing = lines[rules[-1] :] if rules else lines[-1:]
        self._print([f"{self.name} has ended:\n", *lines])

    def stop(self) -> None:
        """Ends it early."""
        if self._process is not None:
            self._process.terminate()

    def _print(self, lines: list[str]) -> None:
        with self._printing:
            sys.stdout.writelines(lines)
            sys.stdout.flush()


def test(area: str | None, *, postgres: bool, options: Sequence[str]) -> int:
    """Runs the tests of an area, or of all; the status is the worst that a run of pytest ended with.

    `postgres`: the portal's tests run on a PostgreSQL and a Redis of their own instead of SQLite.
    `options`: more words for pytest.
    """
    from tests.stand.databases import own_servers

    with contextlib.ExitStack() as stops:
        servers = stops.enter_context(own_servers()) if postgres else {}
        if postgres:
            print("dev: on PostgreSQL and Redis", flush=True)
        environment = _environment(servers)
        commands = _commands(area, options)
        if len(commands) == 1:
            (command,) = commands.values()
            return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
        printing = threading.Lock()
        return _run([Part(name, command, environment, printing) for name, command in commands.items()])


def _commands(area: str | None, options: Sequence[str]) -> dict[str, list[str]]:
    chosen = (
        (PARTS | SUBSETS)[area] if area else {name: what for parts in PARTS.values() for name, what in parts.items()}
    )
    # One more than there are processors: a fifth of the time, these tests wait for programs and clocks.
    spread = ["-n", str(_lanes() + 1), "--dist", "loadfile"] if area in SPREAD else []
    commands = {name: [sys.executable, "-m", "pytest", *what, *spread, *options] for name, what in chosen.items()}
    return {name: alone(command) if name in ALONE else command for name, command in commands.items()}


def _lanes() -> int:
    return max(2, len(os.sched_getaffinity(0)))


def _run(parts: list[Part]) -> int:
    waiting: queue.SimpleQueue[Part] = queue.SimpleQueue()
    for part in parts:
        waiting.put(part)

    def lane() -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                waiting.get_nowait().run()

    lanes = [threading.Thread(target=lane) for _ in range(min(_lanes(), len(parts)))]
    begun = time.monotonic()
    for one in lanes:
        one.start()
    try:
        for one in lanes:
            one.join()
    finally:
        with contextlib.suppress(queue.Empty):
            while True:
                waiting.get_nowait()
        for part in parts:
            part.stop()
    return _close(parts, time.monotonic() - begun)


def _close(parts: list[Part], seconds: float) -> int:
    """The closing lines of all parts; one in which nothing was chosen counts only where that holds for all."""
    ran = [part for part in parts if part.status != NOTHING_RAN] or parts
    for part in ran:
        print(f"{part.name}: {part.seconds / 60:.1f} minutes")
        sys.stdout.writelines(part.closing)
    print(f"dev: {seconds / 60:.1f} minutes")
    return max(abs(part.status) for part in ran)


def _environment(more: dict[str, str]) -> dict[str, str]:
    # Compiled modules are kept, whatever this shell says: the tests start hundreds of processes.
    without = ("DISPLAY", "PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if name not in without} | more


def bench(area: str | None) -> int:
    """Runs the measurements of an area, or of all; the status is 0 when all could be made."""
    statuses: list[int] = [importlib.import_module(_BENCHES[name]).bench() for name in ([area] if area else BENCHES)]
    return max(statuses)
