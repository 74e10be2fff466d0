"""./dev test: the areas of the test suite."""

import contextlib
import importlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable

# Two lanes side by side, of about the same length: most tests wait for something and leave the processor to others.
LANES = (("card", "portal"), ("unit", "server", "browser"))
AREAS = (*LANES[0], *LANES[1])
BENCHES = ("agent", "server", "portal")
_BENCHES = {"agent": "tests.dev.bench", "server": "tests.dev.bench_server", "portal": "tests.dev.bench_portal"}


def test(area: str | None, *, postgres: bool) -> int:
    """Runs the tests of an area, or of all; the status is pytest's, the higher one of both lanes.

    `postgres`: the portal's tests run on a PostgreSQL and a Redis of their own instead of SQLite.
    """
    from tests.stand.databases import own_servers

    with contextlib.ExitStack() as stops:
        servers = stops.enter_context(own_servers()) if postgres else {}
        if postgres:
            print("dev: on PostgreSQL and Redis", flush=True)
        if area:
            return subprocess.run(_pytest([area]), env=_environment(servers), check=False).returncode
        return _both_lanes(_environment(servers))


def _both_lanes(environment: dict[str, str]) -> int:
    """What the second lane says is printed below the first."""
    first, second = map(_pytest, LANES)
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        beside = subprocess.Popen(second, env=environment, stdout=said, stderr=subprocess.STDOUT)
        try:
            status = subprocess.run(first, env=environment, check=False).returncode
            status = max(status, beside.wait())
        finally:
            beside.terminate()
            beside.wait()
            said.seek(0)
            sys.stdout.writelines(said)
    return status


def _pytest(areas: Iterable[str]) -> list[str]:
    return [sys.executable, "-m", "pytest", *(f"tests/{name}" for name in areas)]


def _environment(more: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "DISPLAY"} | more


def bench(area: str | None) -> int:
    """Runs the measurements of an area, or of all; the status is 0 when all could be made."""
    statuses: list[int] = [importlib.import_module(_BENCHES[name]).bench() for name in ([area] if area else BENCHES)]
    return max(statuses)
