"""The daemon's side of the card host, with small programs in the host's place."""

import asyncio
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.card import client, process
from agent.card.client import CardHost
from agent.card.frames import MAX_FRAME, HostAnswer, HostOrder, HostSetup, Token
from agent.failures import Code, FailureError
from agent.order import Order, make_order
from agent.settings import CardSettings
from tests.stand.waiting import LIMIT
from tests.unit.agent.fakes import CHALLENGE, ORIGIN, TOKEN, card_host
from tests.unit.agent.host_programs import (
    TELL_PID,
    children,
    impatient,
    patient,
    put_program,
    seen,
    wait_children,
)

ORDER = make_order(ORIGIN, CHALLENGE, "en")
Program = Callable[[str], None]


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that tidies up is given its time."""
    patient(monkeypatch.setattr)


@pytest.fixture
def little_patience(patience: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that does not end by itself is killed soon."""
    impatient(monkeypatch.setattr)


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> Program:
    """Puts a program into the host's place."""

    def put(code: str) -> None:
        put_program(monkeypatch.setattr, code)

    return put


async def failure_of(order: Order = ORDER, host: CardHost | None = None) -> FailureError:
    """The failure that an order ends with."""
    host = host or card_host(CardSettings())
    with pytest.raises(FailureError) as caught:
        async with asyncio.timeout(LIMIT):
            await host.sign(order)
    await host.idle()
    return caught.value


async def test_order_goes_down_and_the_token_comes_up(program: Program) -> None:
    program('seen = [frame(), frame()]; raw(TAKEN); answer({"token": {**TOKEN, "signature": json.dumps(seen)}})')
    host = card_host(CardSettings(drivers=("opensc", "softhsm2")))
    setup, order = json.loads((await host.sign(ORDER)).signature)
    assert setup == {
        "drivers": ["opensc", "softhsm2"],
        "modules": [],
        "prompt": "auto",
        "pin": "digits",
        "answers": [],
        "pcsc": "",
    }
    assert {name: order[name] for name in ("origin", "challenge", "language", "pss", "old")} == {
        "origin": ORIGIN, "challenge": CHALLENGE, "language": "en", "pss": False, "old": None,
    }  # fmt: skip
    await host.idle()


async def test_language_that_the_person_chose_counts_from_then_on_and_after_a_start(
    program: Program, tmp_path: Path
) -> None:
    file = tmp_path / "language"
    program('told = order()["language"]; answer({"token": {**TOKEN, "signature": told}, "language": "zh-Hant"})')
    host = card_host(CardSettings(), file)
    assert [(await host.sign(ORDER)).signature for _ in range(2)] == ["en", "zh-Hant"]
    assert await asyncio.to_thread(file.read_text, "ascii") == "zh-Hant"
    await host.idle()
    started_anew = card_host(CardSettings(), file)
    assert (await started_anew.sign(ORDER)).signature == "zh-Hant"
    await started_anew.idle()


@pytest.mark.parametrize("language", ["tlh", "", "../../x", "en" * 40])
async def test_language_that_there_is_none_of_is_not_remembered(
    program: Program, tmp_path: Path, language: str
) -> None:
    program(f'order(); answer({{"token": TOKEN, "language": {language!r}}})')
    host = card_host(CardSettings(), tmp_path / "language")
    assert await host.sign(ORDER) == TOKEN
    await host.idle()
    assert not await asyncio.to_thread((tmp_path / "language").exists)


async def test_language_chosen_by_one_who_then_cancelled_is_remembered(program: Program, tmp_path: Path) -> None:
    program('order(); answer({"code": "user_cancelled", "language": "zh-Hant"})')
    host = card_host(CardSettings(), tmp_path / "language")
    assert (await failure_of(host=host)).code is Code.USER_CANCELLED
    await host.idle()
    assert await asyncio.to_thread((tmp_path / "language").read_text, "ascii") == "zh-Hant"


KEPT = 'order(); answer({"token": {**TOKEN, "signature": "a2VwdA=="}, "final": False}); '


async def test_kept_token_is_not_handed_out_while_the_host_resets_the_card(program: Program, tmp_path: Path) -> None:
    reset = tmp_path / "reset"
    await asyncio.to_thread(os.mkfifo, reset)
    program(f"{KEPT} open({str(reset)!r}).read(); answer({{'token': TOKEN}})")
    host = card_host(CardSettings())
    order = asyncio.create_task(host.sign(ORDER))
    await asyncio.to_thread(reset.write_text, "now")  # returns when the host reads: it has kept the token by then
    assert await order == TOKEN
    await host.idle()


async def test_last_answer_counts(program: Program) -> None:
    """The person has cancelled while the card was signing."""
    program(f"{KEPT} answer({{'code': 'user_cancelled'}})")
    assert (await failure_of()).code is Code.USER_CANCELLED


@pytest.mark.parametrize("end", ["os._exit(1)", "os.abort()"])
async def test_kept_token_counts_when_the_driver_takes_the_host_along(program: Program, end: str) -> None:
    """The end of the process resets the card."""
    program(KEPT + end)
    host = card_host(CardSettings())
    assert (await host.sign(ORDER)).signature == "a2VwdA=="
    await host.idle()


