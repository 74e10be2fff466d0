"""A program of the same user that tries to look into another one; prints what it got as JSON.

    python -m tests.stand.trespasser open|hardened|host

It starts the victim itself, because some systems let a program trace its own children only (Yama). Run as root it
first becomes nobody, because root may look into everything.
"""

import ctypes
import errno
import importlib
import json
import os
import pkgutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import agent.card
from agent import platform
from tests.stand.waiting import wait_until

NOBODY = 65534
_PR_SET_DUMPABLE, _PTRACE_ATTACH, _PTRACE_DETACH = 4, 16, 17
_libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    """Starts the victim that the argument names, tries everything, prints the outcomes by name ("" for success)."""
    _load(agent.card, platform)
    host = importlib.import_module("agent.card.host")
    start: Callable[[], None] = {"open": lambda: None, "hardened": platform.harden, "host": host.main}[sys.argv[1]]
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        _libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)  # changing the user has closed us, too
    victim, ready = _victim(start)
    try:
        _wait(victim, ready, sys.argv[1])
        json.dump({name: _outcome(attempt, victim) for name, attempt in ATTEMPTS.items()}, sys.stdout)
    finally:
        os.kill(victim, signal.SIGKILL)
        os.waitpid(victim, 0)


def _load(*packages: ModuleType) -> None:
    """Loads all of it now: nobody may not be able to read where Python lies."""
    for package in packages:
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("windows"):
                importlib.import_module(module.name)


def _victim(start: Callable[[], None]) -> tuple[int, int]:
    """A child that does something, says so and waits; its number, and the end of the pipe where it says so."""
    ready, says = os.pipe()
    silent, _ = os.pipe()  # its stdin, on which nothing ever comes
    victim = os.fork()
    if victim == 0:
        os.dup2(silent, 0)
        start()
        os.write(says, b"!")
        signal.pause()
    return victim, ready


def _wait(victim: int, ready: int, kind: str) -> None:
    if kind != "host":
        os.read(ready, 1)
        return
    # A host waits for its first message, hardened; this is the last of what it does for that on Linux.
    wait_until(lambda: "NoNewPrivs:\t1" in Path(f"/proc/{victim}/status").read_text())


def _trace(victim: int) -> None:
    if _libc.ptrace(_PTRACE_ATTACH, victim, None, None):
        raise OSError(ctypes.get_errno(), "ptrace")
    os.waitpid(victim, 0)
    _libc.ptrace(_PTRACE_DETACH, victim, None, None)


def _read(name: str) -> Callable[[int], None]:
    def attempt(victim: int) -> None:
        with Path(f"/proc/{victim}/{name}").open("rb") as file:
            if name != "mem":
                file.read(1)

    return attempt


def _copy_memory(victim: int) -> None:
    """process_vm_readv(2) of one byte of our own code, which the fork has in the same place."""
    buffer, address = ctypes.create_string_buffer(1), ctypes.cast(_libc.ptrace, ctypes.c_void_p).value
    here, there = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), 1), (ctypes.c_size_t * 2)(address or 0, 1)
    if _libc.process_vm_readv(victim, here, 1, there, 1, 0) != 1:
        raise OSError(ctypes.get_errno(), "process_vm_readv")


def _list_files(victim: int) -> None:
    list(Path(f"/proc/{victim}/fd").iterdir())


ATTEMPTS: dict[str, Callable[[int], None]] = {
    "trace": _trace,
    "copy memory": _copy_memory,
    **{name: _read(name) for name in ("mem", "environ", "maps", "auxv")},
    "files": _list_files,
}


def _outcome(attempt: Callable[[int], None], victim: int) -> str:
    try:
        attempt(victim)
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, "?")
    return ""


if __name__ == "__main__":
    main()
