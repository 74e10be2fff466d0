"""E8: reset by card."""

from tests.portal.scenarios.person import Person
from tests.portal.scenarios.recovering import choose_way, set_new_password


def test_reset_by_card(card_holder: Person) -> None:
    choose_way(card_holder, "以自然人憑證 重設密碼")
    card_holder.use_card()
    set_new_password(card_holder)
