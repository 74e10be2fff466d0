"""E13: wrong PIN twice, right third; wrong three times → locked, with guidance for each kind of card."""

import pytest

from tests.portal.scenarios.desk import WRONG_PIN
from tests.portal.scenarios.person import Person
from tests.stand.parts import PIN


def test_wrong_twice_right_third(card_holder: Person) -> None:
    mistype_twice(card_holder, "account_login")
    card_holder.onward(lambda: card_holder.desk.type_last_try(PIN))
    assert card_holder.came_in_by() == "card"
    assert card_holder.desk.tries_left() == 3


@pytest.mark.parametrize(("card", "page"), [("e13", "account_login"), ("e13-company", "company")])
def test_wrong_three_times_locks_the_card(person: Person, card: str, page: str) -> None:
    person.desk.insert(card)
    mistype_twice(person, page)
    # The window names the kind of this card and where it is unlocked.
    person.desk.lose_a_try(lambda: person.desk.type_last_try(WRONG_PIN), f"locked-{card}")
    assert person.desk.tries_left() == 0
    person.desk.close_window()
    assert "請到發卡機關的網站解鎖" in person.card_refused("pin_locked")
    # A locked card is not asked for its PIN again.
    person.ask_for_card()
    person.desk.look(f"locked-{card}")
    person.desk.close_window()
    person.card_refused("pin_locked")


def test_help_names_the_issuer_of_each_kind(person: Person) -> None:
    person.go("account_login")
    person.page.get_by_text("憑證登入說明").click()
    assert person.reads("自然人憑證：內政部憑證管理中心", "工商憑證：工商憑證管理中心")


def mistype_twice(person: Person, page: str) -> None:
    """Ask for the card on a page and type two wrong PINs, each of which costs a try."""
    person.go(page)
    person.ask_for_card()
    for count in (1, 2):
        person.desk.type_wrong_pin(f"wrong-{count}")
        assert person.desk.tries_left() == 3 - count
