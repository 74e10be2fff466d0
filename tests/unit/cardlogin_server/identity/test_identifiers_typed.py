"""What else people type: dates, accounts, passwords, PINs, names, mail addresses, telephones, postcodes."""

from datetime import date

import pytest

from cardlogin_server.identity.identifiers import account, roc_calendar
from cardlogin_server.identity.identifiers.postcode import COUNTIES, county_form, is_postcode, postcode_fits_county
from cardlogin_server.identity.identifiers.telephone import (
    fits_numbering_plan,
    is_contact_number,
    is_extension,
    is_rescue_mobile,
    telephone_form,
)

TODAY = date(2026, 11, 1)


@pytest.mark.parametrize(
    ("roc", "day", "weekday"),
    [
        ((102, 12, 17), date(2013, 12, 17), "Tue"),
        ((101, 12, 3), date(2012, 12, 3), "Mon"),
        ((109, 7, 20), date(2020, 7, 20), "Mon"),
        ((109, 4, 30), date(2020, 4, 30), "Thu"),
        ((108, 7, 29), date(2019, 7, 29), "Mon"),
        ((1, 1, 1), date(1912, 1, 1), "Mon"),
        ((101, 2, 29), date(2012, 2, 29), "Wed"),
    ],
)
def test_roc_date(roc: tuple[int, int, int], day: date, weekday: str) -> None:
    assert roc_calendar.from_roc(*roc) == day
    assert roc_calendar.to_roc(day) == roc
    assert ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[day.weekday()] == weekday


@pytest.mark.parametrize("year", [101, 109, 113, 89])
def test_leap_year(year: int) -> None:
    assert roc_calendar.from_roc(year, 2, 29).day == 29


@pytest.mark.parametrize("roc", [(100, 2, 29), (102, 4, 31), (102, 13, 1), (0, 1, 1), (-1, 1, 1), (1000, 1, 1)])
def test_date_that_does_not_exist(roc: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match=r"day|month|year"):
        roc_calendar.from_roc(*roc)


def test_years_before_the_republic_only_when_asked_for() -> None:
    assert roc_calendar.from_roc(1, 6, 1, before_the_republic=True) == date(1911, 6, 1)
    assert roc_calendar.from_roc(11, 6, 1, before_the_republic=True) == date(1901, 6, 1)
    with pytest.raises(ValueError, match="first year"):
        roc_calendar.to_roc(date(1911, 12, 31))


@pytest.mark.parametrize(("roc", "text"), [((60, 1, 1), "600101"), ((100, 1, 1), "1000101"), ((5, 1, 1), "050101")])
def test_compact_date(roc: tuple[int, int, int], text: str) -> None:
    day = roc_calendar.from_roc(*roc)
    assert roc_calendar.compact(day) == text
    assert roc_calendar.from_compact(text) == day


@pytest.mark.parametrize("text", ["", "60011", "10001011", "600132", "６００１０１", "600101\n", "000101"])
def test_what_is_no_compact_date(text: str) -> None:
    with pytest.raises(ValueError, match=r"YYMMDD|day|year"):
        roc_calendar.from_compact(text)


def test_birthday_is_not_in_the_future() -> None:
    assert roc_calendar.birthday(115, 11, 1, TODAY) == TODAY
    with pytest.raises(ValueError, match="future"):
        roc_calendar.birthday(115, 11, 2, TODAY)


@pytest.mark.parametrize("text", ["clairesu1234", "a1234", "abcdefghijk1234", "Abcde"])
def test_account_name(text: str) -> None:
    assert account.is_account_name(text)


@pytest.mark.parametrize("text", ["a123", "abcdefghijkl1234", "1abcd", "ab_cd", "ａbcde", "abcde\n", ""])
def test_what_is_no_account_name(text: str) -> None:
    assert not account.is_account_name(text)


@pytest.mark.parametrize("text", ["abcd1234", "Abcd1234!@#$%^&"])
def test_egov_password(text: str) -> None:
    assert account.is_egov_password(text, "clairesu1234")


