"""E1: register plain → mail → confirm → log in."""

from tests.portal.scenarios.person import Person
from tests.portal.scenarios.registering import confirm, register


def test_register_confirm_log_in(person: Person) -> None:
    register(person)
    assert person.reads(f"系統已發送「確認信」至您的電子信箱({person.mail})")
    person.log_in()
    assert person.refused() == "account_inactive"
    confirm(person)
    person.log_in()
    assert person.came_in_by() == "password"
