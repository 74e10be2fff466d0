"""進階資料提供: formats, what is asked about once, what is required on which way."""

from typing import Any

import pytest
from django.test import Client

from portal.accounts.models import Person
from tests.portal.helpers import plain
from tests.portal.registration.walk import ADVANCED, RESCUE, Walk, error_codes, step_of

EMPTY = dict.fromkeys(ADVANCED, "")
# The profiles agree on these data.
pytestmark = pytest.mark.parametrize("profile", ["modern"], indirect=True)


def begun(client: Client, choice: str = "member") -> Walk:
    """At the third step."""
    return Walk(client, choice).to_advanced()


def page(client: Client, choice: str = "member", **changed: str) -> Any:
    """The answer to the third step."""
    return begun(client, choice).send({**ADVANCED, **changed})


def doubts(answer: Any) -> list[str]:
    """What is asked about."""
    return [doubt.code for doubt in answer.context["doubts"]]


def test_page_says_what_the_manuals_say(client: Client) -> None:
    text = plain(begun(client).page)
    for words in (
        "生日", "民國", "身分證/外來人口 統一證號", "護照號碼", "性別", "男性", "女性", "通訊地址", "請選擇縣市",
        "郵遞區號", "聯絡電話", "分機", "範例：(市話:0212345678分機12345)或(行動電話:0911123456)", "連江縣",
    ):  # fmt: skip
        assert words in text
    assert begun(client).page.content.decode().count('name="birthday_') == 3


def test_nothing_is_required_of_a_member(client: Client) -> None:
    assert step_of(begun(client).send(EMPTY)) == 4


def test_everything_but_an_extension_is_required_on_the_official_way(client: Client) -> None:
    answer = begun(client, "official").send(EMPTY)
    wrong = set(answer.context["form"].errors)
    assert wrong == set(answer.context["form"].fields) - {"extension"}
    assert step_of(begun(client, "official").send({**ADVANCED, "extension": ""})) == 4


@pytest.mark.parametrize(
    ("born", "kept"),
    [(("60", "1", "1"), "600101"), (("101", "2", "29"), "1010229"), (("０６０", "１２", "３１"), "601231")],
)
def test_good_birthdays(client: Client, born: tuple[str, str, str], kept: str) -> None:
    walk = begun(client)
    walk.send({**ADVANCED, **dict(zip(("birthday_year", "birthday_month", "birthday_day"), born, strict=True))})
    assert walk.draft["details"]["birthday"] == kept


@pytest.mark.parametrize(
    "born",
    [("100", "2", "29"), ("102", "4", "31"), ("102", "13", "1"), ("0", "1", "1"), ("60", "1", ""), ("6_0", "1", "1"),
     ("x", "1", "1"), ("999", "1", "1"), ("60", "1", "1.0"), ("9" * 5000, "1", "1"), ("+60", "1", "1")],
)  # fmt: skip
def test_days_that_never_were(client: Client, born: tuple[str, str, str]) -> None:
    year, month, day = born
    answer = page(client, birthday_year=year, birthday_month=month, birthday_day=day)
    assert error_codes(answer, "birthday") == ["birthday"]


@pytest.mark.parametrize(
    ("number", "kind", "gender"),
    [("A123456789", "national", "male"), ("a223456781", "national", "female"), ("A12345678９", "national", "male"),
     ("A800000005", "resident", "male"), ("A900000007", "resident", "female"), ("AC00000003", "resident", "male")],
)  # fmt: skip
def test_good_numbers_set_kind_and_gender(client: Client, number: str, kind: str, gender: str) -> None:
    walk = begun(client)
    walk.send({**ADVANCED, "id_number": number, "gender": ""})
    assert (walk.draft["id_kind"], walk.draft["details"]["gender"]) == (kind, gender)


@pytest.mark.parametrize(
    "number", ["A123456788", "Z199999999", "A023456789", "A323456789", "1123456789", "A12345678", "A1234567890",
               "A800000004", "AA00000008", "AE00000009", "蘇小明"],
)  # fmt: skip
def test_bad_numbers(client: Client, number: str) -> None:
    assert error_codes(page(client, id_number=number), "id_number") == ["id_number"]


def test_permit_number_gets_a_hint(client: Client) -> None:
    answer = page(client, id_number="123456789012")
    assert error_codes(answer, "id_number") == ["permit_number"]
    assert "居留證號" in plain(answer)


def test_passport_is_a_kind_of_its_own(client: Client) -> None:
    walk = begun(client)
    assert step_of(walk.send({**ADVANCED, "id_type": "passport", "id_number": "x-1234567"})) == 4
    assert walk.draft["id_kind"] == "passport"
    assert error_codes(page(client, id_type="passport", id_number="12"), "id_number") == ["passport"]


