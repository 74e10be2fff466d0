"""The daemon as a process: what it loads, how it starts, how it ends."""

import importlib
import json
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from filelock import FileLock

from agent import VERSION, daemon
from agent.daemon import StartError, ensure_identity, run
from agent.settings import Settings, WebSettings
from tests.stand.asking import ORIGIN, new_challenge, send, wait_until
from tests.stand.parts import ROOT, Agent, free_port
from tests.stand.waiting import LIMIT

# Files whose names say that a driver, the toolkit or cryptography is loaded. PC/SC is: the reader watch needs it.
FOREIGN = ("_pkcs11", "_tkinter", "libtk8", "libtcl8", "_rust.abi3", "opensc", "softhsm", "_cffi_backend")


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory, logs: Path) -> Iterator[Agent]:
    """A running daemon without screen, reader and card."""
    environment = {"DISPLAY": "", "XDG_CONFIG_HOME": str(tmp_path_factory.mktemp("config"))}
    agent = Agent(tmp_path_factory.mktemp("agent"), logs, environment, ports=[free_port()])
    yield agent
    agent.stop()


def command(*arguments: str, env: dict[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
    """A command of the agent, run to its end."""
    return subprocess.run(
        [sys.executable, "-m", "agent", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT,
        env=env,
    )


def loaded(pid: int) -> list[str]:
    """The foreign files that a process has mapped."""
    maps = Path(f"/proc/{pid}/maps").read_text()
    return [name for name in FOREIGN if name in maps]


def test_maps_tell_what_a_process_has_loaded() -> None:
    """The next test can fail: this process has loaded cryptography."""
    importlib.import_module("cryptography.hazmat.bindings._rust")
    assert "_rust.abi3" in loaded(psutil.Process().pid)


def test_daemon_has_loaded_no_driver_no_toolkit_and_no_cryptography_before_and_after_an_order(agent: Agent) -> None:
    assert loaded(agent.program.pid) == []
    headers = {"Origin": ORIGIN, "Content-Type": "application/json"}
    status, _, body = send(agent, "POST", "/v1/authenticate", {"challenge": "malformed"}, headers)
    assert (status, json.loads(body)["code"]) == (400, "request_malformed")
    assert loaded(agent.program.pid) == []


def test_order_without_a_screen_costs_one_order_and_loads_nothing_into_the_daemon(agent: Agent) -> None:
    headers = {"Origin": ORIGIN, "Content-Type": "application/json"}
    status, _, body = send(agent, "POST", "/v1/authenticate", {"challenge": new_challenge()}, headers)
    assert (status, json.loads(body)["code"]) == (503, "no_prompt")
    assert send(agent, "GET", "/v1/hello")[0] == 200
    assert loaded(agent.program.pid) == []
    wait_until(lambda: not psutil.Process(agent.program.pid).children())


def test_daemon_imports_neither_driver_nor_toolkit_nor_cryptography() -> None:
    code = (
        "import sys, agent.daemon, agent.__main__; "
        "foreign = {'pkcs11', 'tkinter', 'cryptography', 'smartcard', 'asn1crypto', 'pkcs11_shims', 'certs.trust'}; "
        "print(sorted(foreign & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=LIMIT
    )
    assert result.stdout.strip() == "[]"


def test_daemon_says_ready_before_pcsc_is_loaded(tmp_path: Path) -> None:
    """The start need not wait for the reader watch: it loads its library in its own thread."""
    code = (
        "import builtins, os, sys; say = print\n"
        "def ready(*words, **options):\n"
        "    say('smartcard' in sys.modules, flush=True); os._exit(0)\n"
        "builtins.print = ready; sys.argv = ['cardlogin', 'run', '--settings', sys.argv[1]]\n"
        "from agent.__main__ import main; main()"
    )
    settings = tmp_path / "agent.toml"
    settings.write_text(f"state = {json.dumps(str(tmp_path))}\n[hipki]\nport = 0\n[web]\nports = [{free_port()}]\n")
    result = subprocess.run(
        [sys.executable, "-c", code, str(settings)], cwd=ROOT, capture_output=True, text=True, check=True, timeout=LIMIT
    )
    assert result.stdout == "False\n"


def test_daemon_listens_on_loopback_only(agent: Agent) -> None:
    listening = [item.laddr for item in psutil.Process(agent.program.pid).net_connections() if item.status == "LISTEN"]
    assert {(address.ip, address.port) for address in listening} == {("127.0.0.1", agent.port), ("::1", agent.port)}


def test_log_says_nothing_of_challenges(agent: Agent) -> None:
    challenge = new_challenge()
    headers = {"Origin": ORIGIN, "Content-Type": "application/json"}
    send(agent, "POST", "/v1/authenticate", {"challenge": challenge, "pin": "135790"}, headers)
    log = agent.log.read_text("utf-8")
    assert challenge not in log
    assert "135790" not in log


def test_second_daemon_of_the_same_state_refuses_to_start(agent: Agent, tmp_path: Path) -> None:
    settings = tmp_path / "agent.toml"
    state = agent.root.parents[1]
    settings.write_text(f"state = {json.dumps(str(state))}\n[hipki]\nport = 0\n[web]\nports = [{free_port()}]\n")
    result = command("run", "--settings", str(settings))
    assert result.returncode == 2
    assert result.stderr == "cardlogin: another CardLogin agent of this user is running\n"
    assert result.stdout == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_the_daemon_with_status_0_and_frees_the_port(
    tmp_path: Path, logs: Path, number: signal.Signals
) -> None:
    agent = Agent(tmp_path, logs, {"DISPLAY": ""}, ports=[free_port()])
    try:
        assert send(agent, "GET", "/v1/hello")[0] == 200
        agent.program.process.send_signal(number)
        assert agent.program.process.wait(LIMIT) == 0
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(("127.0.0.1", agent.port))
            sock.listen()
    finally:
        agent.stop()


def test_state_of_a_new_daemon_is_its_users_alone(agent: Agent) -> None:
    folder = agent.root.parent
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}


@pytest.mark.parametrize(
    ("content", "named"),
    [("[web]\nport = [1]", "web.port"), ("state = 1", "state"), ("[web", "agent.toml"), ("\0", "agent.toml")],
)
def test_bad_settings_file_is_one_line_and_status_2(tmp_path: Path, content: str, named: str) -> None:
    settings = tmp_path / "agent.toml"
    settings.write_text(content)
    result = command("run", "--settings", str(settings))
    assert result.returncode == 2
    assert result.stderr.startswith("cardlogin: ")
    assert result.stderr.count("\n") == 1
    assert named in result.stderr
    assert "Traceback" not in result.stderr


def test_version_command() -> None:
    result = command("version")
    assert (result.returncode, result.stdout, result.stderr) == (0, f"{VERSION}\n", "")


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["run", "--nonsense"]])
def test_unknown_command_is_status_2_with_usage(arguments: list[str]) -> None:
    result = command(*arguments)
    assert result.returncode == 2
    assert result.stderr.startswith("usage: cardlogin")


def test_identity_is_made_once(tmp_path: Path) -> None:
    folder = tmp_path / "identity"
    ensure_identity(folder)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert {"root.pem", "identity.json"} < set(before)
    ensure_identity(folder)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_identity_that_cannot_be_made_is_a_start_error(tmp_path: Path) -> None:
    (tmp_path / "identity").write_text("in the way")
    with pytest.raises(StartError, match="no localhost identity"):
        ensure_identity(tmp_path / "identity")


def test_lock_of_another_daemon_is_a_start_error_before_anything_is_made(tmp_path: Path) -> None:
    with FileLock(tmp_path / "daemon.lock"):
        failed: list[str] = []

        def start() -> None:
            try:
                run(Settings(web=WebSettings(ports=(free_port(),)), state=tmp_path))
            except StartError as error:
                failed.append(str(error))

        thread = threading.Thread(target=start)
        thread.start()
        thread.join(LIMIT)
    assert failed == ["another CardLogin agent of this user is running"]
    assert not (tmp_path / "identity").exists()
    assert daemon.run is run
