"""The old component's numbers and texts are those of its description, and every failure of ours has some."""

import pytest

from agent.failures import Code, FailureError
from agent.web.hipki import codes
from agent.web.hipki.codes import MAJOR_TEXTS, MINOR_TEXTS, Major, OldError, of_failure

# Written down from hipki.md, 2.1 and 2.2, by their decimal values as pages compare them.
MAJOR = {
    0: "",
    1979711491: "未輸入待簽訊息",
    1979711492: "未輸入密文",
    1979711494: "未插入IC卡",
    1979711496: "型態錯誤",
    1979711498: "檔案過大",
    1979711499: "JSON格式錯誤",
    1979711500: "參數錯誤",
    1979711501: "執行檔錯誤或逾時",
    1979711502: "不支援的方法",
    1979711503: "禁止存取的網域",
    1979711537: "在未授權的網站執行元件",
    1979713945: "使用者已取消動作",
    1980760065: "無法載入IC卡函式庫檔案",
    1980760067: "無可用讀卡機",
    1980760069: "取得session失敗",
    1980760070: "IC卡登入失敗",
    1980760076: "找不到指定憑證",
    1982857219: "簽章內容錯誤",
    1983905794: "解密型態錯誤",
    1983905795: "解密錯誤",
    1984954369: "憑證尚未生效",
    1984954370: "憑證已逾期",
    1986002946: "Base64解碼錯誤",
}
MINOR = {
    0: "",
    6: "函式失敗",
    160: "PIN碼錯誤",
    162: "PIN碼長度錯誤",
    164: "已鎖卡",
    -2147483647: "PIN碼錯誤，剩餘一次機會",
    -2147483646: "PIN碼錯誤，剩餘兩次機會",
}


def test_major_codes_have_the_numbers_and_texts_of_the_description() -> None:
    assert {int(code): text for code, text in MAJOR_TEXTS.items()} == MAJOR
    assert set(MAJOR_TEXTS) == set(Major)


def test_minor_codes_have_the_numbers_and_texts_of_the_description() -> None:
    assert MINOR_TEXTS == MINOR


@pytest.mark.parametrize("code", list(Code))
def test_every_failure_has_numbers_and_keeps_its_stable_code(code: Code) -> None:
    error = of_failure(FailureError(code))
    assert error.ret_code in set(Major) - {Major.OK}
    assert error.last_error in MINOR_TEXTS
    assert error.failure == code.value


@pytest.mark.parametrize(
    ("left", "last_error"), [(None, 160), (15, 160), (3, 160), (2, -2147483646), (1, -2147483647), (0, 164), (-1, 160)]
)
def test_wrong_pin_counts_down(left: int | None, last_error: int) -> None:
    error = of_failure(FailureError(Code.PIN_WRONG, left))
    assert (error.ret_code, error.last_error) == (1980760070, last_error)


@pytest.mark.parametrize(
    ("code", "numbers"),
    [
        (Code.PIN_LOCKED, (1980760070, 164)),
        (Code.PIN_MALFORMED, (1980760070, 162)),
        (Code.USER_CANCELLED, (0x76000999, 0)),
        (Code.ORIGIN_NOT_PERMITTED, (0x76000031, 0)),
        (Code.ORIGIN_DENIED, (0x7600000F, 0)),
        (Code.ORIGIN_REFUSED, (0x7600000F, 0)),
        (Code.NO_READER, (0x76100003, 0)),
        (Code.NO_CARD, (0x76000006, 0)),
        (Code.CERTIFICATE_EXPIRED, (0x76500002, 0)),
        (Code.CERTIFICATE_NOT_YET_VALID, (0x76500001, 0)),
        (Code.CIPHER_UNREADABLE, (0x76400003, 0)),
    ],
)
def test_failure_is_what_pages_know_it_as(code: Code, numbers: tuple[int, int]) -> None:
    error = of_failure(FailureError(code, 2 if code is not Code.PIN_WRONG else None))
    assert (error.ret_code, error.last_error) == numbers


def test_only_what_is_about_the_pin_says_that_the_log_in_failed() -> None:
    # Pages show the count of tries, and the way to unblock the card, by this number.
    failed = {code for code in Code if of_failure(FailureError(code)).ret_code is Major.LOGIN_FAILED}
    assert failed == {Code.PIN_WRONG, Code.PIN_LOCKED, Code.PIN_MALFORMED, Code.CARD_NOT_ACTIVATED}


def test_error_is_told_by_its_number_alone() -> None:
    error = OldError(Major.LOGIN_FAILED, codes.PIN_WRONG, "pin_wrong")
    assert str(error) == "0x76100006"
    assert repr(error) == "OldError('0x76100006')"
