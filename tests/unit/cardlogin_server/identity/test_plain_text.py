"""Free text: every character of it is seen, and in the order it is stored in."""

import sys
import unicodedata

import pytest

from cardlogin_server.identity.identifiers.plain_text import Unfit, UnfitText, plain_text

BLANKS = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0\ufffc\ufffd\u1680\U0001d159"


def _all_of(*categories: str) -> list[str]:
    return [one for one in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(one) in categories]


def _refused(text: str) -> Unfit | None:
    try:
        plain_text(text)
    except UnfitText as error:
        return error.reason
    return None


@pytest.mark.parametrize("category", ["Cc", "Cf", "Cs", "Zl", "Zp"])
def test_a_whole_category_is_refused(category: str) -> None:
    found = _all_of(category)
    assert found
    assert [one for one in found if _refused(f"王{one}明") is not Unfit.INVISIBLE] == []


def test_private_use_has_a_reason_of_its_own() -> None:
    assert [one for one in _all_of("Co") if _refused(f"王{one}明") is not Unfit.PRIVATE_USE] == []


def test_unassigned_is_refused_but_where_unicode_adds_ideographs() -> None:
    passed = [one for one in _all_of("Cn") if _refused(f"王{one}明") is not Unfit.INVISIBLE]
    assert passed
    assert all(0x20000 <= ord(one) < 0x40000 and ord(one) & 0xFFFE != 0xFFFE for one in passed)


@pytest.mark.parametrize("blank", BLANKS, ids=[f"U+{ord(one):04X}" for one in BLANKS])
def test_letters_that_show_nothing(blank: str) -> None:
    assert _refused(f"王{blank}明") is Unfit.INVISIBLE


@pytest.mark.parametrize("text", ["\u0301a", "a" + "\u0301\u0316" * 3, "\ufe0f", " \u0301"])
def test_marks_without_or_without_end(text: str) -> None:
    assert _refused(text) is Unfit.MARKS


@pytest.mark.parametrize(
    ("text", "form"),
    [("  小\u3000\u00a0明 ", "小 明"), ("", ""), ("Nguyễn Thị", "Nguyễn Thị"), ("أحمد", "أحمد"),
     ("葛\U000e0100", "葛\U000e0100"),
     ("\U00031350", "\U00031350"), ("\U0002ebf0", "\U0002ebf0"), ("😀", "😀"), ("中正路１２號", "中正路12號")],
)  # fmt: skip
def test_what_people_write(text: str, form: str) -> None:
    assert plain_text(text) == form