def test_gender_of_a_passport_is_asked_for_on_the_official_way(client: Client) -> None:
    answer = page(client, "official", id_type="passport", id_number="X1234567", gender="")
    assert error_codes(answer, "gender") == ["required"]


def test_number_in_another_form_is_shown_again_when_somebody_comes_back(client: Client) -> None:
    walk = begun(client)
    walk.send({**ADVANCED, "gender": ""})
    walk.send({"back": "1"})
    text = walk.page.content.decode()
    for part in (
        'value="A123456789"',
        'value="60"',
        'value="male" id="id_gender_0" checked',
        'value="臺北市" selected',
    ):
        assert part in " ".join(text.split()).replace("required ", "")


@pytest.mark.parametrize(
    ("changed", "doubt"),
    [
        ({"gender": "female"}, "gender_differs"),
        ({"postcode": "802"}, "postcode_county"),
        ({"phone": "0212345678"}, "phone_plan"),
    ],
)
def test_unusual_data_are_asked_about_once(client: Client, changed: dict[str, str], doubt: str) -> None:
    walk = begun(client)
    answer = walk.send({**ADVANCED, **changed})
    assert (step_of(answer), doubts(answer)) == (3, [doubt])
    assert "資料無誤，繼續" in plain(answer)
    seen = answer.content.decode().split('name="seen" value="', 1)[1].split('"', 1)[0]
    assert step_of(walk.send({**ADVANCED, **changed, "seen": seen})) == 4


def test_new_doubt_is_asked_about_even_when_another_was_seen(client: Client) -> None:
    walk = begun(client)
    answer = walk.send({**ADVANCED, "gender": "female", "phone": "0212345678", "seen": "phone_plan"})
    assert doubts(answer) == ["gender_differs", "phone_plan"]


def test_doubts_seen_are_forgotten_with_the_page(client: Client) -> None:
    walk = begun(client)
    walk.send({**ADVANCED, "phone": "0212345678"})
    assert doubts(walk.send({**ADVANCED, "phone": "0212345678"})) == ["phone_plan"]


@pytest.mark.parametrize(
    ("phone", "number"),
    [("0911123456", "0911123456"), ("02-2316-5300", "0223165300"), ("(02)23165300", "0223165300"),
     ("(02)2192-7111", "0221927111"), ("0911 123 456", "0911123456"), ("０２２３１６５３００", "0223165300"),
     ("+886 2 2316 5300", "0223165300"), ("+886-912-345-678", "0912345678"), ("070-1010-1234", "07010101234")],
)  # fmt: skip
def test_telephones_are_read_leniently(client: Client, phone: str, number: str) -> None:
    walk = begun(client)
    assert step_of(walk.send({**ADVANCED, "phone": phone})) == 4
    assert (walk.draft["details"]["phone"], walk.draft["details"]["extension"]) == (number, "12345")


@pytest.mark.parametrize(("extension", "kept"), [("", "123"), ("123", "123"), ("１２３", "123")])
def test_extension_may_stand_behind_the_number(client: Client, extension: str, kept: str) -> None:
    walk = begun(client)
    assert step_of(walk.send({**ADVANCED, "phone": "02-2192-7111 #123", "extension": extension})) == 4
    assert walk.draft["details"]["extension"] == kept


def test_two_extensions_are_one_too_many(client: Client) -> None:
    assert error_codes(page(client, phone="02-2192-7111 #123", extension="124"), "extension") == ["format"]


def test_internet_telephone_is_stored(client: Client) -> None:
    Walk(client).advanced(phone="070-1010-1234", extension="")
    assert Person.objects.get().phone == "07010101234"


@pytest.mark.parametrize(
    ("field", "value"),
    [("phone", "911123456"), ("phone", "12345"), ("phone", "telephone"), ("extension", "1234567"), ("extension", "x"),
     ("postcode", "1002"), ("postcode", "000"), ("postcode", "0100"), ("county", "臺北縣"), ("gender", "other"),
     ("id_type", "licence"), ("address", "x" * 121)],
)  # fmt: skip
def test_bad_formats(client: Client, field: str, value: str) -> None:
    assert error_codes(page(client, **{field: value}), field)


def test_address_is_one_line(client: Client) -> None:
    walk = begun(client)
    walk.send({**ADVANCED, "address": "示範路\r\n 1  號"})
    assert walk.draft["details"]["address"] == "示範路 1 號"


def test_number_is_shown_masked_in_the_end(client: Client) -> None:
    walk = begun(client)
    walk.send(ADVANCED)
    text = walk.send(RESCUE).content.decode()
    assert "A12******9" in text
    assert "A123456789" not in text
