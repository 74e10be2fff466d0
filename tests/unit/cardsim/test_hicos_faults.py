"""Every fault of the HiCOS-like driver happens when it should, and the next call works when it is taken away."""

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from cryptography.exceptions import InvalidSignature

from cardsim.hicos.driver import HicosDriver
from cardsim.hicos.faults import (
    ANYWHERE,
    CALLS,
    CHANGING_CALLS,
    EXTREMES,
    HUGE,
    Fault,
    Kind,
    SlotState,
    answer,
    crash,
    exclusive,
    garbage,
    hang,
    noise,
    other_key,
    remove,
    slow,
    steps,
    swap,
)
from tests.stand.cryptoki import Cryptoki, Died
from tests.stand.hicos import MESSAGE, Class, logged_in, public_key, sign, signing_key, verify
from tests.stand.waiting import LIMIT, wait_until

# C_GetFunctionList comes before everything else and has its own test.
LISTED = [name for name in CALLS if name != "C_GetFunctionList"]


@pytest.fixture
def bare(hicos: HicosDriver) -> Iterator[Cryptoki]:
    """A process that has loaded the module without C_Initialize."""
    client = Cryptoki(hicos.module, hicos.environment, initialize=False)
    yield client
    client.stop()


def wait_for_call(hicos: HicosDriver, name: str) -> None:
    """Returns when a call has begun."""
    wait_until(lambda: name in hicos.calls())


def test_any_call_can_answer_anything(client: Cryptoki, hicos: HicosDriver) -> None:
    hicos.inject(*(answer(name, 0x200 + place) for place, name in enumerate(LISTED[:30])))
    assert [client.code("raw", name=name) for name in LISTED[:30]] == [0x200 + place for place in range(30)]
    hicos.release()
    rest = LISTED[30:]
    for name in rest:
        with hicos.faulty(answer(name, 0xFFFFFFFF80000030)):
            assert client.code("raw", name=name) == 0xFFFFFFFF80000030
    assert hicos.calls() == LISTED
    assert client.ok("slots")["ids"] == [1]


def test_any_call_can_hang_until_it_is_released(client: Cryptoki, hicos: HicosDriver) -> None:
    for name in LISTED:
        stuck = hang(name)
        with hicos.faulty(stuck, answer(name, 0x77)):
            client.send("raw", name=name)
            wait_for_call(hicos, name)
            assert not client.answers(0.02)
            hicos.release(stuck)
            assert client.receive()["code"] == 0x77
    client.ok("open")


@pytest.mark.parametrize(
    ("how", "status"), [(Kind.SEGV, -signal.SIGSEGV), (Kind.ABORT, -signal.SIGABRT), (Kind.EXIT, 0)]
)
def test_any_call_can_crash(client: Cryptoki, hicos: HicosDriver, how: Kind, status: int) -> None:
    for name in LISTED:
        with hicos.faulty(crash(name, how=how)):
            assert client.call("forked", name=name)["status"] == status, name
    client.ok("open")


def test_loading_can_hang_and_crash(hicos: HicosDriver) -> None:
    hicos.inject(crash("C_GetFunctionList"))
    first = Cryptoki(hicos.module, hicos.environment, initialize=False)
    assert first.process.wait(LIMIT) == -signal.SIGSEGV
    first.stop()
    hicos.release()
    hicos.inject(hang("C_GetFunctionList"))
    hicos.forget_calls()
    second = Cryptoki(hicos.module, hicos.environment, initialize=False)
    try:
        wait_for_call(hicos, "C_GetFunctionList")
        second.send("initialize")
        assert not second.answers(0.2)
        hicos.release()
        assert second.receive()["code"] == 0
    finally:
        second.stop()


