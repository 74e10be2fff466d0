"""The simulator on real parts: a private pcscd, OpenSC's tools, and the openssl command as judge."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from cardsim.card.control import send
from cardsim.pcscd import PrivatePcscd
from tests.stand.waiting import LIMIT, wait_until

pytestmark = pytest.mark.card
READER = "Virtual PCD 00 00"
LOW, FINAL, LOCKED = "user PIN count low", "final user PIN try", "user PIN locked"


class Bench:
    """A reader of its own, a card process, and the tools that look at them."""

    def __init__(self, pcscd: PrivatePcscd, pki: Path, work: Path) -> None:
        self._work = work
        self._pki = pki
        self._env = {**os.environ, "PCSCLITE_CSOCK_NAME": str(pcscd.socket_path), "LC_ALL": "C.UTF-8"}
        self._port = pcscd.port
        self._process: subprocess.Popen[str] | None = None
        self.control = work / "card.sock"

    def start(self, card: str, *options: str) -> None:
        """Run the card process until the card is in the reader."""
        command = [
            sys.executable, "-m", "cardsim", "card", "--image", str(self.image(card)),
            "--port", str(self._port), "--control", str(self.control), *options,
        ]  # fmt: skip
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def stop(self) -> tuple[int, str]:
        """End the card process; its exit status and what it complained about."""
        process, self._process = self._process, None
        if process is None:
            return 0, ""
        process.terminate()
        err = process.communicate(timeout=LIMIT)[1]
        return process.returncode, err

    def image(self, card: str) -> Path:
        """The image file of a card."""
        return self._pki / "cards" / f"{card}.json"

    def tell(self, command: str, argument: str = "") -> dict[str, Any]:
        """One control command, which must succeed."""
        reply = send(self.control, command, argument)
        assert reply["ok"], reply
        return reply

    def run(self, *command: str, timeout: float = LIMIT) -> "subprocess.CompletedProcess[str]":
        """One of the tools, looking at this reader."""
        return subprocess.run(
            command, env=self._env, capture_output=True, text=True, check=False, timeout=timeout, cwd=self._work
        )

    def pkcs11(self, *options: str, timeout: float = LIMIT) -> "subprocess.CompletedProcess[str]":
        """pkcs11-tool with OpenSC's module."""
        return self.run("pkcs11-tool", "--module", "opensc-pkcs11.so", *options, timeout=timeout)

    def sign(self, pin: str = "123456", mechanism: str = "SHA256-RSA-PKCS") -> "subprocess.CompletedProcess[str]":
        """Sign the file `data` with the signing key."""
        (self._work / "data").write_text("hello")
        return self.pkcs11(
            "--login", "--pin", pin, "--sign", "-m", mechanism, "--id", "01", "-i", "data", "-o", "signature",
            "--signature-format", "openssl",
        )  # fmt: skip

    def openssl_accepts(self) -> bool:
        """Whether the openssl command accepts the last signature, by the certificate on the card."""
        self.pkcs11("--read-object", "--type", "cert", "--id", "01", "-o", "card.der")
        key = self.run("openssl", "x509", "-inform", "DER", "-in", "card.der", "-noout", "-pubkey")
        (self._work / "public.pem").write_text(key.stdout)
        done = self.run("openssl", "dgst", "-sha256", "-verify", "public.pem", "-signature", "signature", "data")
        return done.stdout == "Verified OK\n"

    def card_seen(self) -> bool:
        """Whether pcscd sees a card in the first slot."""
        line = next(line for line in self.run("opensc-tool", "-l").stdout.splitlines() if READER in line)
        return line.split()[1] == "Yes"

    def wait_card(self, seen: bool) -> None:
        """Wait for pcscd to notice, which takes up to 0.4 s."""
        wait_until(lambda: self.card_seen() is seen)

    def token_flags(self) -> str:
        """The first token's flags as the tool prints them."""
        found = re.search(r"token flags +: (.*)", self.pkcs11("-T").stdout)
        return found[1] if found else ""


@pytest.fixture(scope="module")
def pcscd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivatePcscd]:
    """One private pcscd for all tests of this file."""
    with PrivatePcscd(tmp_path_factory.mktemp("pcscd")) as daemon:
        yield daemon


@pytest.fixture
def bench(pcscd: PrivatePcscd, pki: Path, tmp_path: Path) -> Iterator[Bench]:
    """The bench without a card."""
    bench = Bench(pcscd, pki, tmp_path)
    yield bench
    assert bench.stop() == (0, "")


@pytest.fixture
def citizen(bench: Bench) -> Bench:
    """The bench with the demo card in its reader."""
    bench.start("citizen")
    return bench


def test_the_card_is_seen_and_recognised(citizen: Bench) -> None:
    assert citizen.card_seen()
    assert citizen.run("opensc-tool", "-n").stdout == "Personal Identity Verification Card\n"
    assert re.search(r"token label +: 王小明", citizen.pkcs11("-T").stdout)


