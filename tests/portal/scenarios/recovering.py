"""Parts of the ways to recover access that several scenarios have in common."""

from tests.portal.scenarios.person import NEW_PASSWORD, PASSWORD, Person


def choose_way(person: Person, link: str) -> None:
    """From the log-in page to a way to recover access; tells the account name and, if asked, the captcha."""
    person.go("account_login")
    person.follow(link)
    person.fill({"帳號": person.account})
    if person.page.locator("input[name=captcha]").count():
        person.answer_captcha()
    person.press("下一步")


def type_code(person: Person, code: str) -> None:
    """Type the six digits of a mail or text message."""
    person.fill({"驗證碼（6 位數字）": code})
    person.press("下一步")


def set_new_password(person: Person) -> None:
    """Set a new password, be told by mail, look through the ways in, log in; the old one is worth nothing."""
    assert person.at("reset_password")
    person.fill({"設定新密碼": NEW_PASSWORD, "確認新密碼": NEW_PASSWORD})
    person.press("設定新密碼")
    assert person.done() == "reset"
    told = person.next_mail()
    assert "密碼已重設" in told.subject
    assert NEW_PASSWORD not in told.body
    person.go("reset_ways_in")
    assert person.reads("可進入您帳號的所有方式")
    person.follow("會員登入")
    person.log_in(PASSWORD)
    assert person.refused() == "password_wrong"
    person.pass_waiting_time()
    person.log_in(NEW_PASSWORD)
    assert person.came_in_by() == "password"
