"""The manuals: every code is there once, found by its words in any language; what is not known is not shown."""

import json
import re
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from portal.support.installation import SECTIONS
from portal.support.manual import FILE, manual, read
from portal.support.manual_pages import groups
from tests.dev.installation_pages import FILES
from tests.dev.installation_pages import page as page_in
from tests.portal.helpers import plain
from tests.stand.parts import ROOT

MANUAL, PIN, INSTALL = "/manual/failures/", "/manual/pin/", "/manual/installation/"
ENGLISH = {"accept-language": "en"}
pytestmark = pytest.mark.django_db


def shown(page: Any) -> list[str]:
    """The anchors of the codes on the page, in order."""
    return re.findall(r'class="failure-code" id="([a-z0-9_]+)"', page.content.decode())


def test_every_code_is_there_by_check_and_in_order(client: Client) -> None:
    found = shown(client.get(MANUAL))
    assert sorted(found) == sorted(manual().codes)
    order = [*manual().checks, ""]
    assert [manual().codes[code].check for code in found] == sorted(
        (code.check for code in manual().codes.values()), key=order.index
    )


def test_every_text_is_on_the_page_of_its_language_only(client: Client) -> None:
    chinese, english = client.get(MANUAL).content.decode(), client.get(MANUAL, headers=ENGLISH).content.decode()
    for code in manual().codes.values():
        for language, page, other in (("zh-Hant", chinese, english), ("en", english, chinese)):
            said = code.texts[language]
            for text in (said.meaning, said.cause, *said.steps, *said.ask):
                assert escaped(text) in page, (code.code, text)
            assert escaped(said.cause) not in other


def escaped(text: str) -> str:
    """As a template writes it."""
    return (
        text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("'", "&#x27;")
        .replace('"', "&quot;")
    )


@pytest.mark.parametrize(
    "wanted",
    ["no_reader", "NO_READER", "no_rea", "找不到讀卡機", "card reader was found", "reader  found", " no_reader "],
)
@pytest.mark.parametrize("headers", [{}, ENGLISH], ids=["zh", "en"])
def test_search_finds_code_and_meaning_in_both_languages(client: Client, wanted: str, headers: Any) -> None:
    page = client.get(MANUAL, {"q": wanted}, headers=headers)
    assert "no_reader" in shown(page)
    assert len(shown(page)) < len(manual().codes)
    assert f'data-found="{len(shown(page))}"' in page.content.decode()


def test_search_that_finds_nothing_says_so_and_escapes(client: Client) -> None:
    page = client.get(MANUAL, {"q": "<script>alert(1)</script>"})
    assert shown(page) == []
    assert 'id="nothing"' in page.content.decode()
    assert "<script>alert" not in page.content.decode()
    assert client.get(MANUAL, {"q": "x" * 5000}).status_code == 200
    assert shown(client.get(MANUAL, {"q": "  "})) == shown(client.get(MANUAL))


def test_codes_without_a_check_come_last_and_an_unknown_check_has_its_own_name() -> None:
    content = json.loads(FILE.read_text("utf-8"))
    row = content["codes"]["no_reader"]
    content["codes"] = {"a": {**row, "check": ""}, "b": {**row, "check": "new_one"}, "c": row}
    book = read(content)
    assert [group.key for group in groups(book, book.codes.values())] == ["reader", "new_one", "other"]
    assert (book.check_name("new_one"), book.fact_name("new_fact")) == ("new_one", "new_fact")


def test_file_names_every_check_and_says_everything_in_both_languages() -> None:
    book = manual()
    assert len(book.checks) == 30
    assert {code.check for code in book.codes.values()} <= {*book.checks, ""}
    for names in (*book.checks.values(), *book.facts.values(), *(family.names for family in book.families)):
        assert {"zh-Hant", "en"} <= set(names)
    for code in book.codes.values():
        assert code.sign in ("fail", "warn")
        for said in code.texts.values():
            assert said.meaning
            assert said.cause
            assert 1 <= len(said.steps) <= 5
            assert 1 <= len(said.ask) <= 3


def test_pins_page_has_what_is_known_of_each_family_and_no_more(client: Client) -> None:
    page = client.get(PIN)
    source = page.content.decode()
    known = [family for family in manual().families if family.page or family.telephone]
    assert re.findall(r'class="panel family" id="(\w+)"', source) == [family.key for family in known]
    assert len(known) < len(manual().families)
    for family in known:
        part = source.split(f'id="{family.key}"')[1].split("</section>")[0]
        assert f'href="{family.page}"' in part
        assert ("tel:" in part) is bool(family.telephone)
        assert family.sources["zh-Hant"] in part
    assert "用戶代碼" in plain(page)
    assert "戶政事務所" in plain(page)
    assert "永久鎖住" in plain(page)


@pytest.mark.parametrize("path", [MANUAL, PIN, INSTALL])
def test_pages_are_open_to_everybody_in_one_language_with_nothing_inline(client: Client, path: str) -> None:
    page = client.get(path)
    source = page.content.decode()
    assert page.status_code == 200
    assert not re.search(r"\sstyle=|\son[a-z]+=|<style|<script>|javascript:", source)
    english = plain(client.get(path, headers=ENGLISH)).replace("中文", "")
    assert not re.search("[\u4e00-\u9fff]", english), re.findall("[\u4e00-\u9fff]+", english)
    for address in re.findall(r'(?:href|src)="(/[^"#]+)', source):
        if address.startswith("/static/"):
            assert finders.find(address.removeprefix("/static/")), address
        else:
            assert client.get(address).status_code in (200, 302), address


def test_installation_has_every_step_and_picture(client: Client) -> None:
    source = client.get(INSTALL, headers=ENGLISH).content.decode()
    steps = [step for section in SECTIONS for step in section.steps]
    assert source.count("<pre") == sum(1 for step in steps if step.commands)
    pictures = [step.picture for step in steps if step.picture]
    assert len(pictures) >= 5
    for picture in pictures:
        assert finders.find(f"portal/manual/{picture.file}")
        assert f'alt="{escaped(picture.shows)}"' in source


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/company/", "/accounts/center/"])
def test_whoever_speaks_of_locked_cards_leads_there(client: Client, path: str) -> None:
    assert f'href="{PIN}"' in client.get(path).content.decode()


@pytest.mark.parametrize("language", FILES)
def test_documents_have_the_same_steps(language: str) -> None:
    """Otherwise: `python -m tests.dev.installation_pages`."""
    assert (ROOT / FILES[language]).read_text("utf-8") == page_in(language)
