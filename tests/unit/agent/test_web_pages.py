"""What all our pages have in common: one-time tokens, policies, and texts that cannot become markup."""

import base64
import hashlib
import html
import json
import re

import pytest
from aiohttp.test_utils import make_mocked_request

from agent.failures import Code, FailureError
from agent.messages import languages, translator
from agent.web.language import COOKIE
from agent.web.page import MAX_TOKENS, TOKEN_SECONDS, Page, PageTokens
from agent.web.texts import ERROR
from tests.unit.agent.fakes import Reply, Site

PAGES = ["/v1/popup", "/v1/go", "/status", "/selftest", "/selftest/old", "/nowhere"]
CONNECTS = {"/v1/popup": "'self'", **dict.fromkeys(("/v1/go", "/selftest", "/selftest/old"), "'self' https:")}


async def open_page(site: Site, path: str, **headers: str) -> Reply:
    """What a person gets who opens an address."""
    return await site.ask("GET", path, headers={"Accept": "text/html,*/*", "Sec-Fetch-Dest": "document", **headers})


def source_hash(text: str) -> str:
    """A CSP hash source (CSP 3, section 2.3.1)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@pytest.mark.parametrize("path", PAGES)
async def test_policy_admits_exactly_the_page_own_script_and_style(site: Site, path: str) -> None:
    reply = await open_page(site, path)
    page, policy = reply.body.decode(), reply.header("content-security-policy") or ""
    directives = {name: rest for name, _, rest in (part.strip().partition(" ") for part in policy.split(";"))}
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL)
    styles = re.findall(r"<style[^>]*>(.*?)</style>", page.partition("<script")[0], re.DOTALL)
    assert directives["script-src"].split() == [source_hash(text) for text in scripts]
    assert directives["style-src"].split() == [source_hash(text) for text in styles]
    assert directives["connect-src"] == CONNECTS.get(path, "'none'")
    for name in ("default-src", "frame-ancestors", "base-uri"):
        assert directives[name] == "'none'"
    assert "unsafe" not in policy


@pytest.mark.parametrize("path", PAGES)
async def test_page_needs_no_other_file_has_no_handler_in_markup_and_no_slot_left(site: Site, path: str) -> None:
    page = (await open_page(site, path)).body.decode()
    markup = page.partition("<script")[0]
    assert not re.search(r"""\b(src|action|on[a-z]+|style)\s*=\s*["']|@import|url\(""", markup)
    assert set(re.findall(r"""\bhref\s*=\s*["']([^"']*)""", markup)) <= {"/selftest", f"{site.own_origin}/status"}
    assert not re.search(r"%[A-Z_]+%", page)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", languages())
