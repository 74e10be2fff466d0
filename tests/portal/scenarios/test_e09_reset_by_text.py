"""E9: reset by text message."""

from tests.portal.scenarios.person import NEW_PASSWORD, PASSWORD, Person
from tests.portal.scenarios.recovering import choose_way, set_new_password, type_code
from tests.portal.scenarios.registering import confirm, register


def test_reset_by_text_message(person: Person, profile: str) -> None:
    register(person, mobile=person.mobile)
    confirm(person)
    if profile == "modern":
        # A number that is not confirmed gets nothing there: a mistyped one is somebody else's.
        confirm_mobile(person)
    choose_way(person, "簡訊取回密碼")
    text = person.next_text()
    type_code(person, "000000" if text.code != "000000" else "111111")
    assert person.refused() == "code_wrong"
    type_code(person, text.code)
    set_new_password(person)
    told = person.next_text()
    assert "您的密碼已重設" in told.body
    # What is sent is a code, never a password (K6).
    assert not [word for word in (PASSWORD, NEW_PASSWORD) if word in text.body + told.body]


def confirm_mobile(person: Person) -> None:
    """Log in, have a code sent to the number of the registration, type it, be told by mail, log out."""
    person.log_in()
    person.follow("救援手機門號")
    person.press("傳送驗證碼確認這個門號")
    person.fill({"驗證碼（6 位數字）": person.next_text().code})
    person.press("確認")
    assert person.done() == "mobile"
    assert "救援手機門號已變更" in person.next_mail().subject
    person.log_out()
