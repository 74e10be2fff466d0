"""Every page that no scenario leads to, looked at as well: the album is to be whole."""

from tests.portal.member.people import totp_to_type
from tests.portal.scenarios.person import PASSWORD, Person
from tests.portal.scenarios.registering import register

AREAS = ("個人資料維護", "密碼維護", "救援手機門號", "登入裝置", "可進入您帳號的所有方式", "申請公務帳號")
PUBLIC = (
    "center", "terms", "privacy", "recover", "confirm_code", "resend", "company", "outbox", "selftest",
    "selftest_report_new", "manual", "manual_pin", "manual_install",
)  # fmt: skip


def test_pages_without_an_account(person: Person) -> None:
    for name in PUBLIC:
        person.go(name)
    register(person)
    person.go("confirm_code")
    person.fill({"帳號": person.account, "確認碼（6 碼）": person.next_mail().code})
    person.press("啟用帳號")
    assert person.done() == "confirmed"


def test_member_area(card_holder: Person, profile: str) -> None:
    person = card_holder
    person.log_in()
    for area in (*AREAS, "救援碼" if profile == "modern" else "密碼提示問題"):
        person.follow(area)
        person.follow("‹ 我的專區")
    person.go("reauthenticate")
    person.go("account_logout")


def test_second_factor(card_holder: Person) -> None:
    person = card_holder
    person.log_in()
    person.follow("兩階段驗證")
    secret = person.page.inner_text("#secret").replace(" ", "")
    person.fill({"驗證碼（6 位數字）": totp_to_type(secret)})
    person.press("啟用兩階段驗證")
    assert person.done() == "second_factor_on"
    spare = person.page.locator("#codes code").first.inner_text()
    person.log_out()
    person.log_in()
    assert person.at("mfa_authenticate")
    person.fill({"驗證碼或備用碼": spare})
    person.press("登入")
    assert person.came_in_by() == "password"
    person.follow("兩階段驗證")
    person.fill({"目前的密碼": PASSWORD})
    person.press("停用兩階段驗證")
    assert person.done() == "second_factor_off"


def test_renewed_card(card_holder: Person) -> None:
    person = card_holder
    person.log_in_by_card()
    person.log_out()
    person.renew_card()
    person.log_in_by_card()
    assert person.at("card_renewal")
    person.fill({"密碼": PASSWORD})
    person.press("確認並登入")
    assert person.came_in_by() == "card"


def test_company(person: Person) -> None:
    person.desk.insert("e13-company")
    person.go("company")
    person.use_card()
    assert person.at("card_choices")
    person.press("建立公司帳號並登入")
    assert person.reads("範例股份有限公司")
