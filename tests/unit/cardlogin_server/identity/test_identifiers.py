"""Taiwan's identifiers with the computed values of the specification."""

from datetime import date

import pytest

from cardlogin_server.identity.identifiers.agency_oid import is_agency_oid, name_of
from cardlogin_server.identity.identifiers.business_number import digit_sum, is_business_number, was_business_number
from cardlogin_server.identity.identifiers.national_id import Gender, checksum, gender_of_national_id, is_national_id
from cardlogin_server.identity.identifiers.normal_form import normal_form
from cardlogin_server.identity.identifiers.resident_id import (
    gender_of_resident_id,
    is_new_resident_id,
    is_old_resident_id,
    is_resident_id,
    looks_like_permit_number,
)

TODAY = date(2026, 11, 1)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("A123456789", "A123456789"),
        (" a12345678９ ", "A123456789"),
        ("Ａ１２３４５６７８９", "A123456789"),
        ("a12-345 678-9", "A123456789"),
        ("\u3000A12345–6789\t", "A123456789"),
    ],
)
def test_normal_form(text: str, normal: str) -> None:
    assert normal_form(text) == normal
    assert normal_form(normal) == normal


NATIONAL = {
    "A123456789": 130, "A223456781": 130, "A100000001": 10, "A200000003": 20, "F131495286": 170, "B287654326": 200,
    "W100000001": 30, "Z100000002": 40, "I100000003": 50, "O200000006": 70, "L100000000": 10, "Y100000000": 20,
}  # fmt: skip


@pytest.mark.parametrize(("number", "total"), NATIONAL.items())
def test_national_id(number: str, total: int) -> None:
    assert is_national_id(number)
    assert checksum(number[0], number[1:]) == total
    assert gender_of_national_id(number) is (Gender.MALE if number[1] == "1" else Gender.FEMALE)


@pytest.mark.parametrize(
    "number",
    [
        "A123456788", "Z199999999", "A023456789", "A323456789", "1123456789", "A12345678", "A1234567890",
        "A12345678９", "a123456789", "A123456789\n", " A123456789", "", "A800000005", "é123456789",
    ],
)  # fmt: skip
def test_what_is_no_national_id(number: str) -> None:
    assert not is_national_id(number)
    with pytest.raises(ValueError, match="national"):
        gender_of_national_id(number)


def test_sums_of_wrong_national_ids() -> None:
    assert checksum("A", "123456788") == 129
    assert checksum("Z", "199999999") == 299


def test_every_letter_has_one_right_check_digit() -> None:
    for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        assert sum(is_national_id(f"{letter}12345678{digit}") for digit in range(10)) == 1


NEW = {
    "A800000005": 70, "A900000007": 80, "F800123455": 150, "H970000014": 190, "E880000012": 160, "B990000014": 150,
}  # fmt: skip
OLD = {
    "AA00000009": 10, "AB00000001": 10, "AC00000003": 20, "AD00000005": 30, "FA12345670": 130, "HC01234564": 140,
    "ED76543219": 210, "IC10203045": 90, "WD00000014": 50,
}  # fmt: skip


@pytest.mark.parametrize(("number", "total"), NEW.items())
def test_new_resident_id(number: str, total: int) -> None:
    assert checksum(number[0], number[1:]) == total
    assert is_new_resident_id(number)
    assert not is_old_resident_id(number)
    assert is_resident_id(number, date(2040, 1, 1))
    assert gender_of_resident_id(number) is (Gender.MALE if number[1] == "8" else Gender.FEMALE)


@pytest.mark.parametrize(("number", "total"), OLD.items())
def test_old_resident_id(number: str, total: int) -> None:
    assert checksum(number[0], f"{'ABCD'.index(number[1])}{number[2:]}") == total
    assert is_old_resident_id(number)
    assert not is_new_resident_id(number)
    assert gender_of_resident_id(number) is (Gender.MALE if number[1] in "AC" else Gender.FEMALE)


def test_old_resident_ids_end_with_2030() -> None:
    for number in OLD:
        assert is_resident_id(number, date(2030, 12, 31))
        assert not is_resident_id(number, date(2031, 1, 1))


@pytest.mark.parametrize(
    "number", ["A800000004", "A900000008", "AA00000008", "AE00000009", "A123456789", "AAA0000009", "123456789012", ""]
)
def test_what_is_no_resident_id(number: str) -> None:
    assert not is_resident_id(number, TODAY)
    with pytest.raises(ValueError, match="resident"):
        gender_of_resident_id(number)


def test_permit_number_is_known_for_the_hint() -> None:
    assert looks_like_permit_number("123456789012")
    assert not looks_like_permit_number("A800000005")


BUSINESS = [
    ("04595257", 40, True, True), ("10458575", 30, True, True), ("19312376", 39, True, True),
    ("12345675", 39, True, True), ("12345676", 40, True, True), ("22099131", 30, True, True),
    ("04595252", 35, False, True), ("10458570", 25, False, True), ("12345670", 34, False, True),
    ("12345671", 35, False, True), ("10000000", 1, False, False), ("10000003", 4, False, False),
    ("20000070", 12, False, False),
]  # fmt: skip


@pytest.mark.parametrize(("number", "total", "old", "new"), BUSINESS)
def test_business_number(number: str, total: int, old: bool, new: bool) -> None:
    assert digit_sum(number) == total
    assert was_business_number(number) is old
    assert is_business_number(number) is new


@pytest.mark.parametrize(
    "number", ["00000000", "1045857", "104585750", "1045857A", "１０４５８５７５", "", "10458575\n"]
)
def test_what_is_no_business_number(number: str) -> None:
    assert not is_business_number(number)
    assert not was_business_number(number)


def test_every_old_business_number_passes_the_new_rule() -> None:
    for number in range(0, 100_000_000, 9_973):
        text = f"{number:08}"
        assert is_business_number(text) or not was_business_number(text)


@pytest.mark.parametrize("oid", ["2.16.886.101.20003.20001.20003", "2.16.886.101.20003.20022", "2.16.886.0"])
def test_agency_oid(oid: str) -> None:
    assert is_agency_oid(oid)


@pytest.mark.parametrize(
    "oid", ["2.16.886", "2.16.886.", "2.16.886.01", "2.16.887.1", "12.16.886.1", "2.16.886.1..2", "2.16.886.１", ""]
)
def test_what_is_no_agency_oid(oid: str) -> None:
    assert not is_agency_oid(oid)


def test_agency_is_named_by_the_longest_match() -> None:
    names = {"2.16.886.101.20003": "行政院", "2.16.886.101.20003.20001": "內政部"}
    assert name_of("2.16.886.101.20003.20001.20003", names) == "內政部"
    assert name_of("2.16.886.101.20003.20022", names) == "行政院"
    assert name_of("2.16.886.101.200031", names) is None
