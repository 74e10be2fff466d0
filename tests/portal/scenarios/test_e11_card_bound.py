"""E11: log in by card, bound."""

from tests.portal.scenarios.person import Person


def test_log_in_by_bound_card(card_holder: Person) -> None:
    card_holder.log_in_by_card()
    assert card_holder.came_in_by() == "card"
    assert card_holder.reads("範例人子")
    card_holder.log_out()
    # Both ways lead to the same account (F137).
    card_holder.log_in()
    assert card_holder.came_in_by() == "password"
