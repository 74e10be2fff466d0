"""./dev bench agent: speed and memory of the agent, beside comparators in the same run."""

import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.stand.asking import Asker, connect
from tests.stand.parts import PIN, ROOT, Agent, Reader, free_port, make_pki
from tests.stand.screen import Screen

RUNS = 30
MODULE = "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so"


@dataclass(frozen=True)
class Row:
    """One figure: median and spread of its runs, its aim, and the comparator it is set against."""

    name: str
    unit: str
    values: list[float]
    aim: float | None = None
    beside: str = ""
    ratio: float | None = None

    @property
    def median(self) -> float:
        """The median of the runs."""
        return statistics.median(self.values)

    def line(self) -> str:
        """The row of the printed table."""
        ordered = sorted(self.values)
        spread = f"[{ordered[len(ordered) // 10]:.1f}-{ordered[-1 - len(ordered) // 10]:.1f}]"
        aim = "" if self.aim is None else f"{'ok' if self.median <= self.aim else 'MISSED'} (aim {self.aim:g})"
        ratio = "" if self.ratio is None else f"{self.ratio:.2f} x {self.beside}"
        return f"{self.name:<46} {self.median:8.1f} {self.unit:<4} {spread:<16} {aim:<18} {ratio}"


def bench() -> int:
    """Measures, prints the table and writes build/bench.json."""
    with tempfile.TemporaryDirectory(prefix="cardlogin-bench-") as folder:
        rows = _measure(Path(folder))
    print(f"\n{'agent, medians of ' + str(RUNS) + ' runs [p10-p90]':<46}")
    for row in rows:
        print(row.line())
    write_rows(rows, RUNS, "bench.json")
    return 0


def write_rows(rows: list[Row], runs: int, name: str) -> None:
    """Writes rows, with the machine they were measured on, to a file of that name in build/."""
    result = {
        "machine": {"system": platform.platform(), "python": platform.python_version(), "cpus": psutil.cpu_count()},
        "runs": runs,
        "rows": [{"name": row.name, "unit": row.unit, "median": row.median, "aim": row.aim, "values": row.values,
                  "beside": row.beside, "ratio": row.ratio} for row in rows],
    }  # fmt: skip
    target = ROOT / "build" / name
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(result, indent=1, ensure_ascii=False))
    print(f"\nwritten to {target.relative_to(ROOT)}")


def _measure(folder: Path) -> list[Row]:
    make_pki(folder / "pki", free_port())
    logs = folder / "logs"
    logs.mkdir()
    screen = Screen.start(logs)
    reader = Reader(folder / "reader", logs)
    try:
        reader.insert(folder / "pki" / "cards" / "citizen.json")
        environment = {**reader.env, "DISPLAY": screen.display}
        starts, memory = _daemon(folder, logs, environment)
        agent = Agent(folder / "agent", logs, environment, ports=[free_port()])
        try:
            windows, fields, signings = _orders(agent, reader, screen)
            after = _rss(agent)
        finally:
            agent.stop()
        pkcs11 = _pkcs11_tool(folder, reader)
    finally:
        reader.stop()
        screen.stop()
    tool = Row("pkcs11-tool --login --sign, over the card's time", "ms", pkcs11)
    bare = Row("python -c 'import aiohttp.web', whole process", "ms", _repeat("import", _import_aiohttp))
    signing = Row("Return in the PIN window to token, over card", "ms", signings, 40)
    start = Row("daemon start to first answer", "ms", starts, 200)
    return [
        _against(start, bare),
        bare,
        Row("idle daemon, resident memory", "MiB", memory, 40),
        Row(f"daemon after {RUNS} orders, resident memory", "MiB", [after]),
        Row("request to PIN window (origin, purpose)", "ms", windows, 150),
        Row("request to PIN field (card read, keyboard)", "ms", fields),
        _against(signing, tool),
        tool,
    ]


def _against(row: Row, other: Row) -> Row:
    return Row(row.name, row.unit, row.values, row.aim, other.name.split(",")[0], row.median / other.median)


def _repeat(what: str, once: Callable[[], float]) -> list[float]:
    print(f"bench: {what} × {RUNS} …", flush=True)
    once()  # warm the caches of the system
    return [once() for _ in range(RUNS)]


def _daemon(folder: Path, logs: Path, environment: dict[str, str]) -> tuple[list[float], list[float]]:
    memory: list[float] = []

    def once() -> float:
        begun = time.perf_counter()
        agent = Agent(folder / "start", logs, environment, ports=[free_port()])
        connection = connect(agent)
        connection.request("GET", "/v1/hello")
        connection.getresponse().read()
        elapsed = (time.perf_counter() - begun) * 1000
        connection.close()
        memory.append(_rss(agent))
        agent.stop()
        return elapsed

    return _repeat("daemon start", once), memory[1:]


def _rss(agent: Agent) -> float:
    process = psutil.Process(agent.program.pid)
    # "Nothing else resident": children count as well.
    return sum(item.memory_info().rss for item in [process, *process.children(recursive=True)]) / 2**20


def _orders(agent: Agent, reader: Reader, screen: Screen) -> tuple[list[float], list[float], list[float]]:
    asker = Asker(agent)
    fields: list[float] = []
    signings: list[float] = []

    def once() -> float:
        begun = time.perf_counter()
        order = asker.ask()
        while not screen.windows():
            if order.done():
                raise SystemExit(f"bench: no window, the agent answered {order.result().code}")
        shown = (time.perf_counter() - begun) * 1000
        screen.wait_window()
        fields.append((time.perf_counter() - begun) * 1000)
        screen.type(PIN)
        card = float(reader.control("status")["card_ms"])
        begun = time.perf_counter()
        screen.key("Return")
        answer = order.result(20)
        elapsed = (time.perf_counter() - begun) * 1000
        if answer.status != 200:
            raise SystemExit(f"bench: the agent answered {answer.code}")
        signings.append(elapsed - (float(reader.control("status")["card_ms"]) - card))
        screen.wait_no_window()
        return shown

    windows = _repeat("order", once)
    asker.stop()
    return windows, fields[1:], signings[1:]


def _pkcs11_tool(folder: Path, reader: Reader) -> list[float]:
    data = folder / "digest-info"
    data.write_bytes(bytes.fromhex("3031300d060960864801650304020105000420") + bytes(32))
    command = ["pkcs11-tool", "--module", MODULE, "--login", "--pin", PIN, "--sign", "-m", "RSA-PKCS", "--id", "01",
               "-i", str(data), "-o", str(folder / "signature")]  # fmt: skip

    def once() -> float:
        card = float(reader.control("status")["card_ms"])
        begun = time.perf_counter()
        subprocess.run(command, env={"PATH": "/usr/bin:/bin", **reader.env}, check=True, capture_output=True)
        elapsed = (time.perf_counter() - begun) * 1000
        return elapsed - (float(reader.control("status")["card_ms"]) - card)

    return _repeat("pkcs11-tool", once)


def _import_aiohttp() -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import aiohttp.web"], check=True)
    return (time.perf_counter() - begun) * 1000
