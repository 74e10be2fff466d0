"""E12: log in by card, unbound → bind."""

from tests.portal.scenarios.person import Person
from tests.portal.scenarios.registering import confirm, register


def test_log_in_by_unbound_card_and_bind_it(person: Person) -> None:
    register(person, name="範例人丑")
    confirm(person)
    person.desk.insert(person.card)
    person.log_in_by_card()
    assert person.at("card_choices")
    person.follow("登入並綁定")
    person.log_in()
    assert person.at("cards")
    person.use_card()
    assert person.done() == "bound"
    assert "綁定" in person.next_mail().subject
    person.log_out()
    person.log_in_by_card()
    assert person.came_in_by() == "card"
