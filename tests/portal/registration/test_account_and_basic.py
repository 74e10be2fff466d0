"""Steps one and two: account name, password by profile, name, mail address."""

import pytest
from django.test import Client

from portal.accounts.models import User
from tests.portal.helpers import plain
from tests.portal.registration.walk import ACCOUNT, BASIC, MAIL, Walk, error_codes, step_of


def account_page(client: Client, **changed: str) -> object:
    """The answer to the first step."""
    return Walk(client).send({**ACCOUNT, **changed})


def basic_page(client: Client, **changed: str) -> object:
    """The answer to the second step."""
    walk = Walk(client)
    walk.send(ACCOUNT)
    return walk.send({**BASIC, **changed})


def test_first_step_says_what_the_manuals_say(client: Client, profile: str) -> None:
    text = plain(Walk(client).page)
    for words in (
        "帳號", "設定密碼", "確認密碼", "重複輸入", "號為必填欄位", "clairesu1234",
        "只接受 5 至 15 個字元的英文字母、數字，第一個字元必須為英文字母",
    ):  # fmt: skip
        assert words in text
    rule = "只接受 8 至 15 個字元的英文字母、數字、特殊字元，至少須含英文字母及數字，但不得與帳號相同；密碼有區分大小寫"
    assert (rule in text) is (profile == "egov-compat")
    # The rule in words, not the name that the installation gives it.
    assert profile not in text
    assert ("須同時含英文字母與數字" in text) is (profile == "egov-compat")
    assert ("以長度為準" in text) is (profile == "modern")


@pytest.mark.parametrize("account", ["clairesu1234", "a1234", "abcdefghijk1234", "Abcde", " clairesu1234 "])
def test_good_account_names(client: Client, account: str) -> None:
    walk = Walk(client)
    assert step_of(walk.send({**ACCOUNT, "account": account})) == 2
    assert walk.draft["account"] == account.strip().lower()


@pytest.mark.parametrize(
    "account", ["a123", "abcdefghijkl1234", "1abcd", "ab_cd", "ab cd", "帳號帳號帳號", "ａbcde", "", "\0abcd"]
)
def test_bad_account_names(client: Client, account: str) -> None:
    page = account_page(client, account=account)
    assert step_of(page) == 1
    assert error_codes(page, "account")


@pytest.mark.parametrize("account", ["wang0001", "WANG0001"])
def test_name_in_use_is_told(client: Client, user: User, account: str) -> None:
    page = account_page(client, account=account)
    assert error_codes(page, "account") == ["account_taken"]
    assert "這個帳號名稱已有人使用" in plain(page)


def test_manuals_password_is_good_with_a_warning_or_refused(client: Client, profile: str) -> None:
    page = account_page(client, password="abcd1234", password_again="abcd1234")
    if profile == "egov-compat":
        assert step_of(page) == 2
        assert "這個密碼很常見" in plain(page)
    else:
        assert error_codes(page, "password")[0] == "password_refused"
    assert "abcd1234" not in page.content.decode()  # type: ignore[attr-defined]


@pytest.mark.parametrize("password", ["abcd123", "abcdefgh", "12345678", "clairesu1234", "CLAIRESU1234", "", "x" * 129])
def test_refused_passwords_of_both_profiles(client: Client, password: str) -> None:
    page = account_page(client, password=password, password_again=password)
    assert step_of(page) == 1
    assert error_codes(page, "password")


def test_password_is_typed_twice(client: Client) -> None:
    assert error_codes(account_page(client, password_again="kq8-vlom2-Zu77y"), "password_again") == ["different"]
    assert error_codes(account_page(client, password_again=""), "password_again") == ["required"]


def test_password_may_begin_and_end_with_blanks_where_blanks_are_allowed(client: Client, profile: str) -> None:
    password = " fifteen blanks and more "
    page = account_page(client, password=password, password_again=password)
    assert step_of(page) == (2 if profile == "modern" else 1)


def test_second_step_says_what_the_manuals_say(client: Client) -> None:
    walk = Walk(client)
    text = plain(walk.send(ACCOUNT))
    for words in (
        "中文姓名", "電子信箱", "確認電子信箱", "暱稱", "需要註冊更多資訊時，請勾選",
        "※註冊/修改後將依您所填電子信箱發出帳號確認信，請務必填入有效之電子信箱",
        "我願意提供更多個人資料以得到更多電子化政府個人化服務",
    ):  # fmt: skip
        assert words in text


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("蘇小明", "蘇小明"), (" 蘇小明　", "蘇小明"), ("Mei-Ling Ｓu", "Mei-Ling Su"), ("𠮷田·以", "𠮷田·以")],
)
def test_good_names(client: Client, typed: str, kept: str) -> None:
    walk = Walk(client)
    walk.to_rescue(name=typed)
    assert walk.draft["basic"]["name"] == kept


@pytest.mark.parametrize("name", ["", " ", "x" * 51, "小\u202e明", "小\u200b明"])
def test_bad_names(client: Client, name: str) -> None:
    assert error_codes(basic_page(client, name=name), "name")


@pytest.mark.parametrize("address", ["Claire.Su@Portal.Example", "a+b@portal.example", "su@例子.example"])
def test_good_addresses_are_kept_in_lower_case(client: Client, address: str) -> None:
    walk = Walk(client)
    walk.to_rescue(email=address, email_again=address.upper())
    kept = walk.draft["basic"]["email"]
    assert kept == kept.lower()
    assert kept.isascii()


@pytest.mark.parametrize(
    "address",
    ["", "claire", "claire@", "@portal.example", "claire@portal", "a b@portal.example", "a@b@portal.example",
     "a@portal.example\nBcc: b@evil.example", "a@por tal.example", "<a@portal.example>", "x" * 250 + "@p.tw"],
)  # fmt: skip
def test_bad_addresses(client: Client, address: str) -> None:
    assert error_codes(basic_page(client, email=address, email_again=address), "email")


def test_address_is_typed_twice(client: Client) -> None:
    assert error_codes(basic_page(client, email_again="other@portal.example"), "email_again") == ["different"]


def test_address_in_use_is_not_told(client: Client, user: User) -> None:
    page = basic_page(client, email=user.email, email_again=user.email)
    assert step_of(page) == 3


def test_typed_text_is_shown_escaped(client: Client) -> None:
    page = basic_page(client, name="<script>alert(1)</script>", email="x")
    assert "<script>alert" not in page.content.decode()  # type: ignore[attr-defined]


def test_nickname_is_optional_and_short(client: Client) -> None:
    assert step_of(basic_page(client, nickname="")) == 3
    assert error_codes(basic_page(client, nickname="x" * 31), "nickname") == ["max_length"]


def test_everything_that_is_wrong_is_said_at_once(client: Client) -> None:
    page = basic_page(client, name="", email="x", email_again="")
    assert "有 3 個欄位需要修正" in plain(page)
    text = page.content.decode()  # type: ignore[attr-defined]
    assert text.count('aria-invalid="true"') == 3
    assert text.count("這個欄位必須填寫。") == 2
    assert "<title>請修正" in text
    assert MAIL not in text