async def test_kept_token_waits_for_the_end_of_a_host_that_hangs_in_the_log_out(
    program: Program, little_patience: None
) -> None:
    """The kill resets the card."""
    program(KEPT + "time.sleep(600)")
    host = card_host(CardSettings())
    assert (await host.sign(ORDER)).signature == "a2VwdA=="
    assert await children() == []
    await host.idle()


async def test_token_is_returned_before_the_host_has_tidied_up(program: Program, tmp_path: Path) -> None:
    tidy = tmp_path / "tidy"
    await asyncio.to_thread(os.mkfifo, tidy)
    program(f'order(); answer({{"token": TOKEN}}); open({str(tidy)!r}).read()')
    host = card_host(CardSettings())
    assert await host.sign(ORDER) == TOKEN
    assert len(await children()) == 1
    await asyncio.to_thread(tidy.write_text, "now")
    await host.idle()
    assert await children() == []


async def test_host_that_does_not_end_after_its_answer_is_killed(program: Program, little_patience: None) -> None:
    program('order(); answer({"token": TOKEN}); time.sleep(600)')
    host = card_host(CardSettings())
    assert await host.sign(ORDER) == TOKEN
    async with asyncio.timeout(LIMIT):
        await host.idle()
    assert await children() == []


@pytest.mark.parametrize("code", list(Code))
async def test_code_and_tries_of_the_host_come_through(program: Program, code: Code) -> None:
    program(f'order(); answer({{"code": "{code.value}", "tries_left": 2}})')
    failure = await failure_of()
    assert (failure.code, failure.tries_left) == (code, 2)


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("sys.exit(0)", id="ends without reading"),
        pytest.param("order()", id="ends without answer"),
        pytest.param("order(); sys.exit(7)", id="status"),
        pytest.param("order(); os.abort()", id="crash"),
        pytest.param("order(); os.kill(os.getpid(), 9)", id="killed"),
        pytest.param("raise SystemExit", id="at once"),
        pytest.param('frame(); frame(); answer({"token": TOKEN})', id="order not taken"),
        pytest.param('order(); raw(b"\\0\\0")', id="half a header"),
        pytest.param('order(); raw(struct.pack(">I", 100) + b"{")', id="half a body"),
        pytest.param('order(); raw(struct.pack(">I", 0))', id="empty frame"),
        pytest.param('order(); raw(b"Traceback (most recent call last):")', id="text instead of a frame"),
        pytest.param('order(); raw(struct.pack(">I", 4) + b"\\0\\1\\2\\3")', id="garbage"),
        pytest.param('order(); raw(struct.pack(">I", 2) + b"[]")', id="array"),
        pytest.param("order(); answer({})", id="neither token nor code"),
        pytest.param('order(); answer({"code": "all_is_well"})', id="unknown code"),
        pytest.param('order(); answer({"code": ""})', id="empty code"),
        pytest.param('order(); answer({"code": 7})', id="code that is a number"),
        pytest.param('order(); answer({"token": {**TOKEN, "pin": "123456"}})', id="token with a sixth field"),
        pytest.param('order(); TOKEN.pop("format"); answer({"token": TOKEN})', id="token with four fields"),
        pytest.param('order(); answer({"token": TOKEN, "extra": 1})', id="unknown field"),
    ],
)
async def test_host_that_does_not_answer_as_agreed_is_host_failed(program: Program, code: str) -> None:
    program("sys.stderr.close(); " + code)
    assert (await failure_of()).code is Code.HOST_FAILED
    assert await children() == []


async def test_oversized_frame_is_refused_by_its_header_and_not_read(program: Program, little_patience: None) -> None:
    # Whoever waited for its content would wait for as long as the host sleeps.
    program(f'order(); raw(struct.pack(">I", {MAX_FRAME + 1})); time.sleep(600)')
    assert (await failure_of()).code is Code.HOST_FAILED
    assert await children() == []


async def test_command_that_cannot_be_started_is_host_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_COMMAND", ("/nonexistent/host",))
    assert (await failure_of()).code is Code.HOST_FAILED


async def test_host_that_hangs_is_killed_and_costs_one_order(
    program: Program, little_patience: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "TOTAL_LIMIT", 0.4)
    program("import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)")
    host = card_host(CardSettings())
    assert (await failure_of(host=host)).code is Code.TIMED_OUT
    assert await children() == []
    monkeypatch.setattr(client, "TOTAL_LIMIT", LIMIT)
    program('order(); answer({"token": TOKEN})')
    assert await host.sign(ORDER) == TOKEN
    await host.idle()


async def begun(task: "asyncio.Task[Token]") -> None:
    """Returns when the host of an order runs."""
    await wait_children(1)
    assert not task.done()


