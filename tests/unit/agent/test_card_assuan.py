"""Talking to a pinentry, with small scripts in its place: real answers, broken ones, and none."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.card.prompts.assuan import MAX_LINE, Ask, AssuanError, Reply, request, unescape
from tests.stand.waiting import wait_until

Fake = Callable[[str], Path]


@pytest.fixture
def fake(tmp_path: Path) -> Fake:
    """Makes a pinentry of shell lines: `say` prints a line, `hear` reads one."""

    def make(script: str) -> Path:
        path = tmp_path / "pinentry"
        head = "#!/bin/sh\nsay() { printf '%s\\n' \"$1\"; }\nhear() { IFS= read -r line; }\n"
        path.write_text(head + script + "\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    return make


def asked(program: Path, *requests: bytes) -> Ask:
    """A question, answered or failed."""
    ask = Ask(program, {"PATH": os.environ["PATH"]}, requests or (b"SETDESC x\n", b"GETPIN\n"))
    wait_until(lambda: ask.done)
    return ask


def reply_of(program: Path) -> tuple[Reply, str] | None:
    """What came of a question."""
    answer = asked(program).answer
    return None if answer is None else (answer.reply, answer.text)


def test_pin_is_unescaped(fake: Fake) -> None:
    assert reply_of(fake("say OK; hear; say OK; hear; say 'D 12%2534%0A5'; say OK")) == (Reply.YES, "12%34\n5")


def test_status_and_comment_lines_are_passed_over(fake: Fake) -> None:
    script = "say 'OK hello'; hear; say '# x'; say OK; hear; say 'S PASSWORD x'; say 'D 123456'; say OK"
    assert reply_of(fake(script)) == (Reply.YES, "123456")


@pytest.mark.parametrize(
    ("error", "reply"),
    [
        ("83886179 Operation cancelled <Pinentry>", Reply.CANCELLED),
        ("99", Reply.CANCELLED),
        ("83886278 Fully cancelled", Reply.CANCELLED),
        ("83886194 Not confirmed", Reply.NO),
        ("83886142 Timeout", Reply.TIMED_OUT),
    ],
)
def test_errors_that_are_answers(fake: Fake, error: str, reply: Reply) -> None:
    assert reply_of(fake(f"say OK; hear; say OK; hear; say 'ERR {error}'")) == (reply, "")


def test_option_that_a_pinentry_does_not_know_is_no_obstacle(fake: Fake) -> None:
    script = fake("say OK; hear; say 'ERR 83886254 Unknown option'; hear; say 'D 123456'; say OK")
    answer = asked(script, b"OPTION lc-ctype=C\n", b"GETPIN\n").answer
    assert answer is not None
    assert answer.text == "123456"
    assert asked(script, b"SETDESC who asks\n", b"GETPIN\n").answer is None, "asked without saying for whom"


@pytest.mark.parametrize(
    "script",
    [
        "exit 1",
        "say hello",
        "say OK; exit 0",
        "say OK; hear; say OK; hear; say 'ERR'",
        "say OK; hear; say OK; hear; say 'ERR 123456789012345678901234567890'",
        "say OK; hear; say OK; hear; say 'ERR 83886340 No such device'",
        "say OK; hear; say OK; hear; say 'INQUIRE QUALITY'",
        "say OK; hear; say OK; hear; say 'D %4'; say OK",
        "say OK; hear; say OK; hear; say 'D %zz'; say OK",
        "say OK; hear; say OK; hear; printf 'D \\377\\376\\n'; say OK",
        "say OK; hear; say OK; hear; printf 'D 123456'",
        "head -c 5000 /dev/zero | tr '\\0' x; exec sleep 60",
        "while :; do say '# for ever'; done",
    ],
)
def test_broken_answers_are_no_answer_and_the_program_is_ended(fake: Fake, script: str) -> None:
    ask = asked(fake(script))
    assert ask.answer is None
    assert ask._process.poll() is not None


def test_silent_program_can_be_stopped(fake: Fake) -> None:
    ask = Ask(fake("say OK; exec sleep 60"), {"PATH": os.environ["PATH"]}, [b"GETPIN\n"])
    before = ask.done
    ask.stop()
    assert (before, ask.done) == (False, True)
    assert ask.answer is None
    assert ask._process.poll() is not None


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir(), lambda path: path.write_text("x")])
def test_program_that_does_not_start_is_an_assuan_error(tmp_path: Path, make: Callable[[Path], object]) -> None:
    make(tmp_path / "pinentry")
    with pytest.raises(AssuanError):
        Ask(tmp_path / "pinentry", {}, [b"GETPIN\n"])


def test_pin_is_in_no_representation_of_an_answer(fake: Fake) -> None:
    ask = asked(fake("say OK; hear; say OK; hear; say 'D 864213'; say OK"))
    assert ask.answer is not None
    assert ask.answer.text == "864213"
    assert "864213" not in f"{ask.answer!r} {ask.answer}"


@given(st.text(max_size=600))
def test_request_is_one_line_of_at_most_a_thousand_bytes(text: str) -> None:
    line = request("SETDESC", text)
    assert line.endswith(b"\n")
    assert b"\n" not in line[:-1]
    assert b"\r" not in line
    assert len(line) <= MAX_LINE + 1


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=100))
def test_text_comes_back_as_it_was(text: str) -> None:
    assert unescape(request("D", text)[2:-1]) == text
