"""Token texts that are nearly right."""

import json
from collections.abc import Callable
from types import MappingProxyType

import pytest

from cardlogin_server.answers.token import ALGORITHMS, parse_token
from cardlogin_server.failures import AlgorithmMismatch, TokenMalformed
from tests.unit.cardlogin_server.pki import issue
from tests.unit.cardlogin_server.site import make_fields

CHALLENGE = "x" * 44 + ".login"
Fields = dict[str, object]


def good() -> Fields:
    return dict(make_fields(issue(), CHALLENGE))


def test_good_token() -> None:
    token = parse_token(json.dumps(good()))
    assert token.algorithm == "RS256"
    assert token.unverified_certificate == issue().der
    assert len(token.signature) == 256


@pytest.mark.parametrize("algorithm", sorted(ALGORITHMS))
def test_algorithm_on_the_list(algorithm: str) -> None:
    assert parse_token(json.dumps(good() | {"algorithm": algorithm})).algorithm == algorithm


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS1", "rs256", "RS256 ", "ES256K", "EdDSA", ""])
def test_algorithm_not_on_the_list(algorithm: str) -> None:
    with pytest.raises(AlgorithmMismatch):
        parse_token(json.dumps(good() | {"algorithm": algorithm}))


@pytest.mark.parametrize(
    "version", ["web-eid:10.0", "web-eid:1", "web-eid:1.1", "web-eid:2.0", "web-eid:1.0 ", "WEB-EID:1.0", ""]
)
def test_other_format(version: str) -> None:
    with pytest.raises(TokenMalformed):
        parse_token(json.dumps(good() | {"format": version}))


@pytest.mark.parametrize("name", ["unverifiedCertificate", "algorithm", "signature", "format", "appVersion"])
@pytest.mark.parametrize("value", [None, 5, True, [], {}, ["RS256"], ""])
def test_field_of_another_type_or_empty(name: str, value: object) -> None:
    with pytest.raises((TokenMalformed, AlgorithmMismatch)):
        parse_token(json.dumps(good() | {name: value}))


def test_missing_app_version() -> None:
    fields = good()
    del fields["appVersion"]
    with pytest.raises(TokenMalformed):
        parse_token(json.dumps(fields))


@pytest.mark.parametrize("name", ["challenge", "unverifiedSigningCertificates", "", "Format"])
def test_extra_field(name: str) -> None:
    with pytest.raises(TokenMalformed):
        parse_token(json.dumps(good() | {name: "x"}))


@pytest.mark.parametrize("name", ["algorithm", "format"])
def test_duplicate_key_even_with_the_same_value(name: str) -> None:
    fields = good()
    text = json.dumps(fields)
    doubled = text[:-1] + f', "{name}": {json.dumps(fields[name])}}}'
    with pytest.raises(TokenMalformed):
        parse_token(doubled)


def test_duplicate_key_in_another_spelling() -> None:
    with pytest.raises(TokenMalformed):
        parse_token(json.dumps(good())[:-1] + r', "form\u0061t": "web-eid:1.0"}')


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda text: text.rstrip("="), id="no_padding"),
        pytest.param(lambda text: text + "=", id="more_padding"),
        pytest.param(lambda text: text + "\n", id="line_end"),
        pytest.param(lambda text: " " + text, id="blank"),
        pytest.param(lambda text: text[:40] + "\n" + text[40:], id="broken_lines"),
        pytest.param(lambda text: text.replace("/", "_").replace("+", "-"), id="url_alphabet"),
        pytest.param(lambda text: text[:-1], id="cut_off"),
        pytest.param(lambda text: text + "AAAA", id="after_the_padding"),
        pytest.param(lambda text: "ａ" + text[1:], id="full_width"),
        pytest.param(lambda _: "AB==", id="bits_beyond_the_end"),
    ],
)
def test_base64_not_canonical(spoil: Callable[[str], str]) -> None:
    fields = make_fields(issue(), CHALLENGE)
    assert fields["signature"].endswith("==")
    assert set("/+") & set(fields["signature"])
    with pytest.raises(TokenMalformed):
        parse_token(json.dumps(fields | {"signature": spoil(fields["signature"])}))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "x" * 99,
        "x" * 100,
        " " * 5000,
        "null" + " " * 200,
        "[" * 9_999,
        '{"a":' * 1_900,
        "1" * 9_999,
        '"' + "x" * 200 + '"',
        "\ud800" * 200,
        "\0" * 200,
        "{}" + "{}" * 100,
    ],
)
def test_text_that_is_no_token(text: str) -> None:
    with pytest.raises(TokenMalformed):
        parse_token(text)


def test_mapping_is_as_good_as_its_text() -> None:
    assert parse_token(MappingProxyType(good())) == parse_token(json.dumps(good()))


@pytest.mark.parametrize("value", [None, 5, True, [], ["x"] * 100, {}, 1.5, b"x" * 200])
def test_neither_text_nor_a_token(value: object) -> None:
    with pytest.raises(TokenMalformed):
        parse_token(value)


@pytest.mark.parametrize(
    ("name", "value"), [("signature", 5), ("signature", b"x"), ("extra", "x"), (5, "x"), ("format", {}), ((), "x")]
)
def test_mapping_with_other_content(name: object, value: object) -> None:
    fields = dict[object, object](good().items())
    fields[name] = value
    with pytest.raises(TokenMalformed):
        parse_token(fields)


def test_mapping_that_holds_itself() -> None:
    fields = good()
    fields["signature"] = fields
    with pytest.raises(TokenMalformed):
        parse_token(fields)


def test_mapping_beyond_ten_thousand_characters() -> None:
    with pytest.raises(TokenMalformed):
        parse_token(good() | {"unverifiedCertificate": "A" * 10_000})


def test_text_of_ten_thousand_characters_and_one_more() -> None:
    text = json.dumps(good())
    longest = text + " " * (10_000 - len(text))
    assert parse_token(longest).algorithm == "RS256"
    with pytest.raises(TokenMalformed):
        parse_token(longest + " ")


def test_app_version_too_long() -> None:
    assert parse_token(json.dumps(good() | {"appVersion": "v" * 255})).algorithm == "RS256"
    with pytest.raises(TokenMalformed):
        parse_token(json.dumps(good() | {"appVersion": "v" * 256}))


def test_byte_order_mark() -> None:
    with pytest.raises(TokenMalformed):
        parse_token("\ufeff" + json.dumps(good()))
