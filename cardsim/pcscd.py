"""A private pcscd with one virtual reader, beside any system pcscd and without touching it."""

import contextlib
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType

from cardsim.errors import SimulatorError

RUN = Path("/run/pcscd")
"""The socket folder compiled into pcscd; a bind mount in a private namespace replaces it."""
VPCD_CONFIG = Path("/etc/reader.conf.d/vpcd")
"""Debian's description of the virtual reader; tells where the driver lies."""
_PORTS = range(20000, 32000)
_PATIENCE = 8.0
_SCRIPT = 'mount --bind "$1" "$2" && shift 2 && exec "$@"'
_MAX_PATH = 107


class PrivatePcscd:
    """One pcscd with one virtual reader (or none), ended when the context ends.

    `socket_path` belongs into PCSCLITE_CSOCK_NAME of every program that shall see the reader; `port` is
    where a card connects (0 without a reader). vpcd listens on all interfaces: for tests and demos only.
    """

    def __init__(self, state: Path, *, empty: bool = False) -> None:
        """Prepare with `state` as the folder for socket, configuration and log; starts nothing."""
        self._state = state.resolve()
        self._empty = empty
        self._process: subprocess.Popen[bytes] | None = None
        self.socket_path = self._state / "sock" / "pcscd.comm"
        self.port = 0

    def start(self) -> None:
        """Start pcscd and return when it answers; raises SimulatorError with the reason if it does not."""
        program = _program("pcscd", "pcscd")
        _require_run_folder()
        self._prepare()
        for _attempt in range(3):
            self.port = 0 if self._empty else _free_port()
            self._write_config()
            self._launch(program)
            if self._wait_ready():
                return
            self.stop()
        raise SimulatorError(f"the private pcscd did not start: {self._reason()}")

    def _prepare(self) -> None:
        if len(os.fsencode(self.socket_path)) > _MAX_PATH:
            raise SimulatorError(f"the state folder's path is too long for a socket: {self._state}")
        try:
            for folder in (self._state, self._state / "sock", self._state / "conf"):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise SimulatorError(f"cannot make {self._state}: {error.strerror}") from None
        if _answers(self.socket_path):
            raise SimulatorError(f"a private pcscd is already running in {self._state}")
        self._remove_leftovers()

    def _remove_leftovers(self) -> None:
        for name in ("pcscd.comm", "pcscd.pid"):
            (self._state / "sock" / name).unlink(missing_ok=True)

    def _write_config(self) -> None:
        text = ""
        if not self._empty:
            text = (
                'FRIENDLYNAME "Virtual PCD"\n'
                f"DEVICENAME /dev/null:0x{self.port:04X}\n"
                f"LIBPATH {_driver()}\n"
                f"CHANNELID 0x{self.port:04X}\n"
            )
        (self._state / "conf" / "reader.conf").write_text(text, encoding="ascii")

    def _launch(self, program: str) -> None:
        unshare = [_program("unshare", "util-linux"), "--mount", "--kill-child"]
        if os.geteuid() != 0:
            unshare.append("--map-root-user")
        daemon = [program, "--foreground", "--config", str(self._state / "conf"), *_polkit_option(program)]
        shell = ["sh", "-c", _SCRIPT, "sh", str(self._state / "sock"), str(RUN)]
        with (self._state / "pcscd.log").open("wb") as log:
            # Its own process group: Ctrl-C in the terminal reaches us alone, and we stop it in order.
            self._process = subprocess.Popen(
                [*unshare, *shell, *daemon],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, process_group=0,
            )  # fmt: skip

    def _wait_ready(self) -> bool:
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline and self.alive():
            if _answers(self.socket_path) and (self._empty or _listens(self.port)):
                return True
            time.sleep(0.01)
        return False

    def _reason(self) -> str:
        with contextlib.suppress(OSError):
            lines = (self._state / "pcscd.log").read_text("utf-8", "replace").splitlines()
            if any("unshare failed" in line or "uid_map" in line for line in lines):
                return "this system forbids user namespaces; run it as root"
            if lines:
                return lines[-1][:200]
        return "no reason in the log"

    def alive(self) -> bool:
        """Whether pcscd is still running."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """End pcscd (SIGTERM, after 5 s SIGKILL), reap it and remove its socket. May be called twice."""
        process, self._process = self._process, None
        if process is None:
            return
        _signal_group(process, signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            _signal_group(process, signal.SIGKILL)
            process.wait()
        self._remove_leftovers()

    def __enter__(self) -> "PrivatePcscd":
        """Start it."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        self.stop()


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    # The group, because unshare itself ignores SIGTERM and leaves it to its child.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _program(name: str, package: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if found is None:
        raise SimulatorError(f"{name} is not installed; on Debian: apt-get install {package}")
    return found


def _polkit_option(program: str) -> list[str]:
    """Newer pcscd asks polkit, which refuses clients of a private one; older builds do not know the option."""
    text = subprocess.run([program, "--help"], capture_output=True, check=False, timeout=10).stdout
    return ["--disable-polkit"] if b"--disable-polkit" in text else []


def _driver() -> str:
    try:
        text = VPCD_CONFIG.read_text("utf-8", "replace")
    except OSError:
        text = ""
    found = re.search(r"^LIBPATH\s+(\S+)", text, re.MULTILINE)
    if found is None or not Path(found[1]).exists():
        raise SimulatorError("the virtual reader is not installed; on Debian: apt-get install vsmartcard-vpcd")
    return found[1]


def _require_run_folder() -> None:
    if RUN.is_dir():
        return
    try:
        RUN.mkdir(mode=0o755)
    except OSError:
        raise SimulatorError(f"{RUN} is missing; make it once as root: mkdir {RUN}") from None


def _free_port() -> int:
    """A port that is free together with the next one: the reader's two slots."""
    for _attempt in range(200):
        port = random.choice(_PORTS)  # noqa: S311 (only has to avoid collisions)
        if _bindable(port) and _bindable(port + 1):
            return port
    raise SimulatorError("no two neighbouring free ports for the virtual reader")


def _bindable(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("0.0.0.0", port))  # noqa: S104 (as vpcd will; never listens)
        except OSError:
            return False
    return True


def _listens(port: int) -> bool:
    """Whether somebody listens on `port`, read from the kernel: connecting would insert a card."""
    table = Path("/proc/net/tcp").read_text("ascii")
    return re.search(rf":{port:04X} 00000000:0000 0A ", table) is not None


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True
