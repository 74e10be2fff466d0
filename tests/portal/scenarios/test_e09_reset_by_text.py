"""E9: reset by text message."""

from tests.portal.scenarios.person import NEW_PASSWORD, PASSWORD, Person
from tests.portal.scenarios.recovering import choose_way, set_new_password, type_code
from tests.portal.scenarios.registering import confirm, register


def test_reset_by_text_message(person: Person) -> None:
    register(person, mobile=person.mobile)
    confirm(person)
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
