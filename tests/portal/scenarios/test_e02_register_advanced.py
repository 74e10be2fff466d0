"""E2: register with advanced data."""

from cardsim.pki.numbers import national_id
from tests.portal.scenarios.person import Person
from tests.portal.scenarios.registering import NAME, begin, confirm, tell_account, tell_mail, tell_rescue_options

ID_NUMBER = national_id("e02")


def test_register_with_advanced_data(person: Person) -> None:
    begin(person)
    tell_account(person)
    person.fill({"中文姓名": NAME, "暱稱": "小甲"})
    tell_mail(person)
    person.tick("我願意提供更多個人資料")
    person.press("下一步")
    person.fill({"民國年": "60", "月": "2", "日": "30"})
    tell_the_rest(person)
    assert person.reads("這個日期不存在或尚未到來。")
    person.fill({"日": "28"})
    person.press("下一步")
    tell_rescue_options(person, mobile=person.mobile)
    # Captcha and consent share the last step: the advanced data took one (C01).
    shown = f"{ID_NUMBER[:3]}******{ID_NUMBER[-1]}"
    assert person.reads("步驟 5／5：註冊確認", shown)
    person.answer_captcha()
    person.tick("我已經詳細閱讀並同意")
    person.press("建立我的帳戶")
    confirm(person)
    person.log_in()
    assert person.came_in_by() == "password"
    assert person.reads("小甲", shown, "民國 60 年 2 月 28 日", "10020 臺北市示範路 1 號", "0223165300")


def tell_the_rest(person: Person) -> None:
    """Everything but the birthday."""
    person.fill({"身分證/外來人口 統一證號": ID_NUMBER, "通訊地址": "示範路 1 號", "郵遞區號": "10020"})
    person.tick("男性" if ID_NUMBER[1] == "1" else "女性")
    person.choose("通訊地址：縣市", "臺北市")
    person.fill({"聯絡電話": "0223165300", "分機": "12345"})
    person.press("下一步")
