"""The same with two workers that share one database: what is counted on one counts on the other."""

import copy
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.portal.conftest import PASSWORD
from tests.portal.data.person import Page, Person
from tests.portal.data.test_two_workers import Office, _code, office
from tests.portal.test_serving import tls

__all__ = ["office", "tls"]
WHO = "a stranger"
pytestmark = pytest.mark.slow
LOGIN, AGAIN = "/accounts/login/", "/accounts/reauthenticate/"
COOKIE = "__Host-device"


def send(person: Person, port: int, password: str) -> Page:
    """The log-in form on a worker."""
    return person.post(port, LOGIN, login="wang0001", password=password)


def holder(office: Office) -> Person:
    """Somebody who has logged in on the first worker."""
    person = office.person()
    assert send(person, office.first, PASSWORD).location == "/member/"
    return person


def test_lock_of_strangers_on_both_workers(office: Office) -> None:
    """Type wrong passwords on both workers, so that the holder's own browser is refused by either."""
    home = holder(office)
    ports = (office.first, office.second)
    home.get(office.first, "/accounts/logout/")
    home.post(office.first, "/accounts/logout/")
    for number in range(8):
        send(office.person(), ports[number % 2], f"wrong-{number}")
    assert _code(send(office.person(), office.first, PASSWORD)) in ("captcha_needed", "account_locked")
    home.get(office.second, LOGIN)
    assert send(home, office.second, PASSWORD).location == "/member/"


def test_many_guesses_at_once_in_an_open_session(office: Office) -> None:
    """Guess in one open session through both workers at the same time: five are looked at, then the session ends."""
    person = holder(office)
    person.get(office.first, AGAIN)
    ports = (office.first, office.second)

    def guess(number: int) -> str:
        mine = copy.copy(person)
        mine.cookies = dict(person.cookies)
        page = mine.post(ports[number % 2], AGAIN, password=f"wrong-{number}")
        return page.location or _code(page)

    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(guess, range(16)))
    looked_at = [one for one in seen if one == "password_wrong"]
    assert len(looked_at) <= 5
    asked = (
        "from portal.accounts.models import PasswordTries as T; print(max(T.objects.values_list('in_all', flat=True)))"
    )
    assert int(office.ask(asked)) <= 5


def test_many_guesses_at_once_with_a_stolen_cookie(office: Office) -> None:
    """Guess with the cookie of a known browser through both workers at the same time: five are counted for it."""
    cookie = holder(office).cookies[COOKIE]
    ports = (office.first, office.second)
    thieves = [office.person() for _ in range(6)]

    def guess(number: int) -> None:
        thieves[number].cookies[COOKIE] = cookie
        for one in range(3):
            send(thieves[number], ports[(number + one) % 2], f"wrong-{number}-{one}")

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(guess, range(6)))
    asked = (
        "from portal.accounts.models import PasswordTries as T;"
        "print(*T.objects.filter(source='device').values_list('in_all', flat=True))"
    )
    assert 1 <= int(office.ask(asked)) <= 5
