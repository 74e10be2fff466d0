"""A hardened process on Linux, looked at from outside; each protection beside a process that has it not."""

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from agent.platform import linux
from tests.stand.asking import wait_until
from tests.stand.parts import ROOT, python
from tests.stand.waiting import LIMIT

HARDEN = "from agent import platform; platform.harden();"
OPEN = "from agent import platform;"


def run(program: str) -> str:
    """What a program prints; it must end well."""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False, timeout=LIMIT
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def status(program: str) -> dict[str, str]:
    """/proc/self/status after a program, by field."""
    text = run(f"{program} print(open('/proc/self/status').read())")
    return {name: value.strip() for name, _, value in (line.partition(":") for line in text.splitlines())}


def trespass(kind: str) -> dict[str, str]:
    """What a program of the same user got of a process: "" or the name of the error, by attempt."""
    done = subprocess.run(
        python("tests.stand.trespasser", kind), cwd=ROOT, capture_output=True, text=True, check=False, timeout=LIMIT
    )
    assert done.returncode == 0, done.stderr[-1500:]
    outcomes: dict[str, str] = json.loads(done.stdout)
    return outcomes


@pytest.mark.parametrize("kind", ["hardened", "host"])
def test_program_of_the_same_user_gets_nothing_of_a_hardened_process(kind: str) -> None:
    assert set(trespass(kind).values()) == {"EPERM", "EACCES"}


def test_program_of_the_same_user_gets_everything_of_an_open_process() -> None:
    """Otherwise the test above could not fail."""
    assert set(trespass("open").values()) == {""}


@pytest.mark.parametrize(("program", "rights"), [(HARDEN, "1"), (OPEN, "0")])
def test_program_that_is_started_gains_no_rights(program: str, rights: str) -> None:
    assert status(program)["NoNewPrivs"] == rights


def test_files_are_for_the_user_alone() -> None:
    assert status(HARDEN)["Umask"] == "0077"


def test_no_core_file_and_no_way_back() -> None:
    limits = run(f"{HARDEN} import resource; print(*resource.getrlimit(resource.RLIMIT_CORE))")
    assert limits.split() == ["0", "0"]


def test_crash_leaves_no_core() -> None:
    limit = "import resource as r; r.setrlimit(r.RLIMIT_CORE, (r.getrlimit(r.RLIMIT_CORE)[1],) * 2);"
    process = subprocess.Popen([sys.executable, "-c", f"{limit} {HARDEN} import os; os.abort()"], cwd=ROOT)
    _, how = os.waitpid(process.pid, 0)
    process.returncode = how
    assert os.WIFSIGNALED(how)
    assert not os.WCOREDUMP(how)


PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=subprocess.PIPE, start_new_session=True)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(600)
"""


def orphan(program: str) -> psutil.Process:
    """A child that said that it is ready, and whose parent was killed then; its stdin goes on."""
    program += "print('ready', flush=True); import time; time.sleep(600)"
    keep, _ = os.pipe()
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, program], cwd=ROOT, stdin=keep, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    os.close(keep)
    return child


def ended(process: psutil.Process) -> bool:
    """Whether a process that is nobody's child any more runs no longer."""
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_hardened_child_dies_with_its_parent() -> None:
    child = orphan(HARDEN)
    wait_until(lambda: ended(child))


def test_open_child_lives_on(tmp_path: Path) -> None:
    """Otherwise the test above could not fail."""
    sign = tmp_path / "alive"
    tell = f"import signal; signal.signal(signal.SIGUSR1, lambda *_: open({str(sign)!r}, 'w').close());"
    child = orphan(OPEN + tell)
    child.send_signal(signal.SIGUSR1)
    wait_until(sign.exists)
    child.kill()


def test_parent_that_died_before_the_signal_was_asked_for_is_noticed() -> None:
    program = "import os; seen = iter([4711, 1]); os.getppid = lambda: next(seen); from agent import platform; "
    done = subprocess.run([sys.executable, "-c", f"{program} platform.harden()"], cwd=ROOT, check=False, timeout=LIMIT)
    assert done.returncode == 2


def test_parent_can_still_wait_for_and_kill_it() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", f"{HARDEN} print(flush=True); import time; time.sleep(600)"], cwd=ROOT,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.readline()
    process.kill()
    assert process.wait(LIMIT) == -signal.SIGKILL
    process.stdout.close()


BECOME_NOBODY = "import os; os.geteuid() or (os.setgroups([]), os.setgid(65534), os.setuid(65534));"
LOAD = "import ctypes, mmap, signal, resource; from agent.platform import linux, posix;"


def test_limit_for_locked_memory_never_stops_a_host() -> None:
    """The usual limit is 8 MiB, and a host maps 300."""
    program = f"{LOAD} {BECOME_NOBODY} {HARDEN} kept = bytearray(100 << 20); print(len(kept))"
    assert run(program).strip() == str(100 << 20)


def test_memory_is_locked_where_there_is_no_limit() -> None:
    locked = int(status(HARDEN)["VmLck"].split()[0])
    unlimited = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] == resource.RLIM_INFINITY
    assert (locked > 0) is (unlimited or _may_lock())


def _may_lock() -> bool:
    """CAP_IPC_LOCK, bit 14 of the effective capabilities (capabilities(7))."""
    return bool(int(status(OPEN)["CapEff"], 16) & 1 << 14)


def test_locking_loads_no_memory() -> None:
    """A host has 300 MiB of mappings; what it never touches stays out."""
    program = "import tkinter, pkcs11; {} print(open('/proc/self/status').read().split('VmRSS:')[1].split()[0])"
    plain, locked = (int(run(program.format(how))) for how in (OPEN, HARDEN))
    assert locked < plain + 3 * 1024


class Libc:
    """A C library in which locking works at first."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def mlockall(self, flags: int) -> int:
        """Works."""
        self.calls.append("mlockall")
        return 0

    def munlockall(self) -> int:
        """Works."""
        self.calls.append("munlockall")
        return 0


@pytest.mark.parametrize(
    ("room", "calls"), [(lambda: True, ["mlockall"]), (lambda: False, ["mlockall", "munlockall"])], ids=["room", "none"]
)
def test_lock_that_leaves_no_room_is_taken_back(
    room: Callable[[], bool], calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A limit of, say, 64 MiB lets mlockall succeed early in a process and ends the process with a later mapping."""
    monkeypatch.setattr(linux, "_is_room", room)
    libc = Libc()
    linux._lock_memory(libc)  # type: ignore[arg-type]  # has the two functions that are called
    assert libc.calls == calls


def test_room_is_found_where_nothing_is_locked() -> None:
    assert linux._is_room()


def test_room_is_not_found_under_a_limit() -> None:
    limit = "resource.setrlimit(resource.RLIMIT_AS, (512 << 20, 512 << 20));"
    assert run(f"{LOAD} {limit} print(linux._is_room())").strip() == "False"


def test_refused_protection_is_said_in_the_log(capfd: pytest.CaptureFixture[str]) -> None:
    linux._prctl(ctypes.CDLL(None), 9999, 0)
    assert "prctl 9999" in capfd.readouterr().err


def test_daemon_does_not_load_what_only_the_host_needs() -> None:
    loaded = run("from agent import platform; import sys; print('ctypes' in sys.modules)")
    assert loaded.strip() == "False"
