"""What is a report and what is none."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.selftest.form import LARGEST, read
from tests.portal.selftest.samples import content, text
from tests.portal.support.people import result

NAME = st.from_regex(r"[a-z][a-z0-9_]{0,39}", fullmatch=True)
VALUE = st.text(st.just(" ") | st.characters(exclude_categories=["C", "Z"]), max_size=200)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
FACTS = st.dictionaries(NAME, VALUE, max_size=16)
GOOD = st.builds(
    lambda check, bad, sign, code, because, facts: {
        "check": check, "sign": sign if bad else "skip" if because else "ok", "code": code if bad else "",
        "because": "" if bad else because, "facts": facts,
    },
    NAME, st.booleans(), st.sampled_from(["warn", "fail"]), NAME, st.just("") | NAME, FACTS,
)  # fmt: skip


def test_report_is_read_in_its_own_order() -> None:
    wanted = content()
    mixed = dict(reversed(wanted.items())) | {"results": [dict(reversed(row.items())) for row in wanted["results"]]}
    for sent in (json.dumps(mixed), json.dumps(mixed).encode(), text(), text().encode()):
        assert json.dumps(read(sent)) == json.dumps(wanted)


@given(st.lists(GOOD, max_size=8, unique_by=lambda row: row["check"]))
def test_every_report_of_the_form_is_taken(results: list[dict[str, Any]]) -> None:
    sent = content(*results) if results else content() | {"first": "", "results": []}
    long = len(json.dumps(sent)) > LARGEST
    assert read(json.dumps(sent)) == (None if long else sent)


def test_most_of_everything_is_taken_and_one_more_is_not() -> None:
    facts = {f"f{number}": "x" for number in range(16)}
    rows = [result(f"c{number}") for number in range(63)]
    full = [
        *rows,
        result("x" * 40, "fail", "y" * 40, **{"z" * 40: "字" * 200}),
    ]
    assert read(text(*full)) is not None
    assert read(text(*full, result("more"))) is None
    assert read(text(result("a", **facts))) is not None
    assert read(text(result("a", **facts, more="x"))) is None


def test_length_is_in_bytes_and_is_looked_at_first() -> None:
    short = text()
    filled = short + " " * (LARGEST - len(short.encode()))
    assert read(filled) is not None
    assert read(filled.encode()) is not None
    assert read(filled + " ") is None
    assert read(filled.encode() + b" ") is None
    assert read("[" * 10_000_000) is None
    rows = [result(f"c{number}", a="字" * 200, b="字" * 200) for number in range(60)]
    wide = text(*rows)
    assert len(wide) < LARGEST < len(wide.encode())
    assert read(wide) is None


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in content().items() if name != key}


def row(**more: Any) -> str:
    """A report with one row that is not as it should be."""
    return json.dumps(content(first="") | {"results": [result("reader") | more]})


LONG = "9" * 5_000
VERSIONS: tuple[Any, ...] = ("", "1.0 ", "A", "<b>", "1" * 33, 1, None, [])
VALUES: tuple[Any, ...] = (
    1, None, True, [], {}, ["x"], "a\nb", "a\rb", "\t", "\0", "\x1b[31m", "\x7f", "\u2028", "\u202e", "\ud800",
    "\ufeff", "\u200b", "\u3000",
)  # fmt: skip
MALFORMED = {
    "nothing": "", "blank": " ", "not JSON": "{", "a list": "[]", "a number": "1", "null": "null", "a text": '"x"',
    "single quotes": text().replace('"', "'"), "after the end": text() + "x", "two": text() + text(),
    "byte order mark": "\ufeff" + text(), "half a character": text() + "\ud800", "NUL after it": text() + "\0",
    "NaN": text().replace('"0.1.0"', "NaN"), "a long number": text().replace('"0.1.0"', LONG),
    "infinite": text().replace('"0.1.0"', "1e999"), "a comment": text() + "//", "a comma": text()[:-1] + ",}",
    **{f"without {key}": json.dumps(without(key)) for key in content()},
    "one key more": text(more=""), "proto": text(__proto__={}),
    "other format": text(format="cardlogin-report:2"), "format of another type": text(format=1),
    "short installation": text(installation="0f" * 15), "capital installation": text(installation="0F" * 16),
    "end of line after it": text(installation="0f" * 16 + "\n"), "installation none": text(installation=None),
    "wide digits": text(installation="０" * 32),
    **{f"made {made}": text(made=made) for made in (
        "2026-12-02T17:00:00", "2026-12-02T17:00:00+00:00", "2026-12-02 17:00:00Z", "2026-13-02T17:00:00Z",
        "2026-02-30T17:00:00Z", "2026-12-02T24:00:00Z", "2026-12-02T17:00:60Z", "2026-12-02T17:00:00.5Z", "",
        "0000-01-01T00:00:00Z", "２026-12-02T17:00:00Z", 1764694800, None,
    )},
    **{f"version {version}"[:30]: text(version=version) for version in VERSIONS},
    "first of no row": text(first="no_card"), "no first": text(first=""), "first of another type": text(first=None),
    "first without a fault": text(result("reader"), first="no_reader"),
    "first is a warning": text(result("reader", "warn", "no_reader"), first="no_reader"),
    "first is the second": text(result("reader", "fail", "a"), result("card", "fail", "b"), first="b"),
    "results none": text(results=None, first=""), "results an object": text(results={}, first=""),
    "row none": text(results=[None], first=""), "row a list": text(results=[[]], first=""),
    "a check twice": text(result("reader"), result("reader")),
    **{f"check {check}"[:30]: row(check=check) for check in ("", "A", "1", "_a", "a-", "a" * 41, "a\n", "ä", None, 1)},
    **{f"sign {sign}": row(sign=sign) for sign in ("", "OK", "red", None, True, ["ok"], {"a": 1}, "fail", "warn")},
    **{f"code of {sign}": row(sign=sign, code="no_reader") for sign in ("ok", "skip")},
    **{f"code {code}"[:30]: row(sign="warn", code=code) for code in ("A", "a" * 41, "a b", "a\n", None, 0, False)},
    **{f"because of {sign}": row(sign=sign, because="card") for sign in ("ok", "warn", "fail")},
    "because words": row(sign="skip", because="no card"), "because none": row(because=None),
    "one key more in a row": row(seconds=0.1), "kind": row(kind="check"), "said": row(said={}),
    "facts none": row(facts=None), "facts a list": row(facts=[]), "facts of the page": row(facts=[{"name": "a"}]),
    "fact's name": row(facts={"A": "x"}), "fact without a name": row(facts={"": "x"}),
    "fact too long": row(facts={"a": "x" * 201}),
    **{f"fact {value!r}"[:30]: row(facts={"a": value}) for value in VALUES},
    "key twice": text().replace('"version":', '"version": "0.1.0", "version":'),
    "key twice by an escape": text().replace('"version":', '"versio\\u006e": "0.1.0", "version":'),
    "fact twice": text(result("reader", a="1")).replace('"a":', '"a": "2", "a":'),
    "deep lists": "[" * 30_000 + "]" * 30_000, "deep objects": '{"a":' * 10_000 + "1" + "}" * 10_000,
    "deep without an end": "[" * 60_000, "deep in a fact": text(result("a")).replace("{}", "{" + '"a":[' * 900),
    "one too deep": row(facts={"a": {"b": "c"}}),
}  # fmt: skip


def test_rows_of_the_table_are_right_but_for_one_thing() -> None:
    for good in (row(), row(sign="warn", code="a"), row(sign="skip", because="card"), text(result("a")), row(facts={})):
        assert read(good) is not None
    assert len(MALFORMED) > 120


@pytest.mark.parametrize("sent", MALFORMED.values(), ids=MALFORMED.keys())
def test_anything_else_is_none(sent: str) -> None:
    assert read(sent) is None
    assert read(sent.encode("utf-8", "surrogatepass")) is None


@pytest.mark.parametrize("coding", ["utf-16", "utf-32", "big5", "utf-8-sig"])
def test_other_codings_are_none(coding: str) -> None:
    assert read(text(result("reader", reader="讀卡機")).encode(coding)) is None


def test_brackets_and_quotes_in_a_value_are_text() -> None:
    sent = content(result("reader", reader='[[[[{{{{"\\"]]' * 10, driver="\\", file='"'))
    assert read(json.dumps(sent)) == sent


@given(JSON | st.builds(lambda key, value: content() | {key: value}, st.sampled_from(list(content())), JSON))
def test_whatever_comes_is_a_report_or_none(sent: object) -> None:
    found = read(json.dumps(sent))
    assert found is None or found == sent


@given(st.text() | st.binary() | st.text('[]{}":,\\ \n0a'))
def test_nothing_breaks_it(sent: str | bytes) -> None:
    assert read(sent) is None


@pytest.mark.parametrize("part", ['\\"', '"\\', '"', "[", '{"a":', "\\", "[]", '"a"', "1,", "9", " "])
def test_nothing_takes_long(part: str) -> None:
    for begin in ("", '"', "[", '{"a":"'):
        sent = (begin + part * LARGEST)[:LARGEST]
        begun = time.perf_counter()
        assert read(sent) is None
        assert time.perf_counter() - begun < 1