def test_crash_spends_no_try(client: Cryptoki, hicos: HicosDriver) -> None:
    session = client.ok("open")["session"]
    hicos.inject(crash("C_Login"))
    with pytest.raises(Died, match=str(-signal.SIGSEGV)):
        client.call("login", session=session, pin="000000")
    hicos.release()
    assert hicos.cards["citizen"].tries == 3
    other = Cryptoki(hicos.module, hicos.environment)
    try:
        sign(other, logged_in(other))
    finally:
        other.stop()


def test_killed_while_hanging(client: Cryptoki, hicos: HicosDriver) -> None:
    session = logged_in(client)
    client.ok("sign_init", session=session, key=signing_key(client, session))
    hicos.inject(hang("C_Sign"))
    client.send("sign", session=session, data=MESSAGE)
    wait_for_call(hicos, "C_Sign")
    client.stop()
    hicos.release()
    other = Cryptoki(hicos.module, hicos.environment)
    try:
        sign(other, logged_in(other))
    finally:
        other.stop()


def test_slow_call(client: Cryptoki, hicos: HicosDriver) -> None:
    hicos.inject(slow("C_GetSlotList", 400))
    client.send("slots")
    assert not client.answers(0.2)
    assert client.receive()["ids"] == [1]
    hicos.release()
    hicos.inject(slow("C_GetSlotList", 3_600_000))
    client.send("slots")
    assert not client.answers(0.1)
    hicos.release()
    assert client.receive()["ids"] == [1]


def test_noise_goes_to_both_outputs(hicos: HicosDriver) -> None:
    program = "import ctypes, sys; ctypes.CDLL(sys.argv[1]).C_Initialize(None); print('answer')"
    hicos.inject(noise("C_Initialize"))
    said = subprocess.run(
        [sys.executable, "-c", program, str(hicos.module)], env=hicos.environment, capture_output=True, timeout=LIMIT,
        check=True,
    )  # fmt: skip
    assert said.stdout.startswith(b"HiCOS: ")
    assert said.stdout.endswith(b"\nanswer\n")
    assert said.stderr.startswith(b"HiCOS: ")
    with pytest.raises(UnicodeDecodeError):
        said.stdout.decode()


@pytest.mark.parametrize("length", EXTREMES)
def test_counts_and_lengths_can_be_garbage(client: Cryptoki, hicos: HicosDriver, length: int) -> None:
    session = logged_in(client)
    key = signing_key(client, session)
    certificate = client.ok("find", session=session, kind=Class.CERTIFICATE)["handles"][0]
    calls = ("C_GetSlotList", "C_GetMechanismList", "C_FindObjects", "C_GetAttributeValue", "C_Sign")
    hicos.inject(*(garbage(call, length) for call in calls))
    assert client.ok("slots")["count"] == length
    assert client.ok("mechanisms")["count"] == length
    assert client.ok("find", session=session)["count"] == length
    assert client.ok("attribute", session=session, handle=certificate, type=0x11, size=None)["length"] == length
    client.ok("sign_init", session=session, key=key)
    hicos.release(*(one for one in hicos.faults if one.call != "C_Sign"))
    client.send("sign", session=session, data=MESSAGE)
    assert client.receive()["length"] == length
    hicos.release()
    verify(public_key(hicos.cards["citizen"], "SIGN"), sign(client, session))


def test_only_the_nth_call(client: Cryptoki, hicos: HicosDriver) -> None:
    client.ok("slots")  # before the fault: does not count
    hicos.inject(answer("C_GetSlotList", 0x30, nth=2))
    assert [client.code("slots") for _ in range(4)] == [0, 0x30, 0, 0]
    other = Cryptoki(hicos.module, hicos.environment)
    try:
        assert [other.code("slots") for _ in range(3)] == [0, 0x30, 0]  # each process counts for itself
    finally:
        other.stop()
    hicos.release()
    hicos.inject(answer("C_GetSlotList", 0x30, nth=2))  # set again: counts anew
    assert [client.code("slots") for _ in range(3)] == [0, 0x30, 0]


