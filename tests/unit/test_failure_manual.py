"""The manual of failures is in line with the catalogues, complete, and readable in both languages."""

import json
import re

import pytest

from agent.failures import Code
from agent.selftest import catalogue
from agent.selftest.words import CHECKS, FACTS
from cardlogin_server.browser_failures import BROWSER_FAILURES
from cardlogin_server.failures import CardLoginError
from cardlogin_server.messages import translate
from pkcs11_shims.families import families
from tests.dev.failure_manual import LANGUAGES, MANUAL, PAGES, as_json, manual, page

MADE = manual()
CODES = MADE["codes"]
HAN = re.compile("[\u4e00-\u9fff]")
SERVER = {kind.code: kind.meaning for kind in CardLoginError.__subclasses__()}


def test_files_are_as_the_generator_writes_them() -> None:
    how = "run python -m tests.dev.failure_manual"
    assert MANUAL.read_text("utf-8") == as_json(MADE), how
    for language, path in PAGES.items():
        assert path.read_text("utf-8") == page(MADE, language), how


def test_every_code_of_all_four_sources_is_there() -> None:
    assert set(CODES) == {*(code.value for code in Code), *catalogue.codes(), *BROWSER_FAILURES, *SERVER}


@pytest.mark.parametrize("code", CODES)
def test_an_entry_is_complete_in_both_languages(code: str) -> None:
    entry = CODES[code]
    assert entry["check"] in {"", *CHECKS}
    assert entry["sign"] in {"fail", "warn"}
    assert entry["source"] in {"agent", "browser", "server"}
    assert set(entry["said"]) == set(LANGUAGES)
    for language, said in entry["said"].items():
        assert set(said) == {"meaning", "cause", "steps", "ask"}
        assert 1 <= len(said["steps"]) <= 5
        assert 1 <= len(said["ask"]) <= 3
        for text in (said["meaning"], said["cause"], *said["steps"], *said["ask"]):
            assert bool(HAN.search(text)) == (language == "zh-Hant"), text
    english, chinese = entry["said"]["en"], entry["said"]["zh-Hant"]
    assert [len(english[name]) for name in ("steps", "ask")] == [len(chinese[name]) for name in ("steps", "ask")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_of_page_and_server_are_said_word_for_word(language: str) -> None:
    sentences = {**SERVER, **{code: row.meaning for code, row in BROWSER_FAILURES.items()}}
    for code, meaning in sentences.items():
        entry = CODES[code]
        told = [entry["said"][language]["meaning"], *(also[language] for also in entry.get("also", {}).values())]
        assert translate(meaning, language) in told, code


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_code_has_one_anchor(language: str) -> None:
    text = PAGES[language].read_text("utf-8")
    assert sorted(re.findall(r'<a id="([a-z0-9_]+)"></a>', text)) == sorted(CODES)
    assert set(re.findall(r"\]\(#([a-z0-9_]+)\)", text)) == set(CODES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_lines_are_short(language: str) -> None:
    lines = PAGES[language].read_text("utf-8").splitlines()
    assert [line for line in lines if len(line) >= 120 and not line.startswith("|")] == []


def test_titles_and_families_are_those_of_the_program() -> None:
    held = json.loads(MANUAL.read_text("utf-8"))
    assert list(held["checks"]) == list(CHECKS)
    assert list(held["facts"]) == list(FACTS)
    assert held["checks"]["reader"] == {"zh-Hant": "讀卡機", "en": "Card reader"}
    told = {key: (row["page"], row["telephone"]) for key, row in held["families"].items()}
    assert told == {family.key: (family.unlock_page, family.telephone) for family in families()}
    assert all(row["source"] and row["guide"]["en"] and row["guide"]["zh-Hant"] for row in held["families"].values())


def test_no_family_is_sent_to_other_software() -> None:
    for row in MADE["families"].values():
        english = " ".join(row["guide"]["en"])
        assert not re.search(r"(?i)tool|software|download|default pin", english)