@pytest.mark.parametrize(
    "text", ["abcd123", "abcdefgh", "12345678", "Abcd1234!@#$%^&*", "abcd 1234", "ａbcd1234", "ClaireSu1234", ""]
)
def test_what_is_no_egov_password(text: str) -> None:
    assert not account.is_egov_password(text, "clairesu1234")


@pytest.mark.parametrize(
    ("text", "good"),
    [("600101", True), ("67890101", True), ("Ab12cd", True), ("12345", False), ("123456789", False),
     ("１２３４５６", False), ("123 456", False), (" 123456", False), ("123456\n", False)],
)  # fmt: skip
def test_card_pin(text: str, good: bool) -> None:
    assert account.is_card_pin(text) is good


def test_full_width_is_noticed() -> None:
    assert account.has_full_width("12３456")
    assert not account.has_full_width("123456 王")


@pytest.mark.parametrize(("text", "good"), [("aB3d", True), ("abc123", True), ("abc", False), ("a-bc", False)])
def test_captcha(text: str, good: bool) -> None:
    assert account.is_captcha_answer(text) is good


@pytest.mark.parametrize(
    ("text", "form"),
    [("王小明", "王小明"), (" 王小明\u3000", "王小明"), ("𠮷野", "𠮷野"), ("\U00031350明", "\U00031350明"),
     ("王\u3000小  明", "王 小 明"), ("葛\U000e0100城", "葛\U000e0100城"), ("ＡＢＣ", "ABC"),
     ("瓦歷斯·諾幹", "瓦歷斯·諾幹"), ("瓦歷斯‧諾幹", "瓦歷斯‧諾幹"), ("王" * 50, "王" * 50)],
)  # fmt: skip
def test_name(text: str, form: str) -> None:
    assert account.name_form(text) == form


@pytest.mark.parametrize("text", ["", " ", "王" * 51, "王\u202e小明", "王\n小明", "\ufdfa" * 10, "\ue000明"])
def test_what_is_no_name(text: str) -> None:
    with pytest.raises(ValueError, match="name"):
        account.name_form(text)


@pytest.mark.parametrize(
    ("text", "form"),
    [("Wang@Portal.Example", "wang@portal.example"), (" a+b@x.example ", "a+b@x.example"),
     ("a@入口.example", "a@xn--y5qq4d.example"), ("a@xn--y5qq4d.example", "a@xn--y5qq4d.example"),
     ("a@straße.example", "a@xn--strae-oqa.example"), ("a@STRASSE.example", "a@strasse.example"),
     ("a@ＰＯＲＴＡＬ．ｅｘａｍｐｌｅ", "a@portal.example"), ("a@portal\u3002example", "a@portal.example"),
     ("a@" + "d" * 63 + ".example", "a@" + "d" * 63 + ".example"), ("a@βόλος.example", "a@xn--nxasmm1c.example")],
)  # fmt: skip
def test_mail(text: str, form: str) -> None:
    assert account.mail_form(text) == form


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "@x.example",
        "a@",
        "a@b",
        "a b@x.example",
        "a@x..example",
        "a@@x.example",
        "a" * 250 + "@x.tw",
        "a@x.example.",
        "a@.example",
        "a@" + "d" * 64 + ".example",
        "a@" + "入" * 60 + ".example",
        "a@x_y.example",
        "a@-x.example",
        "a@xn--a.example",
        "a@x\u202e.example",
        "a@x\u200d.example",
        "a@\U0001f4a9.example",
        "a@" + "入口." * 100 + "example",
        "a@[127.0.0.1]",
        "a\u202eb@x.example",
        "a\n@x.example",
    ],
)
def test_what_is_no_mail(text: str) -> None:
    with pytest.raises(ValueError, match=r"address|text"):
        account.mail_form(text)


def test_two_domains_that_idna_2003_made_one_stay_apart() -> None:
    assert account.mail_form("a@faß.example") != account.mail_form("a@fass.example")


@pytest.mark.parametrize(("name", "mask"), [("lo123", "lo******"), ("clairesu1234", "cl******")])
def test_account_mask(name: str, mask: str) -> None:
    assert account.masked_account(name) == mask


