"""The catalogue of failures is complete, in two languages, and the same everywhere."""

import re
import tomllib
from pathlib import Path

import pytest

from agent import failures
from agent.failures import Code, Failure, FailureError, Next, catalogue, failure
from agent.messages import languages, translator
from pkcs11_shims.errors import Fault

CJK = re.compile(r"[\u4e00-\u9fff]")
CONTRACT = (
    "busy origin_refused request_malformed no_driver no_reader no_card no_certificate pin_wrong pin_locked "
    "pin_malformed card_removed card_error reader_hung user_cancelled page_closed timed_out host_failed internal "
    "no_service card_busy card_unsupported card_swapped card_not_activated certificate_expired "
    "certificate_not_yet_valid certificate_encryption_only certificate_not_wanted driver_refused no_prompt other_user "
    "origin_denied too_many_requests page_expired permissions_unreadable origin_not_permitted "
    "cipher_unreadable"
)


def pairs(row: Failure) -> list[tuple[str, str]]:
    """Meaning and remedy, each in English and Chinese."""
    return [(translator("en").gettext(text), translator("zh-Hant").gettext(text)) for text in (row.meaning, row.remedy)]


def test_codes_are_the_published_ones() -> None:
    assert [code.value for code in Code] == CONTRACT.split()


def test_every_code_has_a_row_and_every_row_a_code() -> None:
    table = tomllib.loads(Path(failures.__file__).with_name("failures.toml").read_text("utf-8"))
    assert set(table) == {code.value for code in Code}
    assert [row.code for row in catalogue()] == list(Code)


@pytest.mark.parametrize("fault", list(Fault))
def test_faults_of_the_drivers_are_codes_of_the_catalogue(fault: Fault) -> None:
    assert failure(Code(fault.value)).code.value == fault.value


@pytest.mark.parametrize("row", catalogue(), ids=lambda row: row.code)
class TestRow:
    """Each row."""

    def test_status_is_a_client_or_server_error(self, row: Failure) -> None:
        assert type(row.status) is int
        assert 400 <= row.status <= 599
        assert row.status not in (401, 407), "no browser shall ask for a password"

    def test_texts_are_whole_sentences_in_their_language(self, row: Failure) -> None:
        for english, chinese in pairs(row):
            assert CJK.search(chinese)
            assert english.isascii()
            assert (chinese[-1], english[-1]) == ("。", ".")
            assert chinese == chinese.strip()
            assert english == english.strip()

    def test_texts_fit_into_the_window(self, row: Failure) -> None:
        assert all(len(text) <= 200 for pair in pairs(row) for text in pair)

    def test_texts_hold_no_mark_up(self, row: Failure) -> None:
        assert not [text for pair in pairs(row) for text in pair if set("<>&{}") & set(text)]

    def test_disposition_is_known(self, row: Failure) -> None:
        assert row.next in Next


def test_no_two_failures_mean_the_same() -> None:
    for language in languages():
        assert len({translator(language).gettext(row.meaning) for row in catalogue()}) == len(Code)


def test_no_remedy_sends_people_to_foreign_unlocking_tools() -> None:
    english, chinese = pairs(failure(Code.PIN_LOCKED))[1]
    assert "勿用其他軟體解鎖" in chinese
    assert "do not use any other software" in english


def test_error_says_its_code_and_nothing_else() -> None:
    error = FailureError(Code.PIN_WRONG, 2)
    assert str(error) == "pin_wrong"
    assert error.tries_left == 2