def test_wrong_key_answers(client: Cryptoki, hicos: HicosDriver) -> None:
    session = logged_in(client)
    hicos.inject(other_key())
    signature = sign(client, session)
    with pytest.raises(InvalidSignature):
        verify(public_key(hicos.cards["citizen"], "SIGN"), signature)
    verify(public_key(hicos.cards["citizen"], "KEYX"), signature)
    hicos.release()
    verify(public_key(hicos.cards["citizen"], "SIGN"), sign(client, session))


@pytest.mark.parametrize("code", [0x32, 0xE0])
def test_card_pulled_at_a_call(client: Cryptoki, hicos: HicosDriver, code: int) -> None:
    hicos.set(removed_code=code)
    session = logged_in(client)
    client.ok("sign_init", session=session, key=signing_key(client, session))
    hicos.inject(remove("C_Sign"))
    assert client.ok("slots")["ids"] == [1]  # not yet
    assert client.code("sign", session=session, data=MESSAGE) == code
    assert client.code("sign", session=session, data=MESSAGE) == 0xB3  # the session is gone with the card
    assert client.ok("slots")["ids"] == []
    assert client.ok("slots", present=False)["ids"] == [1]
    assert client.code("token") == client.code("open") == 0xE0
    hicos.release()
    hicos.insert(hicos.cards["citizen"])
    sign(client, logged_in(client))


def test_card_out_and_in_again_is_logged_out(client: Cryptoki, hicos: HicosDriver) -> None:
    session = logged_in(client)
    hicos.insert(hicos.cards["citizen"])
    fresh = client.ok("open")["session"]
    assert client.code("find", session=session) == 0xB3
    assert client.ok("find", session=fresh, kind=Class.PRIVATE)["handles"] == []
    client.ok("login", session=fresh, pin="123456")


def test_card_swapped_at_a_call(client: Cryptoki, hicos: HicosDriver) -> None:
    first, second = hicos.cards["citizen"], hicos.cards["citizen2"]
    assert bytes.fromhex(client.ok("token")["serial"]).decode() == first.serial
    hicos.inject(swap("C_OpenSession", second.name))
    session = logged_in(client)
    token = client.ok("token")
    assert bytes.fromhex(token["serial"]).decode() == second.serial
    assert bytes.fromhex(token["label"]).startswith(b"HiCOS PKI Smart Card")
    with pytest.raises(InvalidSignature):
        verify(public_key(hicos.cards["citizen"], "SIGN"), sign(client, session))
    hicos.release()
    assert client.code("find", session=session) == 0x32
    verify(public_key(hicos.cards["citizen"], "SIGN"), sign(client, logged_in(client)))


def test_other_program_holds_the_reader(client: Cryptoki, hicos: HicosDriver) -> None:
    session = logged_in(client)
    hicos.insert(hicos.cards["citizen2"], slot=2)
    hicos.place(1, SlotState.EXCLUSIVE)
    assert client.ok("slots")["ids"] == [1, 2]
    assert client.code("token") == client.code("open") == client.code("find", session=session) == 0x30
    client.ok("token", slot=2)
    hicos.insert(hicos.cards["citizen"])
    hicos.place(1, SlotState.EXCLUSIVE)
    hicos.place(1, SlotState.CARD, hicos.cards["citizen"])
    client.ok("open")


def test_held_card_keeps_its_log_in(client: Cryptoki, hicos: HicosDriver) -> None:
    session = logged_in(client)
    for state in (SlotState.EXCLUSIVE, SlotState.FAILING):
        hicos.place(1, state)
        assert client.code("find", session=session) in (0x30, 0x5)
        hicos.place(1, SlotState.CARD, hicos.cards["citizen"])
        sign(client, session)


def test_other_program_holds_every_reader(client: Cryptoki, hicos: HicosDriver) -> None:
    with hicos.faulty(*exclusive()):
        assert client.code("slots") == client.code("token") == client.code("open") == 0x30
    client.ok("open")


