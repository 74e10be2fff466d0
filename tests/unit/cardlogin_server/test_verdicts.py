"""NIST's suite and the generated matrix: our verdict beside OpenSSL's and certvalidator's, differences explained."""

import logging
from collections import Counter

import pytest

from tests.closing import close_with
from tests.unit.cardlogin_server.conformance import matrix, ours, pkits, table
from tests.unit.cardlogin_server.conformance.question import Question, Verdict
from tests.unit.cardlogin_server.conformance.reasons import OTHERS, Why
from tests.unit.cardlogin_server.conformance.table import Row

QUESTIONS = (*pkits.questions(), *matrix.questions())
# How often each reason is needed: a new refusal must not hide behind an old reason.
NEEDED = {
    Why.HASH: 1,
    Why.KEY: 1,
    Why.DATES: 1,
    Why.NAMES: 5,
    Why.SERIAL: 1,
    Why.CONSTRAINTS: 3,
    Why.ONE_KEY: 4,
    Why.LIST_KEY: 4,
    Why.INDIRECT: 7,
    Why.NUMBER: 2,
    Why.PARTITION: 7,
    Why.ANY_POLICY: 18,
    Why.MAPPING: 13,
    Why.TEST_POLICY: 2,
    Why.NAME_KINDS: 14,
    Why.SAME_NAME: 4,
    Why.LENGTH: 3,
    Why.ANCHOR: 1,
    Why.AUTHORITY_LEAF: 7,
    Why.NOT_FOR_LOG_IN: 14,
    Why.HOLDER: 8,
    Why.CRITICAL: 3,
    Why.KEY_IDENTIFIER: 6,
}

# The first test judges all paths: half a minute on a quiet machine, twice that on a busy one.
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="session")
def rows(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> list[Row]:
    """Every path judged by all three; the table is written, the closing line left for the end of the run."""
    logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)
    folder = tmp_path_factory.mktemp("openssl")
    found = [table.judged(question, folder) for question in QUESTIONS]
    table.write(found)
    close_with(request.config, table.summary(found))
    return found


@pytest.mark.parametrize("number", range(len(QUESTIONS)), ids=lambda number: QUESTIONS[number].name)
def test_path(rows: list[Row], number: int) -> None:
    row = rows[number]
    assert not row.wrongly_accepted
    assert row.agrees or row.explained, row.line()


def test_size_of_the_suite_and_of_the_matrix() -> None:
    assert len(pkits.questions()) == 246
    assert len(matrix.questions()) >= 300
    assert len({question.name for question in QUESTIONS}) == len(QUESTIONS)


def test_reasons_are_needed_as_often_as_stated(rows: list[Row]) -> None:
    assert Counter(row.why for row in rows if row.why) == NEEDED
    assert set(NEEDED) == set(Why)


def test_every_peculiarity_of_another_judge_is_needed(rows: list[Row]) -> None:
    texts = {text for row in rows for text in row.explanations or ()}
    assert {text for _, _, text in OTHERS} <= texts


def test_paths_that_all_accept_are_many(rows: list[Row]) -> None:
    # A judge that refused everything would agree with every case that must be refused.
    assert sum(row.agrees and row.ours.accepted for row in rows) >= 100


def test_row_without_an_explanation_is_neither_agreed_nor_explained(rows: list[Row]) -> None:
    good = next(row for row in rows if row.agrees and row.ours.accepted)
    odd = Row(good.question, Verdict(False, "no reason on the list"), good.openssl, good.certvalidator)
    assert not odd.agrees
    assert not odd.explained
    assert "not explained" in odd.line()


@pytest.mark.parametrize("question", matrix.about_leaves(), ids=lambda question: question.name)
def test_verdict_does_not_depend_on_what_was_remembered(question: Question) -> None:
    # The way from issuer to root is remembered from the first certificate on.
    good = matrix.about_leaves()[0]
    anchors = ours.configured(good)
    assert ours.judge(good, anchors).accepted
    assert ours.judge(question, anchors).accepted == ours.judge(question).accepted
