"""The question about a driver that no administrator has installed: in an operation, in words, and remembered."""

import stat
import sys
from pathlib import Path

import pytest
from msgspec import structs

from agent import __main__ as commands
from agent.card.frames import DriverAnswer, HostOrder, UnansweredError
from agent.card.operation import ENTRY_LIMIT, State
from agent.card.prompts.assuan import MAX_LINE, request
from agent.card.prompts.pinentry import _description
from agent.card.prompts.questions import Kind, Questions
from agent.card.view import Topic, YesNo
from agent.drivers import MAX_ANSWERS, DriverAnswers
from agent.failures import Code
from tests.unit.agent.fakes import CHALLENGE, ORIGIN
from tests.unit.agent.operation_bench import Bench

FILE = DriverAnswer("/home/user/lib/libspy.so", "0" * 64, False)
YES = structs.replace(FILE, allowed=True)


def asking(bench: Bench) -> Bench:
    """The bench with the question open."""
    bench.cards.seen = UnansweredError(FILE)
    bench.step()
    return bench


def test_question_names_the_file_and_nothing_else_goes_on(bench: Bench) -> None:
    asking(bench)
    for _ in range(20):
        bench.watch()
    bench.submit()
    assert bench.view.shown == [("driver", FILE.path)]
    assert (bench.operation.state, bench.cards.looks, bench.cards.pins) == (State.ASKING, 1, [])


@pytest.mark.parametrize(("allowed", "then"), [(True, ("card", 3)), (False, ("problem", Code.DRIVER_REFUSED, None))])
def test_answer_is_acted_on_at_once_and_told_to_the_daemon(bench: Bench, allowed: bool, then: tuple[object]) -> None:
    asking(bench).operation.permit(allowed)
    bench.operation.permit(True)  # a second press
    bench.step()
    answer = structs.replace(FILE, allowed=allowed)
    assert bench.cards.answers == [answer]
    assert bench.last() == then
    bench.operation.cancel()
    assert bench.operation.answer is not None
    assert bench.operation.answer.drivers == (answer,)


def test_closing_the_window_is_no_answer(bench: Bench) -> None:
    asking(bench).operation.cancel()
    assert bench.operation.answer is not None
    assert (bench.operation.answer.code, bench.operation.answer.drivers) == ("user_cancelled", ())


def test_nobody_before_the_window_is_no_answer() -> None:
    bench = asking(Bench(tells=True))
    bench.step(ENTRY_LIMIT + 1)
    assert bench.operation.answer is not None
    assert (bench.operation.answer.code, bench.operation.answer.drivers) == ("timed_out", ())
    assert bench.cards.answers == []


def test_question_for_a_site_that_is_not_told_waits_for_the_end_of_the_order() -> None:
    bench = asking(Bench(tells=False))
    bench.step(ENTRY_LIMIT + 1)
    assert bench.operation.answer is None
    assert bench.cards.answers == []


def test_answer_without_a_question_does_nothing(bench: Bench) -> None:
    bench.operation.permit(True)
    bench.step()
    bench.operation.permit(True)
    assert bench.cards.answers == []


class TestWords:
    """Pinentry and terminal."""

    @pytest.fixture
    def questions(self) -> Questions:
        """The view of both."""
        return Questions(HostOrder(ORIGIN, CHALLENGE, "en"), "digits")

    @pytest.mark.parametrize("yes", [True, False])
    def test_both_answers(self, questions: Questions, yes: bool) -> None:
        bench = asking(Bench(questions))
        assert questions.question.kind is Kind.YES_NO
        assert FILE.path in questions.question.lines
        (questions.yes if yes else questions.no)(bench.operation)
        bench.step()
        assert bench.cards.answers == [structs.replace(FILE, allowed=yes)]
        assert questions.question.kind is (Kind.PIN if yes else Kind.NOTICE)

    @pytest.mark.parametrize("language", ["en", "zh-Hant"])
    def test_longest_path_is_never_cut(self, language: str) -> None:
        questions = Questions(HostOrder(f"https://{'a' * 200}.example", CHALLENGE, language), "digits")
        path = "/" + "車" * 133
        questions.ask(YesNo(Topic.DRIVER, path))
        line = request("SETDESC", _description(questions))
        assert path.encode() in line
        assert len(line) <= MAX_LINE + 1


class TestMemory:
    """What the daemon keeps."""

    def test_answer_replaces_the_one_about_the_same_path(self, tmp_path: Path) -> None:
        answers = DriverAnswers(tmp_path / "drivers.json")
        other = DriverAnswer("/home/user/other.so", "1" * 64, True)
        answers.remember([FILE, other])
        answers.remember([YES])
        assert DriverAnswers(tmp_path / "drivers.json").all() == (other, YES)
        assert stat.S_IMODE((tmp_path / "drivers.json").stat().st_mode) == 0o600

    def test_newest_are_kept(self, tmp_path: Path) -> None:
        answers = DriverAnswers(tmp_path / "drivers.json")
        longest = [DriverAnswer(f"/{'車' * 130}{number:03}", "0" * 64, True) for number in range(MAX_ANSWERS + 3)]
        answers.remember(longest)
        assert answers.all() == tuple(longest[3:])

    def test_folder_that_is_not_there_costs_the_memory_alone(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        DriverAnswers(tmp_path / "none" / "drivers.json").remember([FILE])
        assert "is not remembered" in caplog.text

    def test_command_lists_and_resets(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        settings = tmp_path / "agent.toml"
        settings.write_text(f"state = '{tmp_path}'\n")
        DriverAnswers(tmp_path / "drivers.json").remember([YES])
        for action in ("list", "reset", "reset", "list"):
            monkeypatch.setattr(sys, "argv", ["cardlogin", "drivers", action, "--settings", str(settings)])
            assert commands.main() == 0
        assert capsys.readouterr().out == f"allow  {YES.sha256}  {YES.path}\n"
