"""./dev bench agent: speed and memory of the agent, beside comparators in the same run."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.dev.bench_host import host_rows
from tests.dev.bench_orders import order_rows
from tests.dev.bench_web import web_rows
from tests.dev.processes import idle_switches, resident
from tests.dev.rows import RUNS, Row, repeat, write_rows
from tests.stand.asking import connect
from tests.stand.parts import Agent, Reader, free_port, make_pki
from tests.stand.screen import Screen


def bench() -> int:
    """Measures, prints the table and writes build/bench.json."""
    with tempfile.TemporaryDirectory(prefix="cardlogin-bench-") as folder:
        rows = _measure(Path(folder))
    print("\nagent, medians [p10-p90]")
    for row in rows:
        print(row.line())
    write_rows(rows, RUNS, "bench.json")
    return 0


def _measure(folder: Path) -> list[Row]:
    make_pki(folder / "pki", free_port())
    logs = folder / "logs"
    logs.mkdir()
    screen = Screen.start(logs)
    reader = Reader(folder / "reader", logs)
    try:
        reader.insert(folder / "pki" / "cards" / "citizen.json")
        environment = {**reader.env, "DISPLAY": screen.display}
        rows = _daemon(folder, logs, environment)
        agent = Agent(folder / "agent", logs, environment, ports=[free_port()])
        try:
            rows += _idle(agent)
            rows += order_rows(agent, reader, screen, folder)
            rows.append(Row("daemon after these orders, resident memory", "MiB", [resident(agent.program.pid).rss]))
            rows += web_rows(agent, logs)
        finally:
            agent.stop()
        return rows + host_rows(reader)
    finally:
        reader.stop()
        screen.stop()


def _daemon(folder: Path, logs: Path, environment: dict[str, str]) -> list[Row]:
    memory: list[float] = []

    def once() -> float:
        begun = time.perf_counter()
        agent = Agent(folder / "start", logs, environment, ports=[free_port()])
        connection = connect(agent)
        connection.request("GET", "/v1/hello")
        connection.getresponse().read()
        elapsed = (time.perf_counter() - begun) * 1000
        connection.close()
        memory.append(resident(agent.program.pid).rss)
        agent.stop()
        return elapsed

    start = Row("daemon start to first answer", "ms", repeat("daemon start", once), 200)
    bare = Row("python -c 'import aiohttp.web', whole process", "ms", repeat("import", _import_aiohttp))
    return [start.against(bare), bare, Row("idle daemon, resident memory", "MiB", memory[1:], 40)]


def _idle(agent: Agent) -> list[Row]:
    print("bench: idle daemon, 12 s …", flush=True)
    time.sleep(2)
    switches = idle_switches(agent.program.pid, 12.0)
    watch = [rate for thread, rate in switches.items() if thread != agent.program.pid]
    return [
        Row("idle daemon, wake-ups per second", "1/s", [switches[agent.program.pid]], 0),
        Row("  and of its reader watch", "1/s", [sum(watch)], 0),
    ]


def _import_aiohttp() -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import aiohttp.web"], check=True)
    return (time.perf_counter() - begun) * 1000
