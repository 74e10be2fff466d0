"""The self-test's catalogue: every code has a row that a person on the telephone can follow, in every language."""

import re

import pytest

from agent.failures import Code, failure
from agent.messages import languages, translator
from agent.selftest import catalogue
from agent.selftest.words import CHECKS, FACTS, SIGNS
from cardlogin_server.failures import CardLoginError

CODES = catalogue.codes()
PICTURES = {"", "reader", "card_up", "clock", "popup", "permission", "window", "trust"}
# What a step may begin with: a person does it.
VERBS = re.compile(
    "(Activate|Add|Allow|Answer|Ask|Call|Check|Choose|Click|Close|Compare|Connect|Do|Go|Have|Insert|Install|Keep|Leave|Let|"
    "Log|Look|Make|Note|Open|Push|Plug|Put|Read|Register|Reload|Remove|Rename|Restart|Run|Save|"
    "Start|Stop|Switch on|Take|Tell|Tick|"
    "Try|Type|Unplug|Update|Use|Wait|Wipe) "
)
# Nobody is told to do any of this: it locks cards for good, or makes the computer less safe.
FORBIDDEN = re.compile(
    r"(?i)change (the|your) pin|new pin|reset (the|your) pin|unlock (it|the card|your card) with|tokenutility|"
    r"(switch|turn) off|disable|deactivate|ignore the warning|as root|chmod 777|firewall off|pin code to support"
)


def texts(code: str) -> tuple[str, ...]:
    row = catalogue.row(code)
    return row.meaning, row.cause, *row.steps, *row.ask


def test_every_code_of_the_agent_has_a_row() -> None:
    assert {code.value for code in Code} <= set(CODES)


def test_an_unknown_code_has_none() -> None:
    with pytest.raises(KeyError):
        catalogue.row("no_such_code")
    with pytest.raises(KeyError):
        catalogue.said("no_such_code", "en")


@pytest.mark.parametrize("code", CODES)
def test_a_row_is_complete(code: str) -> None:
    row = catalogue.row(code)
    assert re.fullmatch("[a-z][a-z0-9_]{0,39}", code)
    assert row.code == code
    assert row.check in {"", *CHECKS}
    assert row.sign in {"fail", "warn"}
    assert row.picture in PICTURES
    assert 1 <= len(row.steps) <= 5
    assert 1 <= len(row.ask) <= 3
    assert len(set(row.steps)) == len(row.steps)
    assert len(set(row.ask)) == len(row.ask)


@pytest.mark.parametrize("code", CODES)
def test_steps_say_what_the_person_does(code: str) -> None:
    row = catalogue.row(code)
    assert [step for step in row.steps if not VERBS.match(step)] == []
    assert [step for step in (row.meaning, row.cause, *row.steps) if not step.endswith(".")] == []
    assert [question for question in row.ask if "?" not in question] == []


@pytest.mark.parametrize("code", CODES)
def test_nobody_is_told_to_do_harm(code: str) -> None:
    assert [text for text in texts(code) if FORBIDDEN.search(text)] == []


@pytest.mark.parametrize("code", CODES)
def test_every_text_has_a_translation(code: str) -> None:
    chinese = translator("zh-Hant")
    assert [text for text in texts(code) if chinese.gettext(text) == text] == []


@pytest.mark.parametrize("code", CODES)
def test_chinese_sentences_are_whole(code: str) -> None:
    row = catalogue.row(code)
    text = translator("zh-Hant").gettext
    assert [step for step in (row.meaning, row.cause, *row.steps) if not text(step).endswith("。")] == []
    assert [question for question in row.ask if not re.search("？|。$|）$", text(question))] == []


def test_meaning_is_that_of_the_failures_where_there_is_one() -> None:
    own = {code.value for code in Code}
    assert all(catalogue.row(code).meaning == failure(Code(code)).meaning for code in own)


def test_meaning_of_a_servers_code_is_the_servers_sentence() -> None:
    """Those that both have (an expired certificate) are the agent's here; the manual says both."""
    server = {kind.code: kind.meaning for kind in CardLoginError.__subclasses__()}
    shared = server.keys() & set(CODES) - {code.value for code in Code}
    assert {"certificate_revoked", "signature_invalid"} <= shared
    assert {code: catalogue.row(code).meaning for code in shared} == {code: server[code] for code in shared}


def test_said_in_every_language() -> None:
    assert catalogue.said("no_reader", "en")["meaning"] == "No card reader was found."
    for language in languages():
        told = catalogue.said("no_reader", language)
        assert len(told["steps"]) == len(catalogue.row("no_reader").steps)


def test_rows_stand_in_the_order_of_the_checks() -> None:
    places = [[*CHECKS, ""].index(catalogue.row(code).check) for code in CODES]
    assert places == sorted(places)


def test_every_check_has_a_code() -> None:
    assert {catalogue.row(code).check for code in CODES} == {"", *CHECKS}


def test_words_are_translated_and_fit_the_report() -> None:
    chinese = translator("zh-Hant")
    for words in (CHECKS, FACTS, SIGNS):
        assert [text for text in words.values() if chinese.gettext(text) == text] == []
        assert all(re.fullmatch("[a-z][a-z0-9_]{0,39}", name) for name in words)
    assert len(CHECKS) == 30
    assert list(SIGNS) == ["ok", "warn", "fail", "skip"]


def test_pin_problems_name_what_to_have_ready_and_only_the_issuer() -> None:
    for code in ("pin_locked", "pin_last_try", "card_not_activated"):
        said = " ".join(catalogue.said(code, "zh-Hant")["steps"])
        assert "用戶代碼" in said
        assert "發卡機關" in said
        assert "其他工具" in said
