"""The five steps: numbered as the manuals do, never skipped, reordered or replayed, and nobody else's."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from portal.accounts.models import User
from tests.portal.conftest import browser
from tests.portal.helpers import location, plain
from tests.portal.registration.walk import (
    ACCOUNT,
    ADVANCED,
    BASIC,
    CONSENT,
    DONE,
    PASSWORD,
    REGISTER,
    RESCUE,
    Walk,
    solved,
    step_of,
)  # fmt: skip

PLAIN_TITLES = ["帳號和密碼", "基本資料", "忘記密碼救援選項", "註冊確認（圖像驗證碼）", "您同意嗎？"]
ADVANCED_TITLES = ["帳號和密碼", "基本資料", "進階資料提供", "忘記密碼救援選項", "註冊確認"]


def notice(page: object) -> str:
    """The code of the message above the step."""
    text: str = page.content.decode()  # type: ignore[attr-defined]
    return text.split('id="registration-message" data-code="', 1)[1].split('"', 1)[0]


def test_entry_offers_two_choices_with_the_manuals_notes(client: Client) -> None:
    text = plain(client.get(REGISTER))
    for words in (
        "會員註冊頁",
        "申請一般會員",
        "日後仍可申請公務帳號",
        "申請公務帳號",
        "填妥進階資料申請為一般會員，待該帳號啟用後，再接續完成公務轉換申請",
        "帳號註冊完成後必須用帳號登入，並提出公務帳號申請，審核通過後始為公務帳號",
    ):
        assert words in text


def test_links_to_registration_stand_above_and_to_the_member_centre_below(client: Client) -> None:
    page = client.get("/").content.decode()
    assert f'href="{REGISTER}"' in page.split("</header>")[0]
    assert 'href="/accounts/center/"' in page.split("<footer")[1]


def test_plain_registration_has_the_manuals_five_steps(client: Client) -> None:
    walk = Walk(client)
    assert [str(title) for title in walk.page.context["titles"]] == PLAIN_TITLES
    for number, fields in enumerate((ACCOUNT, BASIC, RESCUE, {}, CONSENT), start=1):
        assert step_of(walk.page) == number
        assert PLAIN_TITLES[number - 1] in plain(walk.page)
        walk.send(fields or solved())
    assert walk.page.redirect_chain == [(DONE, 302)]


@pytest.mark.parametrize("choice", ["member", "official"])
def test_advanced_data_shift_the_numbers(client: Client, choice: str) -> None:
    walk = Walk(client, choice)
    walk.to_advanced()
    assert [str(title) for title in walk.page.context["titles"]] == ADVANCED_TITLES
    assert step_of(walk.page) == 3
    walk.send(ADVANCED)
    assert step_of(walk.page) == 4
    walk.send(RESCUE)
    assert step_of(walk.page) == 5
    page = walk.page.content.decode()
    assert 'name="captcha"' in page
    assert 'name="consent"' in page
    assert walk.send({**solved(), **CONSENT}).redirect_chain == [(DONE, 302)]


def test_official_route_has_no_switch_and_says_so(client: Client) -> None:
    walk = Walk(client, "official")
    walk.send(ACCOUNT)
    assert 'name="advanced"' not in walk.page.content.decode()
    assert "均為必填" in plain(walk.page)
    walk.send(BASIC)
    assert step_of(walk.page) == 3


@pytest.mark.parametrize("number", [2, 3, 4, 5, 6, 0, 99])
def test_no_step_is_skipped_by_address(client: Client, number: int) -> None:
    Walk(client)
    assert location(client.get(f"{REGISTER}{number}/")) == f"{REGISTER}1/"


@pytest.mark.parametrize("number", [2, 3, 4, 5, 6])
def test_no_step_is_skipped_by_its_form(client: Client, number: int) -> None:
    walk = Walk(client)
    page = walk.send({**ACCOUNT, **BASIC, **RESCUE, **CONSENT}, step=number)
    assert step_of(page) == 1
    assert notice(page) == "step_out_of_order"
    assert not User.objects.exists()


def test_step_sent_twice_is_not_taken_twice(client: Client) -> None:
    walk = Walk(client)
    first = walk.stamp()
    walk.send(ACCOUNT)
    again = client.post(f"{REGISTER}1/", {**first, **ACCOUNT, "account": "another1"}, follow=True)
    assert (step_of(again), notice(again)) == (2, "step_out_of_order")
    assert walk.draft["account"] == "clairesu1234"


def test_old_page_of_the_same_step_is_refused(client: Client) -> None:
    walk = Walk(client)
    old = walk.stamp()
    walk.send(ACCOUNT)
    walk.send({"back": "1"})
    assert step_of(walk.page) == 1
    page = client.post(f"{REGISTER}1/", {**old, **ACCOUNT}, follow=True)
    assert (step_of(page), notice(page)) == (1, "step_out_of_order")


@pytest.mark.parametrize("broken", [{"draft": "x"}, {"draft": ""}, {"turn": "99"}, {"turn": "-1"}, {"turn": "x"}])
def test_form_of_another_registration_is_refused(client: Client, broken: dict[str, str]) -> None:
    walk = Walk(client)
    assert notice(walk.send({**ACCOUNT, **broken})) == "step_out_of_order"


def test_going_back_keeps_what_was_told_but_never_a_password(client: Client) -> None:
    walk = Walk(client).to_rescue()
    walk.send({"back": "1"})
    page = walk.page.content.decode()
    assert 'value="蘇小明"' in page
    assert page.count('value="clairesu@portal.example"') == 2
    walk.send({"back": "1"})
    page = walk.page.content.decode()
    assert 'value="clairesu1234"' in page
    assert PASSWORD not in page
    walk.send({"back": "1"})
    assert step_of(walk.page) == 1


def test_unticking_the_switch_forgets_the_advanced_data(client: Client) -> None:
    walk = Walk(client)
    walk.to_advanced().send(ADVANCED)
    walk.send({"back": "1"})
    walk.send({"back": "1"})
    assert "checked" in walk.page.content.decode().split('name="advanced"')[1].split(">")[0]
    walk.send(BASIC)
    assert (walk.draft["details"], walk.draft["sealed_number"]) == ({}, "")
    assert [str(title) for title in walk.page.context["titles"]] == PLAIN_TITLES


def test_another_browser_has_nothing_of_it(client: Client) -> None:
    walk = Walk(client).to_consent()
    stranger = browser()
    page = stranger.post(f"{REGISTER}5/", {**walk.stamp(), **CONSENT}, follow=True)
    assert page.redirect_chain == [(REGISTER, 302)]
    assert notice(page) == "page_outdated"
    assert not User.objects.exists()


@pytest.mark.parametrize("late", [False, True])
def test_registration_is_kept_for_an_hour(client: Client, late: bool) -> None:
    Walk(client)
    with time_machine.travel(timezone.now() + timedelta(seconds=3601 if late else 3500)):
        assert (client.get(f"{REGISTER}1/").status_code == 302) is late


def test_new_choice_ends_the_registration_under_way(client: Client) -> None:
    walk = Walk(client).to_consent()
    old = walk.stamp()
    assert "繼續填寫" in plain(client.get(REGISTER))
    Walk(client)
    page = client.post(f"{REGISTER}5/", {**old, **CONSENT}, follow=True)
    assert step_of(page) == 1
    assert not User.objects.exists()


@pytest.mark.parametrize("choice", ["", "admin", "MEMBER", "x" * 5000])
def test_unknown_choice_begins_nothing(client: Client, choice: str) -> None:
    page = client.post(REGISTER, {"choice": choice}, follow=True)
    assert notice(page) == "page_outdated"
    assert "registration" not in client.session


def test_session_holds_no_password_answer_number_or_recovery_code(client: Client, profile: str) -> None:
    walk = Walk(client)
    walk.to_advanced().send(ADVANCED)
    walk.send(RESCUE)
    kept = json.dumps(dict(client.session.items()), ensure_ascii=False)
    for secret in (PASSWORD, "A123456789", "示範國小", RESCUE["answer"]):
        assert secret not in kept
    assert bool(walk.draft["sealed_code"]) is (profile == "modern")


def test_get_changes_nothing(client: Client) -> None:
    walk = Walk(client).to_consent()
    before = walk.draft
    for number in range(7):
        client.get(f"{REGISTER}{number}/?back=1&consent=on")
    assert walk.draft == before
    assert not User.objects.exists()


def test_logged_in_people_do_not_register(client: Client, user: User) -> None:
    client.force_login(user)
    assert location(client.get(REGISTER)) == "/member/"
    assert location(client.post(REGISTER, {"choice": "member"})) == "/member/"


def test_step_needs_the_csrf_token() -> None:
    client = browser(enforce_csrf_checks=True)
    assert client.post(REGISTER, {"choice": "member"}).status_code == 403
