"""How an origin is shown: whole, readable, and with a warning when it can pass for another."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.callers import MAX_ORIGIN
from agent.card.prompts.origin_text import Remark, domain_place, origin_text, pieces


def in_ascii(name: str) -> str:
    """A host name as browsers send it."""
    labels = (
        label if label.isascii() else f"xn--{label.encode('punycode').decode('ascii')}" for label in name.split(".")
    )
    return f"https://{'.'.join(labels)}"


@pytest.mark.parametrize("origin", ["https://portal.example", "https://portal.example:8443", "https://a-b.example"])
def test_usual_origin_is_shown_as_it_is(origin: str) -> None:
    shown = origin_text(origin)
    assert (shown.origin, shown.readable, shown.remark) == (origin, "", Remark.NONE)


@pytest.mark.parametrize(
    "name",
    ["中文.example", "臺灣.example", "bücher.example", "日本の.example", "ひらがなカナ漢字.example",
     "москва.example", "ελλάδα.example", "한국.example", "台灣portal.example", "ㄅㄆㄇ中文.example"],
)  # fmt: skip
def test_name_in_other_letters_is_shown_beside_its_punycode(name: str) -> None:
    origin = in_ascii(name)
    shown = origin_text(origin)
    assert shown.origin == origin
    assert shown.readable == name
    assert shown.remark is Remark.FOREIGN_LETTERS


@pytest.mark.parametrize(
    "name",
    ["аррӏе.example",  # Cyrillic only, spells apple
     "pаypal.example",  # one Cyrillic letter among Latin ones
     "ѕсоре.example",
     "gοogle.example",  # a Greek omicron
     "αβε.example",
     "paypaı.example",  # a dotless i
     "portalノlogin.example",  # a Katakana no looks like a slash
     "bank・tw.example",
     "москваbank.example",
     "中文бank.example",
     "ー.example",
     "օօօ.example"],  # Armenian
)  # fmt: skip
def test_name_that_can_pass_for_another_is_warned_of(name: str) -> None:
    shown = origin_text(in_ascii(name))
    assert shown.remark is Remark.LOOK_ALIKE
    assert shown.readable == name


@pytest.mark.parametrize(
    "label",
    ["xn--99999999999", "xn--", "xn---", "xn--abc-", "xn--a", "xn--zca\u00e9",
     "xn--" + "ﬀ".encode("punycode").decode(),  # a ligature: not what IDNA writes
     "xn--" + "Ä".encode("punycode").decode(),  # a capital
     "xn--" + "a\u200db".encode("punycode").decode(),  # joined by nothing visible
     "xn--" + "a\u202eb".encode("punycode").decode(),  # turns the reading direction
     "xn--" + "a／b".encode("punycode").decode()],  # a full-width slash
)  # fmt: skip
def test_label_that_is_no_proper_name_is_shown_undecoded_with_a_warning(label: str) -> None:
    shown = origin_text(f"https://{label}.example")
    assert shown.readable == ""
    assert shown.remark is Remark.LOOK_ALIKE


@pytest.mark.parametrize(
    ("origin", "remark"),
    [
        ("http://localhost:8000", Remark.THIS_COMPUTER),
        ("https://localhost", Remark.THIS_COMPUTER),
        ("https://demo.localhost:8443", Remark.THIS_COMPUTER),
        ("http://127.0.0.1:8000", Remark.THIS_COMPUTER),
        ("https://[::1]:8443", Remark.THIS_COMPUTER),
        ("https://192.0.2.7", Remark.ADDRESS),
        ("https://[2001:db8::7]:8443", Remark.ADDRESS),
        ("http://portal.example", Remark.NOT_ENCRYPTED),
        ("https://localhost.example", Remark.NONE),
        ("https://127.0.0.1.example", Remark.NONE),
    ],
)
def test_addresses_and_developers_pages_are_marked(origin: str, remark: Remark) -> None:
    assert origin_text(origin).remark is remark


def test_longest_origin_is_shown_whole() -> None:
    origin = "https://" + ".".join(["a" * 60] * 4)
    assert len(origin) <= MAX_ORIGIN
    assert origin_text(origin).origin == origin


@given(st.text(max_size=80))
def test_any_text_is_shown_without_controls(text: str) -> None:
    shown = origin_text(f"https://{text}")
    assert len(shown.origin) == len(text) + len("https://")
    assert shown.origin.replace("\N{REPLACEMENT CHARACTER}", "").isascii()


@given(st.text(alphabet=st.characters(categories=("L", "N", "M", "C", "P", "S", "Z")), min_size=1, max_size=20))
def test_whatever_is_decoded_has_letters_and_digits_only(label: str) -> None:
    try:
        encoded = label.lower().encode("punycode").decode("ascii")
    except UnicodeError:
        return
    readable = origin_text(f"https://xn--{encoded}.example").readable.removesuffix(".example")
    assert all(unicodedata.category(character)[0] in "LMN" or character in "-・〇" for character in readable)


@pytest.mark.parametrize(
    ("origin", "domain"),
    [
        ("https://portal.example", "portal.example"),
        ("https://a.b.portal.example:8443", "portal.example"),
        ("https://service.moi.gov.tw", "moi.gov.tw"),
        ("https://shop.com.tw.example", "tw.example"),
        ("https://someone.github.io", "someone.github.io"),
        ("https://github.io", None),
        ("https://gov.tw", None),
        ("https://example", None),
        ("https://a.xn--fiq228c.xn--fiqs8s", "xn--fiq228c.xn--fiqs8s"),
        ("https://192.0.2.7", None),
        ("https://[2001:db8::1]:8443", None),
        ("https://localhost:8443", None),
        ("http://app.localhost:8000", None),
        ("https://[", None),
        ("https://por\u0442al.example", None),
    ],
)
def test_part_that_somebody_has_registered_is_found(origin: str, domain: str | None) -> None:
    place = domain_place(origin_text(origin))
    assert (None if place is None else origin[slice(*place)]) == domain


@given(st.text(max_size=MAX_ORIGIN) | st.from_regex(r"https://[a-z0-9.-]{1,60}(:[0-9]{1,5})?", fullmatch=True))
def test_pieces_are_the_whole_origin_and_a_place_is_inside_it(origin: str) -> None:
    shown = origin_text(origin)
    assert "".join(pieces(shown.origin)) == shown.origin
    place = domain_place(shown)
    assert place is None or 0 <= place[0] < place[1] <= len(shown.origin)


def test_line_may_end_between_labels_only() -> None:
    assert pieces("https://a.long-name.example:8443") == ["https://", "a.", "long-name.", "example:8443"]
