"""The strict DER reader, against good and bad bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardlogin_server.certificates.directory_attributes import AttributesMalformed, Value, read_attributes
from tests.unit.cardlogin_server.pki import CITIZEN_ATTRIBUTES, attribute, attributes, der, oid, utf8

KIND = "2.16.886.1.100.2.51"


def test_citizen_attributes() -> None:
    found = read_attributes(CITIZEN_ATTRIBUTES)
    assert found["2.16.886.1.100.2.1"].oid() == "2.16.886.1.100.3.1.1"
    assert found[KIND].text() == "6789"


@pytest.mark.parametrize("length", [0, 1, 127, 128, 255, 256, 1_000])
def test_every_form_of_length(length: int) -> None:
    text = "x" * length
    assert read_attributes(attributes(attribute(KIND, utf8(text))))[KIND].text() == text


@pytest.mark.parametrize("dotted", ["0.9", "1.39", "2.5.29.9", "2.16.886.1.100.3.2.2.1.1", "2.999.1", "1.2.840.113549"])
def test_object_identifiers(dotted: str) -> None:
    assert list(read_attributes(attributes(attribute(dotted, utf8("x"))))) == [dotted]


ONE = attribute(KIND, utf8("6789"))


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\x30", id="tag_alone"),
        pytest.param(b"\x30\x80\0\0", id="indefinite_length"),
        pytest.param(b"\x30\x81" + bytes((len(ONE),)) + ONE, id="length_longer_than_needed"),
        pytest.param(b"\x30\x82\0" + bytes((len(ONE),)) + ONE, id="length_with_leading_zero"),
        pytest.param(b"\x30\x84\xff\xff\xff\xff", id="length_of_four_bytes"),
        pytest.param(b"\x30\x82\x01", id="length_cut_off"),
        pytest.param(b"\x30\xff" + ONE, id="length_reserved"),
        pytest.param(attributes(ONE)[:-1], id="cut_off"),
        pytest.param(attributes(ONE) + b"\0", id="left_over"),
        pytest.param(der(0x31, ONE), id="set_instead_of_sequence"),
        pytest.param(attributes(ONE, ONE), id="attribute_twice"),
        pytest.param(attributes(der(0x30, oid(KIND), der(0x31))), id="no_value"),
        pytest.param(attributes(der(0x30, oid(KIND), der(0x31, utf8("1"), utf8("2")))), id="two_values"),
        pytest.param(attributes(der(0x30, oid(KIND))), id="no_set"),
        pytest.param(attributes(der(0x30, utf8("x"), der(0x31, utf8("1")))), id="no_identifier"),
        pytest.param(attributes(der(0x30, oid(KIND), der(0x31, utf8("1")), b"\x05\0")), id="left_over_inside"),
        pytest.param(attributes(der(0x30, der(0x06), der(0x31, utf8("1")))), id="empty_identifier"),
        pytest.param(attributes(der(0x30, der(0x06, b"\x60\x86"), der(0x31, utf8("1")))), id="identifier_cut_off"),
        pytest.param(attributes(der(0x30, der(0x06, b"\x60\x80\x01"), der(0x31, utf8("1")))), id="identifier_padded"),
        pytest.param(attributes(der(0x30, oid(KIND), der(0x31, b"\x1f\x81\x01\0"))), id="long_tag"),
        pytest.param(attributes(attribute(KIND, utf8("x" * 2_048))), id="too_long"),
    ],
)
def test_bad_bytes(bad: bytes) -> None:
    with pytest.raises(AttributesMalformed):
        read_attributes(bad)


@pytest.mark.parametrize(
    "value", [Value(0x0C, b"\xff"), Value(0x13, b"\xe4"), Value(0x06, b"\x55"), Value(0x1E, b"ab")]
)
def test_value_that_is_no_text(value: Value) -> None:
    with pytest.raises(AttributesMalformed):
        value.text()


def test_value_that_is_no_identifier() -> None:
    with pytest.raises(AttributesMalformed):
        Value(0x0C, b"\x55").oid()


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        read_attributes(content)
    except AttributesMalformed:
        return


@given(st.lists(st.integers(0, 2**70), min_size=1, max_size=8))
def test_identifiers_of_any_size(arcs: list[int]) -> None:
    dotted = "2.16." + ".".join(str(arc) for arc in arcs)
    assert list(read_attributes(attributes(attribute(dotted, utf8("x"))))) == [dotted]
