"""申請公務帳號, chosen at the registration, is remembered, and is never more than a wish."""

from typing import Any

import pytest
from django.test import Client

from portal.accounts.models import User
from tests.portal.conftest import browser
from tests.portal.helpers import plain
from tests.portal.registration.walk import ADVANCED, CONSENT, MAIL, PASSWORD, RESCUE, Walk, link_in, mail_to, solved

OFFICIAL = "/member/official/"


def registered(client: Client, choice: str) -> str:
    """All steps of a registration; the confirmation mail."""
    walk = Walk(client, choice).to_advanced()
    walk.send(ADVANCED)
    walk.send(RESCUE)
    walk.send({**solved(), **CONSENT})
    return mail_to(MAIL)


def log_in(**more: str) -> tuple[Client, Any]:
    """A new browser's log-in, and its answer."""
    client = browser()
    return client, client.post("/accounts/login/", {"login": "clairesu1234", "password": PASSWORD, **more})


def test_choice_goes_with_the_registration_into_mail_and_account(client: Client, profile: str) -> None:
    text = registered(client, "official")
    assert "您註冊時選擇了申請公務帳號" in text
    assert f"https://portal.test{OFFICIAL}" in text
    assert User.objects.get().official_wanted


def test_others_are_told_of_the_way_as_the_manual_does(client: Client, profile: str) -> None:
    text = registered(client, "member")
    assert "若您要申請成為公務帳號" in text
    assert f"https://portal.test{OFFICIAL}" in text
    assert not User.objects.get().official_wanted


def test_first_log_in_leads_to_the_application_and_later_ones_do_not(client: Client, profile: str) -> None:
    client.post(link_in(registered(client, "official")))
    first, answer = log_in()
    assert answer.url == OFFICIAL
    page = plain(first.get(OFFICIAL))
    assert "已記錄在您的帳號" in page
    assert "目前尚未受理公務帳號申請" in page
    later, answer = log_in()
    assert answer.url == "/member/"
    assert 'id="official-wanted"' in later.get("/member/").content.decode()


def test_page_that_was_asked_for_comes_first(client: Client, profile: str) -> None:
    client.post(link_in(registered(client, "official")))
    _, answer = log_in(next="/member/cards/")
    assert answer.url == "/member/cards/"


def test_member_who_did_not_choose_it_is_not_led_there(client: Client, profile: str) -> None:
    client.post(link_in(registered(client, "member")))
    inside, answer = log_in()
    assert answer.url == "/member/"
    assert 'id="official-wanted"' not in inside.get("/member/").content.decode()


@pytest.mark.parametrize("page", ["/accounts/register/4/", "/accounts/register/5/"])
def test_field_of_a_later_step_makes_no_applicant(client: Client, profile: str, page: str) -> None:
    walk = Walk(client, "member").to_rescue()
    client.post(page, {"official": "1", "official_wanted": "on", **walk.stamp()})
    assert walk.draft["official"] is False
