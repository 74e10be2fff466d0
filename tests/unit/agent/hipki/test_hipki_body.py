"""The body of an old page's request: every way in which clients write it, and nothing but OldError for the rest."""

import json
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent.web.hipki.body import MAX_BODY, decode
from agent.web.hipki.codes import Major, OldError

SAMPLES = (
    "12+4%25& 中",
    "a+b%&= 中文",
    'say "hi"',
    "one\ntwo\r\n\tthree",
    "C:\\temp\\new",
    "{}[]:,",
    "100%",
    "𠮷野家 🙂",
    "",
    "TBS",
)
# Text as pages can write it: no lone surrogates, for which encodeURIComponent fails, and no NUL.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
Client = Callable[[dict[str, str]], str]


def encoded(value: str) -> str:
    """As encodeURIComponent of JavaScript does it."""
    return quote(value, safe="!'()*-._~")


def text_of(fields: dict[str, str]) -> str:
    """As JSON.stringify of JavaScript does it."""
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


def values_encoded(fields: dict[str, str]) -> str:
    """The clients that call encodeURIComponent on each value."""
    return text_of({name: encoded(value) for name, value in fields.items()})


def plus_encoded(fields: dict[str, str]) -> str:
    """The clients that write %2B for + in the whole JSON."""
    return text_of(fields).replace("+", "%2B")


def whole_encoded(fields: dict[str, str]) -> str:
    """The clients that encode the whole JSON."""
    return encoded(text_of(fields))


def not_encoded(fields: dict[str, str]) -> str:
    """The clients that encode nothing."""
    return text_of(fields)


def has_escape(fields: dict[str, str]) -> bool:
    """Whether a value holds what looks encoded: clients that do not encode it break there (hipki.md, 1.1)."""
    return any(len(part) > 1 and all(c in "0123456789abcdefABCDEF" for c in part[:2]) for part in escapes(fields))


def escapes(fields: dict[str, str]) -> list[str]:
    """What follows each percent sign."""
    return [part[:2] for value in fields.values() for part in value.split("%")[1:]]


@pytest.mark.parametrize("prefix", ["tbsPackage=", ""])
@pytest.mark.parametrize("client", [values_encoded, whole_encoded])
@pytest.mark.parametrize("value", SAMPLES)
def test_text_of_clients_that_encode_comes_through(value: str, client: Client, prefix: str) -> None:
    fields = {"func": "MakeSignature", "tbs": value, "pin": value}
    assert decode((prefix + client(fields)).encode()) == fields


@pytest.mark.parametrize("client", [plus_encoded, not_encoded])
@pytest.mark.parametrize("value", [value for value in SAMPLES if "%25" not in value])
def test_text_of_other_clients_comes_through(value: str, client: Client) -> None:
    fields = {"func": "MakeSignature", "tbs": value, "pin": value}
    assert decode(b"tbsPackage=" + client(fields).encode()) == fields


@given(st.dictionaries(texts, texts, max_size=5), st.sampled_from([values_encoded, whole_encoded]))
def test_any_text_of_clients_that_encode_comes_through(fields: dict[str, str], client: Client) -> None:
    assert decode(b"tbsPackage=" + client(fields).encode()) == fields


@given(
    st.dictionaries(st.sampled_from(["tbs", "pin", "nonce"]), texts).filter(lambda fields: not has_escape(fields)),
    st.sampled_from([plus_encoded, not_encoded]),
)
@example({"tbs": "%2\N{FULLWIDTH DIGIT ONE}"}, not_encoded)
def test_any_text_without_escapes_of_other_clients_comes_through(fields: dict[str, str], client: Client) -> None:
    assert decode(b"tbsPackage=" + client(fields).encode()) == fields


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("%252B", "%2B"),
        ("a+b", "a+b"),
        ("%", "%"),
        ("%4", "%4"),
        ("%zz%41", "%zzA"),
        ("%FF", "%FF"),
        ("%E4%B8", "%E4%B8"),
        ("%ed%a0%80", "%ed%a0%80"),
        ("%c0%80", "%c0%80"),
        ("%e4%B8%Ad", "中"),
    ],
)
def test_percent_is_decoded_exactly_once_and_what_is_no_escape_stays(written: str, meant: str) -> None:
    assert decode(f'tbsPackage={{"tbs":"{written}"}}'.encode()) == {"tbs": meant}


