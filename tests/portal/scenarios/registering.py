"""The five steps of the registration, as a person fills them in."""

from cardsim.pki.numbers import national_id
from tests.portal.scenarios.person import PASSWORD, Person

NAME = "範例人甲"


def register(person: Person, *, name: str = NAME, question: str = "", answer: str = "", mobile: str = "") -> None:
    """Go through a plain registration to its last page; the rescue options are left empty unless given."""
    begin(person)
    tell_account(person)
    person.fill({"中文姓名": name})
    tell_mail(person)
    person.press("下一步")
    tell_rescue_options(person, question, answer, mobile)
    agree(person)
    person.press("建立我的帳戶")
    assert person.at("register_done")


def register_by_card(person: Person) -> None:
    """Begin with a card that no account knows, go through the steps, sign with the card at the end."""
    person.log_in_by_card()
    person.follow("以憑證註冊")
    person.press("申請一般會員")
    tell_account(person)
    number = national_id(person.card)
    assert person.page.inner_text("#card-last-four") == number[-4:]
    person.fill({"身分證/外來人口 統一證號（前 6 碼）": number[:-4]})
    tell_mail(person)
    person.press("下一步")
    tell_rescue_options(person)
    agree(person)
    person.press("下一步：憑證簽章")
    person.use_card()
    assert person.at("register_done")


def confirm(person: Person) -> None:
    """Read the confirmation mail, open its link and press the button; with the password where the session is over."""
    person.open(person.next_mail().link)
    if person.page.locator("#registered-password").count():
        person.fill({"註冊時設定的密碼": PASSWORD})
    person.press("啟用帳號")
    assert person.done() == "confirmed"


def begin(person: Person) -> None:
    """From the home page to the first step."""
    person.go("home")
    person.follow("加入會員")
    person.press("申請一般會員")


def tell_account(person: Person) -> None:
    """帳號和密碼."""
    person.fill({"帳號": person.account, "設定密碼": PASSWORD, "確認密碼": PASSWORD})
    person.press("下一步")


def tell_mail(person: Person) -> None:
    """The mail address among 基本資料."""
    person.fill({"電子信箱": person.mail, "確認電子信箱": person.mail})


def tell_rescue_options(person: Person, question: str = "", answer: str = "", mobile: str = "") -> None:
    """忘記密碼救援選項; leaving all of them empty is asked about once where nothing else would help (C15)."""
    if question:
        person.choose("密碼提示問題", question)
        person.fill({"您的回答": answer})
    person.fill({"救援手機門號": mobile})
    person.press("下一步")
    if person.page.locator("[data-doubt=rescue_empty]").count():
        person.press("資料無誤，繼續")


def agree(person: Person) -> None:
    """註冊確認 and 您同意嗎？, up to the last button."""
    person.answer_captcha()
    person.press("下一步")
    person.tick("我已經詳細閱讀並同意")
