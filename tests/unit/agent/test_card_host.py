"""The card host as a process, with a prompt that answers by itself: what it does before, with and after its order."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from msgspec import structs

from agent.card.frames import HEADER, LEFT, TAKEN, HostAnswer, HostOrder, HostSetup, decode, encode
from agent.card.old_asks import CmsAsk, ListAsk, OldAsk, RawAsk, SiteAsk
from tests.stand.asking import wait_until
from tests.stand.parts import ROOT
from tests.stand.waiting import LIMIT
from tests.unit.agent.fakes import CHALLENGE, ORIGIN

ORDER = HostOrder(ORIGIN, CHALLENGE, "en")
# A prompt that asks nobody: it gives the answer "no_card", or waits for the page to go.
PROMPT = """
import sys, threading
from types import SimpleNamespace
from agent.card import host
from agent.card.frames import HostAnswer
class Prompt:
    def __init__(self, setup): {made}
    def run(self, order, worker, cards, gone, left=None):
        print("driver noise", flush=True)
        {run}
        done = worker.submit(lambda: None)
        return SimpleNamespace(answer=HostAnswer(code="no_card"), reset_cards=lambda: {reset})
{before}
host.serve(Prompt)
"""
DRIVER_SIDE = {"agent.card.card", "pkcs11_shims", "cryptography", "smartcard"}
Host = subprocess.Popen[bytes]


class Hosts:
    """Starts hosts, and leaves none behind."""

    def __init__(self) -> None:
        self.started: list[Host] = []

    def __call__(self, *, made: str = "pass", run: str = "pass", reset: str = "done", before: str = "") -> Host:
        code = f"import sys; sys.path.insert(0, {str(ROOT)!r})" + PROMPT.format(
            made=made, run=run, reset=reset, before=before
        )
        pipe = subprocess.PIPE
        host = subprocess.Popen([sys.executable, "-I", "-c", code], stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0)
        self.started.append(host)
        return host


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    """Starts hosts."""
    hosts = Hosts()
    yield hosts
    for host in hosts.started:
        host.kill()
        host.wait()
        for pipe in (host.stdin, host.stdout, host.stderr):
            if pipe is not None:
                pipe.close()


def give(host: Host, *messages: HostSetup | HostOrder) -> None:
    """Writes messages to a host's stdin."""
    assert host.stdin is not None
    host.stdin.write(b"".join(map(encode, messages)))


def answer(host: Host) -> HostAnswer:
    """The host's answer, after which it says no more."""
    assert host.stdout is not None
    assert host.stdout.read(len(TAKEN)) == TAKEN
    output = host.stdout.read()
    assert len(output) == HEADER.size + HEADER.unpack(output[:4])[0]
    return decode(output[4:], HostAnswer)


def loaded(host: Host, name: str) -> bool:
    """Whether a process has mapped a file of a name."""
    return name in Path(f"/proc/{host.pid}/maps").read_text()


def test_set_up_first_order_later(hosts: Hosts) -> None:
    host = hosts()
    give(host, HostSetup())
    wait_until(lambda: loaded(host, "_rust.abi3"))
    assert host.poll() is None
    give(host, ORDER)
    assert answer(host).code == "no_card"
    assert host.wait(LIMIT) == 0


def test_both_at_once(hosts: Hosts) -> None:
    host = hosts()
    give(host, HostSetup(), ORDER)
    assert answer(host).code == "no_card"
    assert host.wait(LIMIT) == 0


def test_waiting_host_is_ready_but_has_touched_no_driver_and_no_reader(hosts: Hosts) -> None:
    host = hosts()
    give(host, HostSetup(drivers=("opensc", "softhsm2")))
    # Everything that can be loaded without an order.
    for name in ("_ctypes", "_rust.abi3", "_scard"):
        wait_until(lambda name=name: loaded(host, name))
    # It waits for the order, and there is nothing left to be done before.
    wait_until(lambda: psutil.Process(host.pid).status() == psutil.STATUS_SLEEPING)
    assert not loaded(host, "opensc-pkcs11")
    assert not loaded(host, "libsofthsm2")
    sockets = [str(entry.readlink()) for entry in Path(f"/proc/{host.pid}/fd").iterdir()]
    assert not [name for name in sockets if name.startswith("socket:")]


def test_unused_host_ends_with_its_stdin(hosts: Hosts) -> None:
    host = hosts()
    give(host, HostSetup())
    wait_until(lambda: loaded(host, "_rust.abi3"))
    assert host.stdin is not None
    host.stdin.close()
    assert host.wait(LIMIT) == 0
    assert host.stdout is not None
    assert host.stdout.read() == b""


def test_order_that_comes_with_the_set_up_is_shown_before_the_driver_side_is_loaded(hosts: Hosts) -> None:
    """One thread runs at a time: what a person is to see comes first, and a spare has loaded it long before."""
    host = hosts(run=f"print(sorted({DRIVER_SIDE!r} & set(sys.modules)), flush=True)")
    give(host, HostSetup(), ORDER)
    assert answer(host).code == "no_card"
    assert host.stderr is not None
    assert host.stderr.read() == b"driver noise\n[]\n"


def test_set_up_and_end_at_once(hosts: Hosts) -> None:
    host = hosts()
    give(host, HostSetup())
    assert host.stdin is not None
    host.stdin.close()
    assert host.wait(LIMIT) == 0


def test_host_without_even_a_set_up_ends_with_its_stdin(hosts: Hosts) -> None:
    host = hosts()
    assert host.stdin is not None
    host.stdin.close()
    assert host.wait(LIMIT) == 0