@pytest.mark.parametrize("body", [b"", b"tbsPackage=", b"  \r\n", b"tbsPackage= "])
def test_body_without_text_has_no_fields(body: bytes) -> None:
    assert decode(body) == {}


@pytest.mark.parametrize("content", ['","pin":"123456', '"}', '\\","slotDescription":"x', '","tbs":"other'])
def test_content_cannot_bring_fields_of_its_own(content: str) -> None:
    # The portal encodes what a person has written: decoding before parsing would read it as JSON.
    assert decode(f"tbsPackage={values_encoded({'tbs': content})}".encode()) == {"tbs": content}


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"12",
        b"undefined",
        b"{} {}",
        b'{"a":1,"a":2}',
        b'{"a":{"b":1,"b":2}}',
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b'{"a":1' + b"0" * 5000 + b"}",
        b'{"a":"\0"}',
        b'{"a":"\\u0000"}',
        b'{"a":"%00"}',
        b'{"a":"\\ud800"}',
        b'{"\\udfff":"a"}',
        b'{"a":"\n"}',
        b'\xef\xbb\xbf{"a":"b"}',
        b'{"a":"\xff"}',
        b'{"a":"\xed\xa0\x80"}',
        b'{"a":' * 100_000,
        b"[" * 500_000,
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b"tbsPackage=tbsPackage={}",
        b"tbspackage={}",
        encoded('{"a":1,"a":2}').encode(),
        encoded("[1]").encode(),
    ],
    ids=lambda body: body[:24].decode("latin-1"),
)
def test_anything_but_one_object_of_text_is_bad_json(body: bytes) -> None:
    with pytest.raises(OldError) as caught:
        decode(body)
    assert (caught.value.ret_code, caught.value.failure) == (Major.BAD_JSON, "request_malformed")


def test_body_is_as_large_as_a_whole_content_that_is_encoded() -> None:
    content = "&" * (1024 * 1024)
    body = b"tbsPackage=" + values_encoded({"func": "MakeSignature", "tbs": content, "pin": "12345678"}).encode()
    assert decode(body)["tbs"] == content
    with pytest.raises(OldError) as caught:
        decode(b" " * (MAX_BODY + 1))
    assert caught.value.ret_code == Major.TOO_LARGE


@pytest.mark.parametrize(
    ("unit", "meant"),
    [
        ("%41", "A"),
        ("%", "%"),
        ("%FF", "%FF"),
        ("%4", "%4"),
        ("a%41", "aA"),
        ("\\u0025", "%"),
        ("%22,%22a%22:", '","a":'),
    ],
)
def test_largest_body_takes_no_more_time_than_its_length(unit: str, meant: str) -> None:
    # Squared, its three million characters would take longer than a test may.
    count = MAX_BODY // len(unit) - 10
    text = decode(f'{{"tbs":"{unit * count}"}}'.encode())["tbs"]
    assert isinstance(text, str)
    assert (len(text), text[-20:]) == (len(meant) * count, (meant * 20)[-20:])


pieces = st.sampled_from(
    [b"{", b"}", b"[", b'"', b'"a"', b":", b",", b"\\", b"\\ud800", b"%22", b"%E4", b"\xe4", b"1", b" "]
)


@given(st.binary(max_size=200) | st.lists(pieces, max_size=30).map(b"".join))
def test_any_bytes_are_fields_or_bad_json(body: bytes) -> None:
    try:
        fields = decode(b"tbsPackage=" + body)
    except OldError as error:
        fields = _none_if_bad_json(error)
    # No half of a surrogate pair: every text can be written down again.
    assert "\0" not in "".join(
        text for item in fields.items() for text in item if isinstance(text, str) and text.encode()
    )


def _none_if_bad_json(error: OldError) -> dict[str, object]:
    if error.ret_code is not Major.BAD_JSON:
        raise error
    return {}


def test_error_says_nothing_of_the_body() -> None:
    with pytest.raises(OldError) as caught:
        decode(b'{"pin":"246813","pin":"246813"}')
    assert "246813" not in repr(caught.value) + str(caught.value)
    assert caught.value.__cause__ is None
