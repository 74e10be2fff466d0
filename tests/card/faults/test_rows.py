"""The matrix itself can fail: rows that were not survived are seen as such."""

from dataclasses import replace
from pathlib import Path

import pytest

from cardsim.hicos import faults
from tests.card.faults.bench import Bench, Benches, Request
from tests.card.faults.cases import Case
from tests.card.faults.driver_cases import driver, fault_case
from tests.card.faults.plan import PIN, WRONG_PIN, Plan
from tests.card.faults.rows import TOKEN, Row, summary, write

GOOD = Row("driver", "hang", "C_Sign#1", "reader_hung", 3, 3, 0, TOKEN, True)


@pytest.mark.parametrize(
    "bad",
    [
        replace(GOOD, after=2),
        replace(GOOD, before=2),
        replace(GOOD, spent=1),
        replace(GOOD, next_operation="busy"),
        replace(GOOD, same_daemon=False),
        replace(GOOD, wrong=("a card stays verified",)),
    ],
)
def test_row_that_lost_something_was_not_survived(bad: Row) -> None:
    assert GOOD.survived
    assert not bad.survived
    assert "| yes |" in GOOD.line()
    assert "**" in bad.line()
    assert summary([GOOD, bad], 2) == "faults: 1 survived of 2"
    assert summary([GOOD, bad], 9, 7) == "faults: 1 survived of 2 (a sample of 9 by seed 7)"


def test_wrong_pin_that_a_person_typed_is_no_loss() -> None:
    assert replace(GOOD, after=2, spent=1).survived


def test_table_has_all_rows_in_an_order_of_its_own(tmp_path: Path) -> None:
    first = replace(GOOD, part="card", fault="a | b")
    write([GOOD, first], 2, None, tmp_path / "faults.md")
    lines = (tmp_path / "faults.md").read_text("utf-8").splitlines()
    assert lines[-2:] == [first.line(), GOOD.line()]
    assert "faults: 2 survived of 2." in lines
    assert "a / b" in first.line()


@pytest.mark.card
@pytest.mark.parametrize(
    ("case", "why"),
    [
        (fault_case("never met", faults.hang("C_Sign", 9)), "the fault did not happen"),
        (
            fault_case("other code", faults.answer("C_Sign", 0x30, 1), {"pin_wrong"}),
            "card_error is not one of pin_wrong",
        ),
        (Case("card", "nobody typed", "-", frozenset({TOKEN}), typed=0), "the card checked a PIN 1 times"),
    ],
)
def test_what_is_not_as_said_is_seen(hicos: Benches, case: Case, why: str) -> None:
    (row,) = hicos.run([case])
    assert not row.survived
    assert why in " ".join(row.wrong)


@pytest.mark.card
def test_lost_try_is_seen(hicos: Benches) -> None:
    case = Case(
        "card", "wrong PIN", "-", frozenset({"pin_wrong"}), Plan(pins=(WRONG_PIN,)),
        cure=lambda bench: driver(bench).reset(),
    )  # fmt: skip
    (row,) = hicos.run([case])
    assert (row.before, row.after, row.wrong) == (3, 2, ())
    assert not row.survived


@pytest.mark.card
def test_certificate_that_was_not_shown_is_seen(hicos: Benches) -> None:
    def during(bench: Bench, request: Request) -> str:
        code = request.outcome()
        request.certificate = b"another"
        return code

    (row,) = hicos.run([Case("card", "other certificate", "-", frozenset({TOKEN}), Plan(pins=(PIN,)), during=during)])
    assert row.wrong == ("signed with another certificate than the one shown",)


@pytest.mark.card
def test_row_that_cannot_be_made_was_not_survived(hicos: Benches) -> None:
    def during(bench: Bench, request: Request) -> str:
        request.outcome()
        raise RuntimeError("broken")

    (row,) = hicos.run([Case("card", "broken", "-", frozenset({TOKEN}), during=during)])
    assert not row.survived
    assert "RuntimeError: broken" in row.line()
