"""What is signed, made fit to be shown: nothing in it moves, hides or fakes anything, and it is never endless."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.card.harmless import LONGEST, harmless_lines
from agent.card.old_asks import CmsAsk, DecryptAsk, ListAsk, OldAsk, Pkcs1Ask, RawAsk, SiteAsk
from agent.card.prompts.content_text import (
    Caution,
    Content,
    Form,
    cautions_of,
    content_of,
    digest_of,
    quoted,
)

SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")
SHA1 = bytes.fromhex("3021300906052b0e03021a05000414")
ODD = st.sampled_from("\u202e\u2066\u200b\ufeff\x00\x1b\r\n\t\u2028\u0301\u0489\U000e0041\u3164\ud7ff中a|")


def shown(content: bytes) -> Content:
    """What is shown of a signature's content."""
    made = content_of(OldAsk(CmsAsk(content)))
    assert made is not None
    return made


def cautions(content: bytes, *, repeated: bool = False) -> tuple[Caution, ...]:
    """What is said of it."""
    return cautions_of(OldAsk(CmsAsk(content), repeated=repeated))


@given(st.text() | st.text(ODD, max_size=50))
def test_text_of_any_kind_becomes_harmless(text: str) -> None:
    for line in harmless_lines(text).split("\n"):
        marks = 2
        for character in line:
            category = unicodedata.category(character)
            assert category[0] != "C"
            assert category not in ("Zl", "Zp")
            marks = marks + 1 if category in ("Mn", "Me") else 0
            assert marks <= 2


@given(
    st.text(st.characters(categories=["L", "N", "P", "S", "Zs"], exclude_characters="\u115f\u1160\u2800\u3164\uffa0"))
)
def test_ordinary_text_is_shown_as_it_is(text: str) -> None:
    assert harmless_lines(text) == text


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u2028", "\u2029", "\x85", "\v", "\f"])
def test_every_end_of_a_line_is_one(end: str) -> None:
    assert harmless_lines(f"a{end}b") == "a\nb"


def test_direction_marks_are_seen() -> None:
    assert harmless_lines("pay \u202e001 NTD") == "pay \ufffd001 NTD"
    assert harmless_lines("a\tb\u200bc\x1b[2J") == "a    b\ufffdc\ufffd[2J"


def test_marks_at_the_beginning_of_a_line_do_not_sit_on_the_line_above() -> None:
    assert harmless_lines("\u0301a\n\u0301b") == "a\nb"
    assert harmless_lines("a" + "\u0301" * 50) == "a\u0301\u0301"


def test_mebibyte_of_text_is_cut_and_counted() -> None:
    made = shown("中a".encode() * 2**18)
    assert (made.form, made.size, len(made.shown), made.cut) == (Form.TEXT, 2**19, LONGEST, True)
    assert not shown(b"a" * LONGEST).cut


def test_hundred_thousand_line_breaks() -> None:
    made = shown(b"\n" * 100_000)
    assert (made.size, made.shown.count("\n"), made.cut) == (100_000, LONGEST, True)
    assert list(quoted(made.shown)) == ["│ "] * 8 + ["│ …"]


@pytest.mark.parametrize("content", [b"\xff\xfe", b"\xc3", "中".encode("utf-16"), b"\xed\xa0\x80"])
def test_what_is_no_text_is_shown_by_its_digest(content: bytes) -> None:
    made = shown(content)
    assert (made.form, made.size, made.method) == (Form.BINARY, len(content), "SHA-256")
    assert len(bytes.fromhex(made.shown)) == 32


def test_empty() -> None:
    assert shown(b"") == Content(Form.EMPTY, 0)


def test_other_kinds_of_work() -> None:
    assert content_of(OldAsk(Pkcs1Ask(b"a"))) == Content(Form.TEXT, 1, "a")
    assert content_of(OldAsk(DecryptAsk(bytes(256)))) == Content(Form.CIPHER, 256)
    assert content_of(OldAsk(RawAsk(SHA1 + bytes(20)))) == Content(Form.DIGEST, 20, " ".join(["00000000"] * 5), "SHA-1")
    assert content_of(OldAsk(ListAsk())) is None
    assert content_of(OldAsk(SiteAsk())) is None


@pytest.mark.parametrize("info", [b"", SHA256, SHA256 + bytes(31), SHA256 + bytes(33), bytes(32), b"0" + SHA256])
def test_digest_in_another_shape_has_no_method_and_is_shown_whole(info: bytes) -> None:
    assert digest_of(info) == ("", info)


@pytest.mark.parametrize(
    "content", [b"", b"TBS", b"tbs", b" TBS\r\n", b" \n", "T\u200bBS\u3000".encode(), b"TBS" + b" " * 2**20]
)
def test_constant_content_is_warned_of(content: bytes) -> None:
    assert cautions(content) == (Caution.FIXED,)
    assert cautions(content, repeated=True) == (Caution.FIXED,)


@pytest.mark.parametrize("content", [b"TBS 2026-07-31", b"1", b"x" * 2**20, b"\xff", "，".encode()])
def test_other_content_is_not(content: bytes) -> None:
    assert cautions(content) == ()
    assert cautions(content, repeated=True) == (Caution.REPEATED,)


def test_several_warnings() -> None:
    assert cautions_of(OldAsk(CmsAsk(b"TBS", "sha1"))) == (Caution.OLD_DIGEST, Caution.FIXED)
    assert cautions_of(OldAsk(Pkcs1Ask(b"x", "sha1"), repeated=True)) == (Caution.OLD_DIGEST, Caution.REPEATED)
    assert cautions_of(OldAsk(RawAsk(SHA1 + bytes(20)))) == (Caution.OLD_DIGEST,)
    assert cautions_of(OldAsk(RawAsk(SHA256 + bytes(32)), repeated=True)) == (Caution.REPEATED,)
    assert cautions_of(OldAsk(DecryptAsk(b""), repeated=True)) == ()


@given(st.text(max_size=300))
def test_quoted_lines_are_marked_short_and_few(text: str) -> None:
    lines = list(quoted(harmless_lines(text)))
    assert len(lines) <= 9
    assert all(line.startswith("│ ") and len(line) <= 58 for line in lines)


def test_quoted_long_line_goes_on_behind_the_bar() -> None:
    lines = list(quoted("中" * 60))
    assert lines == ["│ " + "中" * 28, "│ " + "中" * 28, "│ " + "中" * 4]
    assert list(quoted("")) == []