def test_both_certificates_are_readable_without_a_pin(citizen: Bench) -> None:
    listing = citizen.pkcs11("-O", "--type", "cert").stdout
    assert re.findall(r"ID: +(\d+)", listing) == ["01", "03"]
    assert citizen.tell("status")["verifies"] == 0


def test_private_keys_need_a_pin(citizen: Bench) -> None:
    assert "Private Key Object" not in citizen.pkcs11("-O").stdout
    assert citizen.pkcs11("-O", "--login", "--pin", "123456").stdout.count("Private Key Object") == 2


@pytest.mark.parametrize(
    ("card", "mechanism"),
    [("citizen", "SHA256-RSA-PKCS"), ("company", "SHA256-RSA-PKCS"), ("ec", "ECDSA-SHA256")],
)
def test_openssl_verifies_what_the_card_signed(bench: Bench, card: str, mechanism: str) -> None:
    bench.start(card)
    assert bench.sign(mechanism=mechanism).returncode == 0
    assert bench.openssl_accepts()
    status = bench.tell("status")
    assert (status["verifies"], status["signatures"]) == (1, 1)


def test_three_wrong_pins_lock_the_card(citizen: Bench) -> None:
    seen = []
    for _ in range(4):
        error = citizen.sign("999999").stderr
        seen.append((citizen.tell("status")["tries"], "CKR_PIN_LOCKED" in error))
    assert seen == [(2, False), (1, False), (0, True), (0, True)]
    assert LOCKED in citizen.token_flags()
    assert "CKR_PIN_LOCKED" in citizen.sign("123456").stderr
    citizen.tell("unblock")
    assert citizen.sign().returncode == 0


def test_a_card_that_counts_down_to_63c0(bench: Bench) -> None:
    bench.start("citizen", "--last-failure", "63C0")
    errors = [bench.sign("999999").stderr for _ in range(3)]
    assert all("CKR_PIN_INCORRECT" in error for error in errors)
    assert LOCKED in bench.token_flags()


def test_the_last_try_is_announced(citizen: Bench) -> None:
    citizen.tell("tries", "1")
    assert FINAL in citizen.token_flags()
    citizen.tell("unblock")
    assert FINAL not in citizen.token_flags()


def test_a_five_digit_pin_reaches_the_card_and_costs_a_try(citizen: Bench) -> None:
    assert "CKR_PIN_INCORRECT" in citizen.sign("12345").stderr
    assert citizen.tell("status")["tries"] == 2


def test_a_pin_can_be_changed(citizen: Bench) -> None:
    assert citizen.pkcs11("--change-pin", "--login", "--pin", "123456", "--new-pin", "87654321").returncode == 0
    assert citizen.sign("87654321").returncode == 0


def test_remove_and_insert(citizen: Bench) -> None:
    assert citizen.tell("remove")["inserted"] is False
    citizen.wait_card(False)
    assert citizen.tell("insert")["inserted"] is True
    assert citizen.card_seen()
    assert citizen.sign().returncode == 0


def test_swapped_cards_keep_their_own_tries(citizen: Bench) -> None:
    citizen.sign("999999")
    assert citizen.tell("swap", str(citizen.image("ec")))["tries"] == 3
    assert re.search(r"token label +: 測試人辛", citizen.pkcs11("-T").stdout)
    assert citizen.tell("swap", str(citizen.image("citizen")))["tries"] == 2
    assert re.search(r"token label +: 王小明", citizen.pkcs11("-T").stdout)


@pytest.mark.parametrize(("card", "identities"), [("empty", []), ("encryption-only", ["03"])])
def test_cards_without_a_signing_certificate(bench: Bench, card: str, identities: list[str]) -> None:
    bench.start(card)
    assert bench.run("opensc-tool", "-n").stdout == "Personal Identity Verification Card\n"
    assert re.findall(r"ID: +(\d+)", bench.pkcs11("-O", "--type", "cert").stdout) == identities


def test_a_slow_card_says_how_long_it_took(citizen: Bench) -> None:
    citizen.pkcs11("-T")
    before = citizen.tell("delay", "0.02")
    start = time.monotonic()
    assert citizen.sign().returncode == 0
    wall = (time.monotonic() - start) * 1000
    after = citizen.tell("delay", "0")
    spent = after["card_ms"] - before["card_ms"]
    assert 20 * (after["apdus"] - before["apdus"]) <= spent <= wall


def _in_background(bench: Bench, act: Callable[[], None]) -> "subprocess.CompletedProcess[str]":
    """Sign, and let `act` happen meanwhile."""
    with ThreadPoolExecutor(1) as pool:
        signing = pool.submit(bench.sign)
        act()
        return signing.result()


def _wait_for(bench: Bench, **facts: Any) -> None:
    wait_until(lambda: facts.items() <= bench.tell("status").items())