@pytest.mark.parametrize(
    ("state", "present", "info", "opened"),
    [
        (SlotState.EMPTY, False, 0xE0, 0xE0),
        (SlotState.VIRTUAL, False, 0xE0, 0xE0),
        (SlotState.UNINITIALISED, True, 0, 0xE1),
        (SlotState.FAILING, True, 0x5, 0x5),
        (SlotState.EXCLUSIVE, True, 0x30, 0x30),
        (SlotState.FOREIGN, True, 0xE1, 0xE1),
    ],
)
def test_bad_slot_before_a_good_one(
    client: Cryptoki, hicos: HicosDriver, state: SlotState, present: bool, info: int, opened: int
) -> None:
    hicos.place(1, state)
    hicos.insert(hicos.cards["citizen"], slot=2)
    assert client.ok("slots")["ids"] == ([1, 2] if present else [2])
    assert client.ok("slots", present=False)["ids"] == [1, 2]
    slot, token = client.ok("slot", slot=1), client.call("token", slot=1)
    assert bool(slot["flags"] & 1) == present
    assert bool(slot["flags"] & 4) == (state is not SlotState.VIRTUAL)
    assert token["code"] == info
    assert not token["flags"] & 0x400  # TOKEN_INITIALIZED
    assert client.code("open", slot=1) == opened
    sign(client, logged_in(client, slot=2))
    hicos.insert(hicos.cards["citizen2"], slot=1)
    sign(client, logged_in(client, slot=1))


def test_reader_unplugged_and_plugged(client: Cryptoki, hicos: HicosDriver) -> None:
    session = logged_in(client)
    hicos.unplug(1)
    assert client.ok("slots", present=False)["ids"] == []
    assert client.code("find", session=session) == 0x32
    assert client.code("slot", slot=1) == client.code("token") == 0x3
    hicos.insert(hicos.cards["citizen"])
    sign(client, logged_in(client))


def test_card_cannot_be_changed(client: Cryptoki) -> None:
    assert {client.code("raw", name=name) for name in CHANGING_CALLS} == {0x54}


def test_calls_that_overlap_are_told(client: Cryptoki, hicos: HicosDriver) -> None:
    session = logged_in(client)
    sign(client, session)
    assert hicos.overlapping() == []
    both = ("C_GetFunctionStatus", "C_CancelFunction")
    hicos.inject(*map(hang, both))
    client.send("beside", name=both[0], other=both[1])
    for name in both:
        wait_for_call(hicos, name)
    hicos.release()
    assert client.receive()["codes"] == [0x51, 0x51]
    (late,) = hicos.overlapping()
    assert late in both


def test_steps_of_a_run_can_be_struck_one_by_one(bare: Cryptoki, hicos: HicosDriver) -> None:
    bare.ok("initialize")
    sign(bare, logged_in(bare))
    bare.ok("slots")
    bare.ok("slots")
    found = steps(hicos.calls())
    assert found[:2] == [("C_GetFunctionList", 1), ("C_Initialize", 1)]
    assert found[-2:] == [("C_GetSlotList", 1), ("C_GetSlotList", 2)]
    assert ("C_Sign", 1) in found
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("kind", ANYWHERE)
def test_faults_anywhere_name_their_call_in_the_control_file(hicos: HicosDriver, kind: Kind) -> None:
    fault = Fault(kind, "C_Login", 3, "1")
    with hicos.faulty(fault):
        (line,) = [line for line in hicos.control_file.read_text().splitlines() if line.startswith("fault")]
        assert line.endswith(f" {kind} C_Login 3 1")
    assert "fault" not in hicos.control_file.read_text()


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="no function"):
        hang("C_Nothing")
    with pytest.raises(ValueError, match="no function"):
        hang("C_Sign", 0)
    with pytest.raises(ValueError, match="no length"):
        garbage("C_Login", HUGE)
