"""The list is complete: every code of the catalogue is reached by a row, or by a test that is named here."""

from pathlib import Path

import pytest

from agent.selftest import catalogue
from agent.selftest.order import NAMES
from tests.selftest.faults import ROWS

_TESTS = Path(__file__).parents[1]
# What no fault of a computer, card or portal leads to in a self-test, with the test that reaches it.
ELSEWHERE = {
    "system_unsupported": "unit/agent/test_selftest_looks.py",
    "busy": "unit/agent/test_signing.py",
    "pin_malformed": "unit/agent/test_card_pin.py",
    "page_closed": "card/test_failures.py",
    "timed_out": "unit/agent/test_card_operation.py",
    "internal": "unit/agent/test_selftest_engine.py",
    "card_swapped": "unit/agent/test_card_operation_faults.py",
    "certificate_not_wanted": "unit/agent/test_card_choice.py",
    "signature_invalid": "unit/cardlogin_server/test_failures.py",
    "token_malformed": "unit/cardlogin_server/test_failures.py",
    "algorithm_mismatch": "unit/cardlogin_server/test_failures.py",
    "origin_refused": "unit/agent/test_callers.py",
    "request_malformed": "unit/agent/test_web_popup.py",
    "origin_denied": "unit/agent/test_callers_lists.py",
    "origin_not_permitted": "unit/agent/test_card_questions_old.py",
    "too_many_requests": "unit/agent/test_web_limits.py",
    "page_expired": "unit/agent/test_web_pages.py",
}
# Only a portal's own page says these: the agent asks no portal about an account.
PORTALS = {"account_not_bound", "account_closed"}


def _reached() -> set[str]:
    return {code for row in ROWS for code in (row.first, *row.warns, *row.also) if code}


def test_every_code_is_reached() -> None:
    assert set(catalogue.codes()) - _reached() - set(ELSEWHERE) - PORTALS == set()


def test_nothing_is_listed_that_a_row_reaches() -> None:
    assert _reached() & (set(ELSEWHERE) | PORTALS) == set()
    assert set(ELSEWHERE) | PORTALS <= set(catalogue.codes())


@pytest.mark.parametrize("code", ELSEWHERE)
def test_code_is_in_the_test_that_is_named(code: str) -> None:
    text = (_TESTS / ELSEWHERE[code]).read_text("utf-8")
    assert code in text or f"Code.{code.upper()}" in text


def test_every_check_that_can_fail_has_a_row() -> None:
    checks = {catalogue.row(code).check for code in _reached()}
    assert set(NAMES) - checks == {"account"}
