"""E5: activate by card without the mail link."""

from tests.portal.scenarios.person import Person
from tests.portal.scenarios.recovering import choose_way
from tests.portal.scenarios.registering import register_by_card


def test_activate_by_card(person: Person) -> None:
    person.desk.insert(person.card)
    register_by_card(person)
    person.log_in()
    assert person.refused() == "account_inactive"
    choose_way(person, "以自然人憑證 啟用帳號")
    person.use_card()
    assert person.done() == "activate"
    person.follow("會員登入")
    person.log_in()
    assert person.came_in_by() == "password"
