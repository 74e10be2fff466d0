"""The five steps of the registration, as a person fills them in."""

from tests.portal.scenarios.person import PASSWORD, Person

NAME = "範例人甲"


def register(person: Person, *, name: str = NAME, question: str = "", answer: str = "", mobile: str = "") -> None:
    """Go through a plain registration to its last page; the rescue options are left empty unless given."""
    begin(person)
    tell_account(person)
    tell_basic_data(person, name)
    person.press("下一步")
    tell_rescue_options(person, question, answer, mobile)
    person.answer_captcha()
    person.press("下一步")
    person.tick("我已經詳細閱讀並同意")
    person.press("建立我的帳戶")
    assert person.at("register_done")


def confirm(person: Person) -> None:
    """Read the confirmation mail, open its link and press the button."""
    person.open(person.next_mail().link)
    person.press("啟用帳號")
    assert person.done() == "confirmed"


def begin(person: Person) -> None:
    """From the home page to the first step."""
    person.go("home")
    person.follow("加入會員")
    person.press("申請一般會員")


def tell_account(person: Person) -> None:
    """帳號和密碼."""
    person.fill(帳號=person.account, 設定密碼=PASSWORD, 確認密碼=PASSWORD)
    person.press("下一步")


def tell_basic_data(person: Person, name: str = NAME) -> None:
    """基本資料, without going on."""
    if name:
        person.fill(中文姓名=name)
    person.fill(電子信箱=person.mail, 確認電子信箱=person.mail)


def tell_rescue_options(person: Person, question: str = "", answer: str = "", mobile: str = "") -> None:
    """忘記密碼救援選項; leaving all of them empty is asked about once where nothing else would help (C15)."""
    if question:
        person.choose("密碼提示問題", question)
        person.fill(您的回答=answer)
    person.fill(救援手機門號=mobile)
    person.press("下一步")
    if person.page.locator("[data-doubt=rescue_empty]").count():
        person.press("資料無誤，繼續")
