"""登入裝置."""

import re
from datetime import datetime, timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client

from portal.accounts.models import User
from portal.member.sessions import _name
from tests.portal.conftest import PASSWORD, browser
from tests.portal.helpers import logged_in
from tests.portal.member.people import audited, later, log_in, part, told
from tests.portal.pki import Pki
from tests.portal.recovery.people import by_card, set_password

PAGE = "/member/sessions/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
pytestmark = pytest.mark.django_db


def test_own_and_other_sessions_are_listed(inside: Client, owner: User) -> None:
    other = browser()
    other.post("/accounts/login/", {"login": "wang0001", "password": PASSWORD}, HTTP_USER_AGENT=FIREFOX)
    source = inside.get(PAGE).content.decode()
    assert source.count('id="here"') == 1
    assert source.count("/end/") == 1
    assert "Firefox、Linux" in source


def test_when_another_one_was_last_used(inside: Client, owner: User) -> None:
    log_in(other := browser())
    log_in(unused := browser())
    with later(minutes=7):
        assert logged_in(other)
        keys = UserSession.objects.order_by("-last_seen_at").values_list("session_key", flat=True)
        assert keys[0] == other.session.session_key
        assert unused.session.session_key in keys[1:]
        source = inside.get(PAGE).content.decode()
    shown = [datetime.fromisoformat(one) for one in re.findall(r'class="used" datetime="([^"]+)"', source)]
    assert len(shown) == 2
    assert timedelta(minutes=6) < shown[0] - shown[1] < timedelta(minutes=8)


def test_another_one_is_ended(inside: Client, owner: User) -> None:
    other = browser()
    log_in(other)
    row = UserSession.objects.exclude(session_key=inside.session.session_key).get()
    assert told(inside.post(f"{PAGE}{row.pk}/end/", follow=True)) == "session_ended"
    assert (logged_in(inside), logged_in(other)) == (True, False)
    assert audited("sessions_ended") == ["ok"]


def test_all_others_are_ended(inside: Client, owner: User) -> None:
    others = [browser(), browser()]
    for other in others:
        log_in(other)
    assert told(inside.post(f"{PAGE}end-others/", follow=True)) == "sessions_ended"
    assert logged_in(inside)
    assert not any(logged_in(other) for other in others)


def test_sessions_of_other_people_are_out_of_reach(inside: Client, owner: User) -> None:
    User.objects.create_user("lin00002", "lin@portal.example", PASSWORD, name="林美玲")
    stranger = browser()
    log_in(stranger, account="lin00002")
    row = UserSession.objects.get(user__username="lin00002")
    assert inside.post(f"{PAGE}{row.pk}/end/").status_code == 404
    assert "Log out everywhere else" not in inside.get(PAGE).content.decode()
    inside.post(f"{PAGE}end-others/")
    assert logged_in(stranger)


def test_ended_sessions_and_those_that_are_over_are_not_listed(inside: Client, owner: User) -> None:
    other = browser()
    log_in(other)
    other.session.flush()
    assert "/end/" not in inside.get(PAGE).content.decode()


@pytest.mark.parametrize("path", [f"{PAGE}1/end/", f"{PAGE}end-others/"])
def test_nothing_ends_by_a_link(inside: Client, path: str) -> None:
    assert inside.get(path).status_code == 405


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (FIREFOX, "Firefox、Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge、Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Safari/605.1.15", "Safari、macOS"),
        ("<script>Chromer", ""),
        ("", ""),
    ],
)
def test_browsers_are_named_from_a_list(agent: str, name: str) -> None:
    assert _name(agent) == name


def test_what_a_browser_calls_itself_is_never_shown(client: Client, owner: User) -> None:
    client.post("/accounts/login/", {"login": "wang0001", "password": PASSWORD}, HTTP_USER_AGENT="<b>evil Firefox")
    page = client.get(PAGE)
    assert "evil" not in page.content.decode()
    assert "Firefox" in part(page, "main")


def test_session_that_goes_on_after_a_reset_stays_in_the_list(inside: Client, owner: User, pki: Pki) -> None:
    other = browser()
    log_in(other)
    by_card(inside, "reset", pki.cards["citizen"])
    set_password(inside, end_others="")
    source = inside.get(PAGE).content.decode()
    assert source.count('id="here"') == 1
    assert source.count("/end/") == 1
    assert logged_in(other)
