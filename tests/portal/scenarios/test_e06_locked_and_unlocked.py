"""E6: five wrong passwords → locked → unlock by card → log in."""

from datetime import timedelta

from tests.portal.scenarios.person import Person
from tests.portal.scenarios.recovering import choose_way

# Seconds to wait after the first to the fourth wrong password (K10).
WAITS = {"modern": (0, 0, 1, 2), "egov-compat": (5, 5, 5, 5)}
WRONG = "Not-my-password-1"


def test_unlock_by_card(card_holder: Person, profile: str) -> None:
    person = card_holder
    lock(person, profile)
    # Nobody types as fast as this: the limit of tries in a minute is another rule.
    person.wait(timedelta(minutes=1))
    # The card is never in the way of the lock (K10).
    person.log_in_by_card()
    assert person.came_in_by() == "card"
    person.log_out()
    choose_way(person, "帳號未啟用或被鎖定？")
    person.use_card()
    assert person.done() == "unlock"
    assert "解除鎖定" in person.next_mail().subject
    person.follow("會員登入")
    person.log_in()
    assert person.came_in_by() == "password"


def test_lock_ends_by_itself_in_one_profile_only(card_holder: Person, profile: str) -> None:
    person = card_holder
    lock(person, profile)
    person.wait(timedelta(minutes=14, seconds=50))
    person.log_in()
    assert person.refused() == "account_locked"
    person.wait(timedelta(seconds=11))
    person.log_in()
    if profile == "modern":
        assert person.came_in_by() == "password"
        return
    person.wait(timedelta(days=30))
    person.log_in()
    assert person.refused() == "account_locked"


def lock(person: Person, profile: str) -> None:
    """Type wrong passwords until the account is locked; a captcha is asked for from the third on."""
    for count, seconds in enumerate(WAITS[profile], 1):
        person.log_in(WRONG)
        assert person.refused() == "password_wrong"
        assert bool(person.page.locator("input[name=captcha]").count()) is (count >= 3)
        if seconds > 3:
            person.log_in()
            assert person.refused() == "wait_a_moment"
        person.wait(timedelta(seconds=seconds))
    person.log_in(WRONG)
    assert person.refused() == "password_wrong"
    person.log_in()
    assert person.refused() == "account_locked"
