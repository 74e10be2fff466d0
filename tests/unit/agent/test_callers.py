"""Which origins may ask, letter by letter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.callers import MAX_ORIGIN, caller
from agent.failures import Code, FailureError


def refused(origin: str | None, *, developer: bool = False) -> bool:
    """Whether an origin is refused with its code."""
    try:
        caller(origin, developer=developer)
    except FailureError as error:
        return error.code is Code.ORIGIN_REFUSED
    return False


@pytest.mark.parametrize(
    "origin",
    [
        "https://portal.example", "https://portal.example:8443", "https://xn--fiq228c.example", "https://a.b.c.d.example",
        "https://127.0.0.1", "https://[::1]:8443", "https://localhost", "https://p:80", "https://p:65535", "https://a-b.example",
    ],
)  # fmt: skip
@pytest.mark.parametrize("developer", [False, True])
def test_https_origin_as_a_browser_writes_it_may_ask_and_stays_as_it_is(origin: str, developer: bool) -> None:
    assert caller(origin, developer=developer) == origin


SPELLINGS = {
    "absent": None,
    "empty": "",
    "null": "null",
    "opaque in capitals": "NULL",
    "upper-case host": "https://Portal.example",
    "upper-case scheme": "HTTPS://portal.example",
    "path": "https://portal.example/login",
    "trailing slash": "https://portal.example/",
    "query": "https://portal.example?x",
    "fragment": "https://portal.example#x",
    "default port": "https://portal.example:443",
    "empty port": "https://portal.example:",
    "port 0": "https://portal.example:0",
    "port 65536": "https://portal.example:65536",
    "port 99999": "https://portal.example:99999",
    "port with six digits": "https://portal.example:100000",
    "port with a leading zero": "https://portal.example:08443",
    "port in other digits": "https://portal.example:８４４３",
    "port with a sign": "https://portal.example:+443",
    "two ports": "https://portal.example:1:2",
    "user": "https://user@portal.example",
    "user and password": "https://user:pw@portal.example",
    "phishing by user": "https://bank.example@evil.example",
    "backslash": "https://portal.example\\@evil.example",
    "IDN not in punycode": "https://入口.example",
    "homograph": "https://pοrtal.example",
    "full-width host": "https://ｐortal.example",
    "soft hyphen": "https://portal\u00ad.example",
    "right-to-left mark": "https://portal\u202e.example",
    "percent": "https://portal%2eexample",
    "no host": "https://",
    "dot": "https://.",
    "dot first": "https://.example",
    "blank inside": "https://portal .example",
    "blank before": " https://portal.example",
    "blank after": "https://portal.example ",
    "newline after": "https://portal.example\n",
    "header injection": "https://portal.example\r\nX: y",
    "newline before": "\nhttps://portal.example",
    "NUL": "https://portal.example\0",
    "two origins": "https://a.example https://b.example",
    "comma": "https://a.example,https://b.example",
    "one slash": "https:/portal.example",
    "three slashes": "https:///portal.example",
    "no scheme": "portal.example",
    "relative scheme": "//portal.example",
    "http": "http://portal.example",
    "ftp": "ftp://portal.example",
    "file": "file://",
    "extension": "chrome-extension://abcdefghijklmnop",
    "blob": "blob:https://portal.example",
    "javascript": "javascript://portal.example",
    "wss": "wss://portal.example",
    "open bracket": "https://[::1",
    "zone": "https://[fe80::1%25eth0]",
    "star": "*",
    "wild card": "https://*.example",
    "one too long": "https://" + "a" * (MAX_ORIGIN - 7),
    "much too long": "https://" + "a." * 100_000 + "example",
}


@pytest.mark.parametrize("name", SPELLINGS)
@pytest.mark.parametrize("developer", [False, True])
def test_spelling_no_https_page_has_is_refused(name: str, developer: bool) -> None:
    assert refused(SPELLINGS[name], developer=developer)


def test_longest_origin_is_255_characters() -> None:
    assert caller("https://" + "a" * 247) == "https://" + "a" * 247


LOCAL = ["http://localhost", "http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]:8000"]


@pytest.mark.parametrize("origin", LOCAL)
def test_http_of_this_computer_needs_the_developer_switch(origin: str) -> None:
    assert refused(origin)
    assert caller(origin, developer=True) == origin


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost.evil.example", "http://127.0.0.1.nip.example", "http://localhost:80", "http://127.0.0.2", "http://0.0.0.0",
        "http://192.168.0.1", "http://[::]", "http://[::ffff:127.0.0.1]", "http://evil.localhost",
    ],
)  # fmt: skip
def test_developer_switch_admits_no_other_http_origin(origin: str) -> None:
    assert refused(origin, developer=True)


@given(st.text(max_size=300))
def test_any_text_is_refused_or_is_an_https_origin_in_ascii(text: str) -> None:
    if not refused(text):
        assert text.startswith("https://")
        assert text.isascii()
        assert text == text.lower()


@given(st.from_regex(r"https?://[a-z0-9.:@/\[\]-]{1,20}", fullmatch=True), st.booleans())
def test_any_near_origin_is_answered_by_itself_or_by_a_refusal(text: str, developer: bool) -> None:
    if not refused(text, developer=developer):
        assert caller(text, developer=developer) == text
        host = text.partition("://")[2]
        assert not set("@/") & set(host)
