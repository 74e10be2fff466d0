"""E10: forgotten account."""

from tests.portal.scenarios.person import Person


def test_account_name_by_mail(card_holder: Person) -> None:
    ask_by_mail(card_holder, "nobody@portal.example")
    page = card_holder.page.inner_text("main")
    ask_by_mail(card_holder, card_holder.mail)
    # Strangers learn nothing: the page is the same for every address.
    assert card_holder.page.inner_text("main") == page
    assert card_holder.account in card_holder.next_mail().body


def test_account_name_by_card(card_holder: Person) -> None:
    card_holder.go("forgot_account")
    card_holder.use_card()
    assert card_holder.page.inner_text("#account") == card_holder.account


def ask_by_mail(person: Person, address: str) -> None:
    """From the log-in page to the page that says a mail is under way, if there is an account."""
    person.go("account_login")
    person.follow("忘記帳號")
    person.fill({"註冊時填寫的電子信箱": address})
    person.answer_captcha()
    person.press("送出")
    assert person.at("forgot_account_sent")
