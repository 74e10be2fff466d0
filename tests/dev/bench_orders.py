"""Benchmark of orders: from the request to the window, from Return to the token, with and without a spare host."""

import subprocess
import time
from pathlib import Path

import psutil

from tests.dev.processes import Memory, memory, settled
from tests.dev.rows import Row, repeat
from tests.stand.asking import Asker, wait_until
from tests.stand.mapped import Mapped
from tests.stand.parts import PIN, Agent, Reader
from tests.stand.screen import Screen

MODULE = "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so"
SPARE_RUNS = 15


class _Orders:
    """Makes orders, and keeps what was measured beside the time of the window."""

    def __init__(self, agent: Agent, reader: Reader, screen: Screen) -> None:
        self._agent, self._reader, self._screen = agent, reader, screen
        self._asker = Asker(agent)
        self._mapped = Mapped(screen.display)
        self.fields: list[float] = []
        self.signings: list[float] = []
        self.memories: list[Memory] = []

    def once(self) -> float:
        """One order; the milliseconds until its window was there."""
        wait_until(lambda: not self._busy(), 20)
        return self._order()

    def with_spare(self) -> float:
        """One order for which a spare waits."""
        wait_until(self._spare, 60)
        return self._order()

    def stop(self) -> None:
        """Ends it."""
        self._asker.stop()
        self._mapped.close()

    def _order(self) -> float:
        self._mapped.forget()
        begun = time.perf_counter()
        order = self._asker.ask()
        shown = self._mapped.wait()
        self._screen.wait_window()
        self.fields.append((time.perf_counter() - begun) * 1000)
        self.memories += [memory(host.pid) for host in self._busy()]
        self._screen.type(PIN)
        card = self._card_ms()
        typed = time.perf_counter()
        self._screen.key("Return")
        answer = order.result(20)
        elapsed = (time.perf_counter() - typed) * 1000
        if answer.status != 200:
            raise SystemExit(f"bench: the agent answered {answer.code}")
        self.signings.append(elapsed - (self._card_ms() - card))
        self._screen.wait_no_window()
        return (shown - begun) * 1000

    def _spare(self) -> bool:
        """Pulls the card and puts it back, which starts a spare; whether one is ready."""
        for command in ("remove", "insert"):
            self._reader.control(command)
            time.sleep(0.6)  # the virtual reader looks after its card every 400 ms
        for host in self._busy():
            settled(host.pid)
            return True
        return False

    def _busy(self) -> list[psutil.Process]:
        return psutil.Process(self._agent.program.pid).children()

    def _card_ms(self) -> float:
        return float(self._reader.control("status")["card_ms"])


def order_rows(agent: Agent, reader: Reader, screen: Screen, folder: Path) -> list[Row]:
    """The figures of orders, beside pkcs11-tool."""
    plain = _Orders(agent, reader, screen)
    windows = repeat("order without a spare host", plain.once)
    plain.stop()
    ready = _Orders(agent, reader, screen)
    ready_windows = repeat("order with a spare host", ready.with_spare, SPARE_RUNS)
    ready.stop()
    tool = Row("pkcs11-tool --login --sign, over the card's time", "ms", _pkcs11_tool(folder, reader))
    signings = plain.signings[1:] + ready.signings[1:]
    return [
        Row("request to PIN window, spare host", "ms", ready_windows, 60),
        Row("request to PIN window, no spare host", "ms", windows, 150),
        Row("request to PIN field, spare host", "ms", ready.fields[1:]),
        Row("request to PIN field, no spare host", "ms", plain.fields[1:]),
        Row("Return in the PIN window to token, over card", "ms", signings, 20).against(tool),
        tool,
        Row("host with its window open, resident memory", "MiB", [item.rss for item in ready.memories]),
        Row("  its proportional part (PSS)", "MiB", [item.pss for item in ready.memories]),
        Row("  its own pages (USS)", "MiB", [item.uss for item in ready.memories]),
    ]


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

    return repeat("pkcs11-tool", once)
