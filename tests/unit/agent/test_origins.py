"""Patterns of origins: what a list permits is read narrowly, what it refuses widely."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.origins import MAX_PATTERNS, Patterns, parse

LIST = Patterns(["https://portal.example", "https://*.gov.example", "https://login.test:8443", "https://[::1]:9000"])


@pytest.mark.parametrize(
    "origin",
    [
        "https://portal.example",
        "https://a.gov.example",
        "https://a.b.gov.example",
        "https://login.test:8443",
        "https://xn--fiq228c.gov.example",
        "https://[::1]:9000",
    ],
)
def test_named_origin(origin: str) -> None:
    assert LIST.name(origin)
    assert LIST.cover(origin)


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "https://portal.example.evil.example",
        "https://evil-portal.example",
        "https://xgov.example",
        "https://gov.example.evil.example",
        "https://example",
        "https://gov.example",
        "https://a.gov.example.tw",
        "https://a.portal.example",
        "https://login.test",
        "https://login.test:8444",
        "https://[::1]",
        "https://[::2]:9000",
    ],
)
def test_other_origin_is_neither_named_nor_covered(origin: str) -> None:
    assert not LIST.name(origin)
    assert not LIST.cover(origin)


@pytest.mark.parametrize(
    "origin",
    [
        "https://portal.example:8443",
        "https://portal.example.",
        "https://portal.example.:444",
        "http://portal.example",
        "https://a.gov.example:8443",
        "https://a.gov.example.",
        "http://a.gov.example",
        "https://login.test.:8443",
    ],
)
def test_another_door_of_the_same_house_is_covered_by_a_refusal_and_not_named_by_a_permission(origin: str) -> None:
    assert not LIST.name(origin)
    assert LIST.cover(origin)


@pytest.mark.parametrize("origin", ["", "null", "*", "https://", "https://portal.example/", "HTTPS://portal.example"])
def test_what_is_no_origin_is_never_permitted_and_always_refused(origin: str) -> None:
    assert not LIST.name(origin)
    assert Patterns(()).cover(origin)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "*",
        "https://*",
        "https://*.",
        "https://*.example",
        "https://*.tw",
        "https://*portal.example",
        "https://portal.*.example",
        "https://portal.*",
        "https://a*.gov.example",
        "http://*.gov.example",
        "*.gov.example",
        "portal.example",
        "https://portal.example/",
        "https://portal.example/*",
        "https://Portal.example",
        "https://*.gov.example.",
        "https://*.0.0.1",
        "https://*.2.3.4:8443",
        "https://*.[::1]",
        "https://*.gov.example:443",
        "https://*.gov.example:*",
        "https://portal.example:443",
        "https://入口.example",
        "https://*.gov.example\n",
        "null",
    ],
)
def test_text_that_is_no_pattern_is_an_error_that_shows_it(text: str) -> None:
    with pytest.raises(ValueError, match="pattern") as caught:
        Patterns(["https://portal.example", text])
    assert repr(text) in str(caught.value)


def test_list_is_limited() -> None:
    texts = [f"https://a{number}.example" for number in range(MAX_PATTERNS + 1)]
    assert Patterns(texts[:MAX_PATTERNS]).name(texts[0])
    with pytest.raises(ValueError, match=str(MAX_PATTERNS)):
        Patterns(texts)


def test_pattern_with_a_port_is_for_that_port() -> None:
    patterns = Patterns(["https://*.gov.example:8443"])
    assert patterns.name("https://a.gov.example:8443")
    for origin in ("https://a.gov.example", "https://a.gov.example:8444"):
        assert not patterns.name(origin)
        assert not patterns.cover(origin)


LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)


@given(st.lists(LABEL, min_size=1, max_size=5), st.lists(LABEL, min_size=2, max_size=3))
def test_star_stands_for_whole_labels_only(labels: list[str], domain: list[str]) -> None:
    name = ".".join(domain)
    if domain[-1].isdigit() or parse(f"https://{name}") is None:
        return
    patterns = Patterns([f"https://*.{name}"])
    inside = f"https://{'.'.join(labels)}.{name}"
    assert patterns.name(inside) == (parse(inside) is not None)
    assert not patterns.name(f"https://{labels[0]}{name}") or labels[0] + domain[0] == domain[0]
    assert not patterns.name(f"https://{name}")


@given(st.text(max_size=60))
def test_whatever_is_named_is_covered(text: str) -> None:
    assert LIST.cover(text) or not LIST.name(text)
