"""./dev test: the areas of the test suite."""

import contextlib
import importlib
import os
import subprocess
import sys

AREAS = ("unit", "card", "browser", "server", "portal")
BENCHES = ("agent", "server", "portal")
_BENCHES = {"agent": "tests.dev.bench", "server": "tests.dev.bench_server", "portal": "tests.dev.bench_portal"}


def test(area: str | None, *, postgres: bool) -> int:
    """Runs the tests of an area, or of all; the status is pytest's.

    `postgres`: the portal's tests run on a PostgreSQL and a Redis of their own instead of SQLite.
    """
    from tests.stand.databases import own_servers

    folders = [f"tests/{name}" for name in ([area] if area else AREAS)]
    environment = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
    with contextlib.ExitStack() as stops:
        servers = stops.enter_context(own_servers()) if postgres else {}
        if postgres:
            print("dev: on PostgreSQL and Redis", flush=True)
        command = [sys.executable, "-m", "pytest", *folders]
        return subprocess.run(command, env=environment | servers, check=False).returncode


def bench(area: str | None) -> int:
    """Runs the measurements of an area, or of all; the status is 0 when all could be made."""
    statuses: list[int] = [importlib.import_module(_BENCHES[name]).bench() for name in ([area] if area else BENCHES)]
    return max(statuses)