@pytest.mark.parametrize(
    ("text", "good"),
    [("0911123456", True), ("0911-123456", False), ("911123456", False), ("09111234567", False), ("0811123456", False)],
)
def test_rescue_mobile(text: str, good: bool) -> None:
    assert is_rescue_mobile(text) is good


@pytest.mark.parametrize(
    "text",
    ["0221927111", "0223165300", "0421234567", "047212345", "037212345", "089212345", "083622345", "0492123456",
     "082312345", "0911123456", "07010101234"],
)  # fmt: skip
def test_number_in_the_plan(text: str) -> None:
    assert is_contact_number(text)
    assert fits_numbering_plan(text)


def test_sample_of_the_manuals_is_accepted_with_a_warning() -> None:
    assert is_contact_number("0212345678")
    assert not fits_numbering_plan("0212345678")


def test_free_number_is_neither_land_line_nor_mobile() -> None:
    assert not fits_numbering_plan("0800080117")


@pytest.mark.parametrize("text", ["", "12345678", "02-21927111", "02219271", "02219271111", "０２２１９２７１１１"])
def test_what_is_no_contact_number(text: str) -> None:
    assert not is_contact_number(text)


@pytest.mark.parametrize(
    ("text", "number", "extension"),
    [("0221927111", "0221927111", ""), ("(02)2192-7111", "0221927111", ""),
     ("（０２）２１９２－７１１１", "0221927111", ""),
     ("02-2192-7111 #123", "0221927111", "123"), ("02 2192 7111 ext. 123", "0221927111", "123"),
     ("02-21927111轉123", "0221927111", "123"), ("0221927111分機１２３", "0221927111", "123"),
     ("+886 2 2192 7111", "0221927111", ""), ("+886 (0)2 2192-7111", "0221927111", ""),
     ("(886)2-2192-7111", "0221927111", ""), ("00886-2-21927111 x9", "0221927111", "9"),
     ("886 912 345678", "0912345678", ""),
     ("+886-912-345-678", "0912345678", ""), ("＋８８６\u3000９１２３４５６７８", "0912345678", ""),
     ("0912.345.678", "0912345678", ""),
     ("070-1010-1234", "07010101234", ""), ("+886 70 1010 1234", "07010101234", ""), ("911123456", "911123456", "")],
)  # fmt: skip
def test_telephone_as_people_write_it(text: str, number: str, extension: str) -> None:
    assert telephone_form(text) == (number, extension)


@pytest.mark.parametrize(
    "text",
    ["", "-", "+1 212 555 0100", "+886", "02-2192-7111 #", "02-2192-7111 / 7112",
     "0221927111;0221927112", "#123", "02 (2192",
     "٠٢٢١٩٢٧١١١", "0221927111\u200b", "\u202e0221927111", "0221927111#1#2", "02" * 40, "電話0221927111"],
)  # fmt: skip
def test_what_is_not_read_as_a_telephone(text: str) -> None:
    with pytest.raises(ValueError, match="telephone"):
        telephone_form(text)


@pytest.mark.parametrize(("text", "good"), [("12345", True), ("1", True), ("1234567", False), ("", False)])
def test_extension(text: str, good: bool) -> None:
    assert is_extension(text) is good


@pytest.mark.parametrize(
    ("text", "good"),
    [("100", True), ("10020", True), ("100206", True), ("1002", False), ("000", False), ("0100", False)],
)
def test_postcode(text: str, good: bool) -> None:
    assert is_postcode(text) is good


def test_counties() -> None:
    assert len(set(COUNTIES)) == 22
    assert county_form("台北市") == "臺北市"
    assert county_form("臺東縣") == "臺東縣"
    assert county_form("陽明山") is None
    assert all(sum(postcode_fits_county(f"{zone}00", county) for zone in range(1, 10)) == 1 for county in COUNTIES)


def test_postcode_of_another_county() -> None:
    assert postcode_fits_county("10020", "臺北市")
    assert postcode_fits_county("300", "新竹縣")
    assert not postcode_fits_county("10020", "高雄市")
    assert not postcode_fits_county("1", "臺北市")
