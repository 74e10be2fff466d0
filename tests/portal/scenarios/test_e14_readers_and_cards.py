"""E14: no reader, no card, two readers, card pulled while signing."""

from collections.abc import Iterator

import pytest

from tests.portal.scenarios.person import Person


@pytest.fixture
def reader_back(card_holder: Person) -> Iterator[None]:
    """The computer has its reader again afterwards."""
    yield
    card_holder.desk.plug_reader_in(card_holder.card)


def test_no_reader(card_holder: Person, reader_back: None) -> None:
    card_holder.desk.unplug_reader()
    refused(card_holder, "no_reader")


def test_no_card_until_one_comes(card_holder: Person) -> None:
    card_holder.desk.pull()
    refused(card_holder, "no_card")
    # The window waits, and goes on by itself.
    card_holder.ask_for_card()
    card_holder.desk.see_change(card_holder.desk.push_back, "pin")
    card_holder.onward(card_holder.desk.type_pin)
    assert card_holder.came_in_by() == "card"


def test_two_readers(card_holder: Person) -> None:
    second = card_holder.desk.insert_second("e14-second")
    try:
        card_holder.go("account_login")
        card_holder.ask_for_card()
        card_holder.desk.look("two-cards")
        card_holder.desk.see_change(card_holder.desk.choose_second, "pin")
        card_holder.onward(card_holder.desk.type_pin)
    finally:
        second.stop()
    # It was the second card that signed: it belongs to somebody who has no account.
    assert card_holder.at("card_choices")
    assert card_holder.reads("範例人辰")


def test_card_pulled_while_signing(card_holder: Person) -> None:
    card_holder.go("account_login")
    card_holder.ask_for_card()
    card_holder.desk.pull_while_signing()
    card_holder.desk.look("card-removed")
    card_holder.desk.close_window()
    assert "請重新插入卡片" in card_holder.card_refused("card_removed")
    card_holder.desk.push_back()
    card_holder.log_in_by_card()
    assert card_holder.came_in_by() == "card"


def refused(person: Person, code: str) -> None:
    """Ask for the card, read what the window says, close it; the page says the same."""
    person.go("account_login")
    person.ask_for_card()
    person.desk.look(code.replace("_", "-"))
    person.desk.close_window()
    person.card_refused(code)
