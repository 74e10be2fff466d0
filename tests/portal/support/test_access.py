"""Who enters the desk: the staff with a code in this log-in, not long away; for the others there is no such page."""

import pytest
from django.test import Client

from portal.accounts.models import User
from tests.portal.conftest import PASSWORD, browser
from tests.portal.helpers import card_log_in, location, plain
from tests.portal.member.people import audited, later, log_in, told, totp
from tests.portal.member.test_second_factor import STEP, switch_on
from tests.portal.pki import Pki
from tests.portal.support.people import CODE_PAGE, DESK, look_up, make_staff, sent

PATHS = (DESK, f"{DESK}1/", CODE_PAGE)
ASKED = f"{CODE_PAGE}?next=%2Fsupport%2Freports%2F"
pytestmark = pytest.mark.django_db


def answers(client: Client) -> list[int]:
    """How every page of the desk answers, opened and sent a form."""
    return [send(path).status_code for path in PATHS for send in (client.get, client.post)]


def test_strangers_and_members_find_nothing(client: Client, user: User) -> None:
    sent()
    assert answers(client) == [404] * 6
    assert plain(client.get(DESK)) == plain(client.get("/no-such-page/"))
    log_in(client)
    assert answers(client) == [404] * 6
    switch_on(client)
    assert answers(client) == [404] * 6
    assert "to-reports" not in client.get("/member/").content.decode()


def test_staff_without_a_second_factor_is_led_to_set_it_up(client: Client, user: User) -> None:
    make_staff(user)
    log_in(client)
    for path in PATHS:
        assert location(client.get(path)) == "/member/second-factor/"
    page = client.get(DESK, follow=True)
    assert told(page) == "second_factor_needed"
    assert "兩階段驗證" in page.content.decode()
    switch_on(client)
    assert client.get(DESK).status_code == 200


def test_code_at_the_log_in_is_enough(user: User) -> None:
    make_staff(user)
    first = browser()
    log_in(first)
    secret = switch_on(first)
    client = browser()
    with later(seconds=30):
        client.post("/accounts/login/", {"login": user.username, "password": PASSWORD, "next": DESK})
        assert location(client.post(STEP, {"code": totp(secret)})) == DESK
        assert client.get(DESK).status_code == 200
        assert 'id="to-reports"' in client.get("/member/").content.decode()


def test_card_alone_is_asked_for_a_code_and_comes_back(user: User, pki: Pki) -> None:
    make_staff(user)
    first = browser()
    log_in(first)
    secret = switch_on(first)
    client = browser()
    card_log_in(client, pki.cards["citizen"])
    assert location(client.get(DESK)) == ASKED
    assert location(client.post(DESK, {"code": "ABCD2345"})) == ASKED
    page = client.post(CODE_PAGE, {"code": "000000", "next": DESK})
    assert 'data-code="second_factor_wrong"' in page.content.decode()
    assert location(client.get(DESK)) == ASKED
    key = client.session.session_key
    with later(seconds=30):
        assert location(client.post(CODE_PAGE, {"code": totp(secret), "next": DESK})) == DESK
        assert client.get(DESK).status_code == 200
        assert client.session.session_key != key
        assert location(client.get(CODE_PAGE)) == DESK
    assert audited("support_code") == ["second_factor_wrong", "ok"]


def test_next_leads_to_this_site_only(desk: Client) -> None:
    assert location(desk.get(CODE_PAGE, {"next": "https://evil.example/"})) == DESK


def test_asked_again_after_fifteen_minutes_away_but_not_while_working(desk: Client, user: User) -> None:
    desk.get(DESK)
    for minutes in (10, 20, 30):
        with later(minutes=minutes):
            assert desk.get(DESK).status_code == 200
    with later(minutes=46):
        desk.get("/member/")  # a page of the member's area is none of the desk
        assert location(desk.get(DESK)) == ASKED
        assert location(look_up(desk)) == ASKED


def test_logged_out_after_eight_hours(desk: Client) -> None:
    for quarter in range(1, 33):
        with later(minutes=14 * quarter):
            assert desk.get(DESK).status_code == 200
    with later(hours=7, minutes=40):
        assert desk.get(DESK).status_code == 200
    with later(hours=8, minutes=1):
        assert location(desk.get(DESK)) == "/accounts/login/?next=%2Fsupport%2Freports%2F"
        assert desk.get("/member/").status_code == 302
    assert audited("session_over") == ["ok"]


def test_whoever_is_no_longer_of_the_staff_is_out_at_once(desk: Client, user: User) -> None:
    report = sent()
    assert location(look_up(desk)) == f"{DESK}{report.pk}/"
    user.is_staff = False
    user.save()
    assert desk.get(f"{DESK}{report.pk}/").status_code == 404
    assert answers(desk) == [404] * 6
