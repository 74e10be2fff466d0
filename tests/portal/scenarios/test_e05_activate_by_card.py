"""E5: activate by card without the mail link."""

from cardsim.pki.numbers import national_id
from tests.portal.scenarios.person import Person
from tests.portal.scenarios.recovering import choose_way
from tests.portal.scenarios.registering import begin, tell_account, tell_mail, tell_rescue_options

NAME, ID_NUMBER = "範例人戊", national_id("e05")  # those of the card


def test_activate_by_card(person: Person) -> None:
    person.desk.insert(person.card)
    register_with_number(person)
    person.log_in()
    assert person.refused() == "account_inactive"
    choose_way(person, "以自然人憑證 啟用帳號")
    # The card is not linked to the account: the confirmer says that the ID number is its holder's.
    person.use_card()
    assert person.done() == "activate"
    person.follow("會員登入")
    person.log_in()
    assert person.came_in_by() == "password"
    assert person.reads(f"{ID_NUMBER[:3]}******{ID_NUMBER[-1]}")


def register_with_number(person: Person) -> None:
    """A plain registration with an ID number among the advanced data; its mail is never read."""
    begin(person)
    tell_account(person)
    person.fill({"中文姓名": NAME})
    tell_mail(person)
    person.tick("我願意提供更多個人資料")
    person.press("下一步")
    person.fill({"身分證/外來人口 統一證號": ID_NUMBER})
    person.press("下一步")
    tell_rescue_options(person)
    person.answer_captcha()
    person.tick("我已經詳細閱讀並同意")
    person.press("建立我的帳戶")
    assert person.at("register_done")