def test_unused_host_ends_by_itself(hosts: Hosts) -> None:
    host = hosts(before="host.SPARE_LIMIT = 0.3")
    give(host, HostSetup())
    assert host.wait(LIMIT) == 0


def test_waiting_limit_of_the_product_is_two_minutes_and_longer_than_the_daemons() -> None:
    from agent.card import host, spare

    assert host.SPARE_LIMIT == 120
    assert spare.KEEP_LIMIT < host.SPARE_LIMIT


@pytest.mark.parametrize("junk", [b"\0\0", b"\0\0\0\0", b"\0\0\0\2[]", b"\xff\xff\xff\xff", b"GET / HTTP/1.1\r\n"])
@pytest.mark.parametrize("before", [b"", encode(HostSetup())])
def test_junk_on_stdin_ends_the_host(hosts: Hosts, before: bytes, junk: bytes) -> None:
    host = hosts()
    assert host.stdin is not None
    host.stdin.write(before + junk)
    host.stdin.close()
    assert host.wait(LIMIT) == 2
    assert host.stdout is not None
    assert host.stdout.read() == b""


def test_prompt_that_cannot_be_made_is_told_when_the_order_comes_and_not_before(hosts: Hosts) -> None:
    host = hosts(made="raise OSError('secret path')")
    give(host, HostSetup())
    wait_until(lambda: loaded(host, "_rust.abi3"))
    assert host.poll() is None
    give(host, ORDER)
    assert answer(host).code == "no_prompt"
    assert host.wait(LIMIT) == 0
    assert host.stderr is not None
    assert host.stderr.read() == b"card host: no prompt: OSError\n"


NO_DRIVERS = HostSetup(drivers=("hca",))  # a row that is not installed here
SIGN = OldAsk(CmsAsk(b"TBS"), permitted=True, pin="123456")


@pytest.mark.parametrize("old", [OldAsk(ListAsk(), permitted=True), SIGN])
def test_order_that_needs_nobody_makes_no_prompt(hosts: Hosts, old: OldAsk) -> None:
    host = hosts(made="print('prompt made', flush=True)")
    give(host, NO_DRIVERS, HostOrder(ORIGIN, "", "en", old=old))
    found = answer(host)
    assert (found.code, found.told, found.listing) == ("no_driver", True, None)
    assert host.stderr is not None
    assert b"prompt made" not in host.stderr.read()


@pytest.mark.parametrize(
    "old",
    [
        OldAsk(ListAsk(), permitted=False),
        structs.replace(SIGN, permitted=False),
        structs.replace(SIGN, work=RawAsk(b"digest")),
        structs.replace(SIGN, work=SiteAsk()),
        structs.replace(SIGN, pin=""),
    ],
)
def test_prompt_gets_everything_else_and_no_pin_of_a_page(hosts: Hosts, old: OldAsk) -> None:
    host = hosts(run="print('PIN' + repr(order.old.pin), flush=True)")
    give(host, NO_DRIVERS, HostOrder(ORIGIN, "", "en", old=old))
    assert answer(host).code == "no_card"
    assert host.stderr is not None
    assert b"PIN''" in host.stderr.read()


def test_what_a_driver_prints_does_not_reach_the_answer(hosts: Hosts) -> None:
    host = hosts()
    give(host, HostSetup(), ORDER)
    assert answer(host).code == "no_card"
    assert host.stderr is not None
    assert b"driver noise" in host.stderr.read()


def test_page_that_goes_is_noticed_while_the_person_is_asked(hosts: Hosts) -> None:
    host = hosts(run="print('asked', flush=True); gone.wait()")
    give(host, HostSetup(), ORDER)
    assert host.stderr is not None
    while b"asked" not in host.stderr.readline():
        assert host.poll() is None
    assert host.stdin is not None
    host.stdin.close()
    assert host.wait(LIMIT) == 0


def test_page_that_waits_no_more_is_told_and_ends_nothing(hosts: Hosts) -> None:
    host = hosts(run="print('asked', flush=True); left.wait(); print('left', gone.is_set(), flush=True)")
    give(host, HostSetup(), ORDER)
    assert host.stderr is not None
    assert host.stdin is not None
    while b"asked" not in host.stderr.readline():
        assert host.poll() is None
    host.stdin.write(LEFT)
    assert answer(host).code == "no_card"
    assert b"left False" in host.stderr.read()


def test_answer_comes_after_the_reset(hosts: Hosts) -> None:
    host = hosts(reset="worker.submit(lambda: print('reset', file=sys.stderr, flush=True))")
    give(host, HostSetup(), ORDER)
    assert answer(host).final
    assert host.stderr is not None
    assert b"reset" in host.stderr.read()


def test_hanging_reset_holds_neither_the_answer_nor_the_host(hosts: Hosts) -> None:
    host = hosts(reset="worker.submit(lambda: threading.Event().wait())")
    give(host, HostSetup(), ORDER)
    told = answer(host)
    assert (told.code, told.final) == ("no_card", False), "the end of the process is what resets the card"
    assert host.wait(LIMIT) == 0


def test_signature_is_with_the_daemon_before_the_driver_logs_out(hosts: Hosts) -> None:
    host = hosts(run="worker.keep(HostAnswer(code='no_card')); import os; os._exit(3)")
    give(host, HostSetup(), ORDER)
    assert not answer(host).final


def test_answer_to_nobody_still_ends_in_order(hosts: Hosts) -> None:
    host = hosts()
    give(host, HostSetup())
    assert host.stdout is not None
    host.stdout.close()
    give(host, ORDER)
    assert host.wait(LIMIT) == 0