def test_pulled_while_signing(citizen: Bench) -> None:
    def pull_after_the_pin() -> None:
        citizen.tell("delay", "0.15")  # long enough to be met between PIN and signature
        _wait_for(citizen, verified=True)
        citizen.tell("delay", "1")
        citizen.tell("remove")

    failed = _in_background(citizen, pull_after_the_pin)
    assert failed.returncode != 0
    assert citizen.tell("status")["signatures"] == 0
    citizen.tell("delay", "0")
    citizen.tell("insert")
    assert citizen.sign().returncode == 0


def test_a_hanging_card_goes_on_where_it_stopped(citizen: Bench) -> None:
    citizen.tell("hang")

    def wake() -> None:
        before = citizen.tell("status")["apdus"]
        time.sleep(1)  # silence cannot be waited for
        assert citizen.tell("status")["apdus"] == before
        citizen.tell("unhang")

    assert _in_background(citizen, wake).returncode == 0


def test_a_hanging_card_can_be_pulled(citizen: Bench) -> None:
    citizen.tell("hang")

    def pull() -> None:
        time.sleep(0.5)  # nobody tells that a command waits; earlier, the card is pulled before it
        assert citizen.tell("remove") | {"inserted": False, "hung": False} == citizen.tell("status")

    assert _in_background(citizen, pull).returncode != 0
    citizen.tell("insert")
    assert citizen.sign().returncode == 0


def test_the_trace_of_a_login_holds_no_pin(citizen: Bench, tmp_path: Path) -> None:
    citizen.tell("trace-on", str(tmp_path / "trace"))
    assert citizen.sign().returncode == 0
    citizen.tell("trace-off")
    trace = (tmp_path / "trace").read_text()
    assert "> 0020008008****************" in trace
    assert b"123456".hex() not in trace
    assert re.search(r"> 1087079AFF", trace)


def test_the_reader_vanishes_and_returns(pki: Path, tmp_path: Path) -> None:
    with PrivatePcscd(tmp_path / "p") as daemon:
        own = Bench(daemon, pki, tmp_path)
        own.start("citizen")
        daemon.stop()
        _wait_for(own, inserted=False)
        daemon.start()
        assert own.stop() == (0, "")
        own = Bench(daemon, pki, tmp_path)
        own.start("citizen")
        assert own.card_seen()
        assert own.stop() == (0, "")


def test_no_reader_at_all(tmp_path: Path) -> None:
    with PrivatePcscd(tmp_path / "p", empty=True) as daemon:
        env = {**os.environ, "PCSCLITE_CSOCK_NAME": str(daemon.socket_path)}
        listing = ["opensc-tool", "-l"]
        done = subprocess.run(listing, env=env, capture_output=True, text=True, check=False, timeout=LIMIT)
        assert daemon.port == 0
    assert done.stdout + done.stderr == "No smart card readers found.\n"


def test_stopping_leaves_no_process_and_no_socket(tmp_path: Path) -> None:
    daemon = PrivatePcscd(tmp_path / "p")
    daemon.start()
    assert _processes(tmp_path)
    daemon.stop()
    assert not _processes(tmp_path)
    assert not daemon.socket_path.exists()


def test_one_pcscd_per_state_folder(pcscd: PrivatePcscd) -> None:
    done = _reader_command(pcscd.socket_path.parent.parent)
    assert done.communicate(timeout=LIMIT) == ("", f"cardsim reader: {_already(pcscd)}\n")
    assert done.returncode == 2


def _already(pcscd: PrivatePcscd) -> str:
    return f"a private pcscd is already running in {pcscd.socket_path.parent.parent}"


def _reader_command(state: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "cardsim", "reader", "--state", str(state)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _processes(state: Path) -> list[str]:
    """The command lines of all pcscd and unshare processes of a state folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if str(state) in line and "--foreground" in line:
            found.append(line)
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_reader_command(tmp_path: Path, number: signal.Signals) -> None:
    with _reader_command(tmp_path / "p") as process:
        assert process.stdout is not None
        word, name, port = process.stdout.readline().split()
        assert (word, name) == ("ready", str(tmp_path / "p" / "sock" / "pcscd.comm"))
        assert 20000 <= int(port) < 32000
        process.send_signal(number)
        assert process.communicate(timeout=LIMIT) == ("", "")
    assert process.returncode == 0
    assert not _processes(tmp_path)


def test_the_daemon_dies_with_unshare_and_the_command_says_so(tmp_path: Path) -> None:
    with _reader_command(tmp_path / "p") as process:
        assert process.stdout is not None
        process.stdout.readline()
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        assert len(children) == 1
        os.kill(int(children[0]), signal.SIGKILL)
        err = process.communicate(timeout=LIMIT)[1]
    assert process.returncode == 2
    assert "pcscd has ended by itself" in err
    assert not _processes(tmp_path)