async def test_cancelled_order_tells_its_host_that_the_page_is_gone(program: Program, tmp_path: Path) -> None:
    taken = f'order(); open({str(tmp_path / "taken")!r}, "w").close(); '
    program(taken + f'end = sys.stdin.buffer.read(); open({str(tmp_path / "gone")!r}, "w").write("tidy")')
    host = card_host(CardSettings())
    task = asyncio.create_task(host.sign(ORDER))
    await seen((tmp_path / "taken").exists)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await host.idle()
    assert await asyncio.to_thread((tmp_path / "gone").exists)
    assert await children() == []


async def test_host_of_a_cancelled_order_that_does_not_listen_is_killed(
    program: Program, little_patience: None
) -> None:
    program("import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); order(); time.sleep(600)")
    host = card_host(CardSettings())
    task = asyncio.create_task(host.sign(ORDER))
    await begun(task)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(LIMIT):
        await host.idle()
    assert await children() == []


async def test_token_that_comes_after_the_cancellation_goes_nowhere(program: Program) -> None:
    program('order(); sys.stdin.buffer.read(); answer({"token": TOKEN})')
    host = card_host(CardSettings())
    task = asyncio.create_task(host.sign(ORDER))
    await begun(task)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await host.idle()
    assert task.cancelled()


@pytest.mark.parametrize("steps", range(6))
async def test_order_cancelled_while_its_host_starts_leaves_no_process(
    program: Program, little_patience: None, steps: int
) -> None:
    program("order(); time.sleep(600)")
    host = card_host(CardSettings())
    task = asyncio.create_task(host.sign(ORDER))
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await host.idle()
    assert await children() == []


async def test_stdin_stays_open_while_the_order_runs(program: Program) -> None:
    program(
        "import select; order(); closed = bool(select.select([sys.stdin], [], [], 0.2)[0]); "
        'answer({"code": "internal" if closed else "no_card"})'
    )
    assert (await failure_of()).code is Code.NO_CARD


async def test_environment_of_the_host_is_scrubbed(
    program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in (
        "LD_PRELOAD", "LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONSTARTUP", "PYTHONINSPECT", "TCL_LIBRARY", "TK_LIBRARY",
        "OPENSSL_CONF", "GTK_MODULES", "PKCS11_MODULE", "CARDLOGIN_SECRET", "BASH_ENV",
    ):  # fmt: skip
        monkeypatch.setenv(name, str(tmp_path / "evil"))
    monkeypatch.setenv("DISPLAY", ":77")
    monkeypatch.setenv("PCSCLITE_CSOCK_NAME", "/etc/passwd")  # what only root decides
    program('order(); answer({"token": {**TOKEN, "signature": json.dumps(dict(os.environ))}})')
    host = card_host(CardSettings())
    environment = json.loads((await host.sign(ORDER)).signature)
    await host.idle()
    assert environment["DISPLAY"] == ":77"
    assert environment["PCSCLITE_CSOCK_NAME"] == "/etc/passwd"
    assert str(tmp_path / "evil") not in environment.values()
    assert not [name for name in environment if name.startswith(("LD_", "PYTHON", "TCL", "TK_"))]


async def test_host_is_started_with_constant_arguments_and_its_order_is_not_among_them(program: Program) -> None:
    program('order(); answer({"token": {**TOKEN, "signature": json.dumps(sys.orig_argv)}})')
    host = card_host(CardSettings(drivers=("softhsm2",)))
    arguments = (await host.sign(ORDER)).signature
    await host.idle()
    assert CHALLENGE not in arguments
    assert ORIGIN not in arguments
    assert "softhsm2" not in arguments


def test_real_command_isolates_python() -> None:
    assert process._COMMAND[:2] == (sys.executable, "-I")
    assert os.path.isabs(sys.executable)  # noqa: PTH117  # a text, not a file that is looked at
    assert "agent.card.host" in process._COMMAND[-1]


async def test_two_orders_one_after_the_other_have_a_host_each(program: Program) -> None:
    program(TELL_PID)
    host = card_host(CardSettings())
    first, second = await host.sign(ORDER), await host.sign(ORDER)
    assert first.signature != second.signature
    await host.idle()
    assert await children() == []


def test_messages_of_the_pipe_have_these_fields() -> None:
    assert HostSetup.__struct_fields__ == ("drivers", "modules", "prompt", "pin", "answers", "pcsc")
    order = ("origin", "challenge", "language", "wanted", "pss", "old", "tells", "failed")
    assert HostOrder.__struct_fields__ == order
    work = ("token", "signed", "plain", "listing", "permitted", "code", "tries_left", "language", "told", "card")
    assert HostAnswer.__struct_fields__ == (*work, "final", "drivers")
    assert len(Token.__struct_fields__) == 5


async def test_end_of_the_daemon_ends_a_list_beside_a_window(program: Program) -> None:
    """Both run at once, and neither is forgotten because of the other."""
    program("order(); sys.stdin.buffer.read(1); answer({'code': 'user_cancelled'})")
    host = card_host(CardSettings())
    order = HostOrder(ORIGIN, CHALLENGE, "en", tells=True)
    both = [asyncio.create_task(work(order)) for work in (host.carry_out, host.look)]
    await wait_children(2)
    await host.close()
    for task in both:
        with pytest.raises(FailureError):
            await task
    await wait_children(0)
