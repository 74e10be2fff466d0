"""All ways into the account in one list, and one taken away."""

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from portal.accounts.models import Person, User
from tests.portal.conftest import browser
from tests.portal.helpers import card_log_in, location, logged_in
from tests.portal.member.people import audited, later, log_in, told
from tests.portal.member.test_second_factor import switch_on
from tests.portal.pki import Pki
from tests.portal.recovery.people import start, texted_code

PAGE = "/member/ways-in/"
pytestmark = pytest.mark.django_db


def listed(client: Client) -> list[str]:
    """The kinds on the page, in order."""
    return re.findall(r'data-way="(\w+)"', client.get(PAGE).content.decode())


def test_everything_is_listed(inside: Client, owner: User, profile: str) -> None:
    log_in(browser())
    switch_on(inside)
    assert listed(inside) == ["password", "card", "second_factor", "mail", "mobile", "question", "session"]


@pytest.mark.parametrize("kind", ["card", "mail", "mobile", "question"])
def test_one_is_removed_and_the_holder_told(inside: Client, owner: User, kind: str, sends: Any) -> None:
    log_in(other := browser())
    number = owner.cards.get().pk if kind == "card" else 0
    with sends():
        answer = inside.post(f"{PAGE}{kind}/{number}/remove/", follow=True)
    assert told(answer) == "way_removed"
    assert kind not in listed(inside)  # in the same session, whose proof goes on
    assert mail.outbox[-1].to == ["wang0001@portal.example"]
    assert not logged_in(other)
    assert audited("way_removed") == ["ok"]


def test_session_is_ended_alone(inside: Client, owner: User) -> None:
    log_in(one := browser())
    log_in(two := browser())
    number = re.findall(r"session/(\d+)/remove", inside.get(PAGE).content.decode())[-1]
    assert told(inside.post(f"{PAGE}session/{number}/remove/", follow=True)) == "session_ended"
    assert [logged_in(one), logged_in(two)].count(True) == 1


def test_second_factor_has_its_own_page(inside: Client, owner: User) -> None:
    switch_on(inside)
    assert location(inside.post(f"{PAGE}second_factor/0/remove/")) == "/member/second-factor/"


def test_last_way_in_stays(client: Client, owner: User, pki: Pki) -> None:
    owner.set_unusable_password()
    owner.save()
    card_log_in(client, pki.cards["citizen"])
    answer = client.post(f"{PAGE}card/{owner.cards.get().pk}/remove/", follow=True)
    assert told(answer) == "last_way_in"
    assert audited("way_removed") == ["last_way_in"]


@pytest.mark.parametrize("path", ["password/0/", "x/0/", "mobile/-1/", "mobile/"])
def test_unknown_kinds_are_no_address(inside: Client, path: str) -> None:
    assert inside.post(f"{PAGE}{path}remove/").status_code == 404


def test_changed_mobile_serves_after_three_days(inside: Client, owner: User, profile: str, sends: Any) -> None:
    with sends():
        inside.post("/member/mobile/", {"mobile": "0922222222"})
    inside.post("/member/mobile/code/", {"code": texted_code()})
    assert "data-waits" in inside.get(PAGE).content.decode()
    with later(hours=73), sends():
        start(browser(), "text")
    assert texted_code()
    assert Person.objects.get(user=owner).rescue_mobile == "0922222222"


def test_number_confirmed_again_need_not_wait(inside: Client, owner: User, sends: Any) -> None:
    Person.objects.update(mobile_confirmed=False)
    with sends():
        inside.post("/member/mobile/", {"present": "1"})
    inside.post("/member/mobile/code/", {"code": texted_code()})
    assert Person.objects.get(user=owner).mobile_since is None
