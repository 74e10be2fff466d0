"""E3: register by card, form filled."""

from tests.portal.scenarios.person import Person
from tests.portal.scenarios.registering import confirm, register_by_card


def test_register_by_card(person: Person) -> None:
    person.desk.insert(person.card)
    register_by_card(person)
    bound = person.next_mail()
    assert "憑證" in bound.subject
    confirm(person)
    person.log_in_by_card()
    assert person.came_in_by() == "card"
    assert person.reads("範例人丙")
