"""What /proc says of a process: memory, and how often its threads have been woken."""

import time
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True)
class Memory:
    """MiB: resident (shared pages in full), proportional (shared pages in parts), unique (this process alone)."""

    rss: float
    pss: float
    uss: float


def resident(pid: int) -> Memory:
    """The memory of a process and its children, because "nothing else resident" counts them as well."""
    process = psutil.Process(pid)
    parts = [memory(item.pid) for item in [process, *process.children(recursive=True)]]
    return Memory(sum(part.rss for part in parts), sum(part.pss for part in parts), sum(part.uss for part in parts))


def memory(pid: int) -> Memory:
    """The memory of one process."""
    info = psutil.Process(pid).memory_full_info()
    return Memory(info.rss / 2**20, info.pss / 2**20, info.uss / 2**20)


def idle_switches(pid: int, seconds: float) -> dict[int, float]:
    """Context switches per second, voluntary and not, of every thread over some seconds; a sleeping thread has none."""
    before = _switches(pid)
    time.sleep(seconds)
    after = _switches(pid)
    return {thread: (count - before.get(thread, 0)) / seconds for thread, count in after.items()}


def settled(pid: int, seconds: float = 15.0) -> None:
    """Returns when a process has stopped working: no processor time used in a fifth of a second."""
    process = psutil.Process(pid)
    deadline = time.monotonic() + seconds
    used = -1.0
    while time.monotonic() < deadline:
        now = sum(process.cpu_times()[:2])
        if now == used:
            return
        used = now
        time.sleep(0.2)


def _switches(pid: int) -> dict[int, int]:
    found: dict[int, int] = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        lines = (task / "status").read_text().splitlines()
        found[int(task.name)] = sum(int(line.split()[1]) for line in lines if "ctxt_switches" in line)
    return found