async def test_page_speaks_one_language_at_a_time(site: Site, path: str, language: str) -> None:
    page = (await open_page(site, path, Cookie=f"{COOKIE}={language}")).body.decode()
    assert f'<html lang="{language}" translate="no">' in page
    shown = re.sub(r"<(nav|style|script)[^>]*>.*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL)
    assert bool(re.search(r"[\u4e00-\u9fff]", shown)) == (language == "zh-Hant")
    assert translator(language).gettext("CardLogin") in shown


@pytest.mark.parametrize("path", PAGES)
async def test_switch_has_a_button_for_each_language_and_the_script_all_texts(site: Site, path: str) -> None:
    page = (await open_page(site, path, **{"Accept-Language": "en-GB"})).body.decode()
    buttons = re.findall(r'<button type="button" lang="([^"]+)" aria-pressed="(true|false)">([^<]+)</button>', page)
    assert buttons == [("zh-Hant", "false", "中文"), ("en", "true", "English")]
    texts = json.loads(html.unescape(re.findall(r'<meta name="texts" content="([^"]*)">', page)[0]))
    assert set(re.findall(r'data-text="([a-z_]+)"', page)) <= set(texts)
    assert all(set(text) == set(languages()) and all(text.values()) for text in texts.values())


@pytest.mark.parametrize(
    ("headers", "language"),
    [
        ({}, "zh-Hant"),
        ({"Accept-Language": "en-US,en;q=0.9"}, "en"),
        ({"Accept-Language": "zh-TW,zh;q=0.9,en;q=0.8"}, "zh-Hant"),
        ({"Accept-Language": "en;q=0.4, zh;q=0.7"}, "zh-Hant"),
        ({"Accept-Language": "fr, en;q=0.1"}, "en"),
        ({"Accept-Language": "fr, de"}, "zh-Hant"),
        ({"Accept-Language": "en;q=0, zh"}, "zh-Hant"),
        ({"Accept-Language": "*, ;q, en;q=x, -"}, "zh-Hant"),
        ({"Accept-Language": "zh-TW", "Cookie": f"other=1; {COOKIE}=en"}, "en"),
        ({"Accept-Language": "en", "Cookie": f"{COOKIE}=zh-Hant"}, "zh-Hant"),
        ({"Accept-Language": "en", "Cookie": f"{COOKIE}=tlh"}, "en"),
    ],
)
async def test_language_is_the_person_choice_then_the_browser_then_chinese(
    site: Site, headers: dict[str, str], language: str
) -> None:
    page = (await open_page(site, "/status", **headers)).body.decode()
    assert f'<html lang="{language}"' in page


@pytest.mark.parametrize("path", ["/v1/popup", "/v1/go", "/status", "/selftest"])
@pytest.mark.parametrize("destination", ["iframe", "frame", "embed", "object", "empty", "script", "image"])
async def test_clickjacking_page_is_neither_framed_nor_fetched(site: Site, path: str, destination: str) -> None:
    reply = await site.ask("GET", path, headers={"Sec-Fetch-Dest": destination})
    assert (reply.status, reply.code) == (403, "origin_refused")
    assert b"<html" not in reply.body


async def test_only_the_popup_keeps_its_opener_and_no_page_can_be_read_by_another_origin(site: Site) -> None:
    for path in PAGES:
        reply = await open_page(site, path, Origin="https://portal.example")
        policy = "unsafe-none" if path == "/v1/popup" else "same-origin"
        assert reply.header("cross-origin-opener-policy") == policy
        assert reply.header("cross-origin-resource-policy") == "same-origin"
        assert not any(name.startswith("access-control-") for name in reply.headers)


def test_text_in_a_slot_cannot_become_markup_or_another_slot() -> None:
    page = Page("error", ERROR)
    evil = '<script>alert(1)</script>"\'%CODE% data-text="code"><!-- languages -->'
    request = make_mocked_request("GET", "/")
    text = page.answer(request, code=evil, texts={"meaning": evil, "remedy": evil}).text or ""
    written = (
        "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#x27;%CODE% data-text=&quot;code&quot;&gt;&lt;!-- languages --&gt;"
    )
    assert text.count("<script") == 1
    assert text.count(written) == 3
    assert text.count("alert(1)") == 3 + 2 * len(languages()), "in the texts for the switch too"
    assert text.count("<!--") == 0


class TestPageTokens:
    """The tokens, with a clock that is turned by hand."""

    @pytest.fixture
    def now(self) -> list[float]:
        """The time in its only element, to be changed."""
        return [1000.0]

    @pytest.fixture
    def tokens(self, now: list[float]) -> PageTokens:
        """Tokens that know this time."""
        return PageTokens(lambda: now[0])

    def test_token_is_good_until_its_last_second(self, tokens: PageTokens, now: list[float]) -> None:
        token = tokens.issue()
        now[0] += TOKEN_SECONDS
        tokens.take(token)

    def test_expired_token_is_refused(self, tokens: PageTokens, now: list[float]) -> None:
        token = tokens.issue()
        now[0] += TOKEN_SECONDS + 1
        with pytest.raises(FailureError) as caught:
            tokens.take(token)
        assert caught.value.code is Code.PAGE_EXPIRED

    def test_flood_of_popups_forgets_the_oldest_and_keeps_the_number_bounded(self, tokens: PageTokens) -> None:
        issued = [tokens.issue() for _ in range(MAX_TOKENS + 1)]
        with pytest.raises(FailureError):
            tokens.take(issued[0])
        for token in issued[1:]:
            tokens.take(token)

    def test_used_token_is_refused(self, tokens: PageTokens) -> None:
        token = tokens.issue()
        tokens.take(token)
        with pytest.raises(FailureError):
            tokens.take(token)


async def test_button_that_begins_hidden_has_its_words(site: Site) -> None:
    page = (await open_page(site, "/v1/popup", **{"Accept-Language": "en"})).body.decode()
    assert 'data-text="go_on" hidden>Continue</button>' in page
