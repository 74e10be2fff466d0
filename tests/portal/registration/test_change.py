"""Change of the mail address: confirmed by the new one, told to the old one, which stays until then."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from portal.accounts.codes import CodePurpose, issue, take_link
from portal.accounts.models import IssuedCode, User
from portal.audit.models import AuditEvent
from portal.policy import policy
from tests.portal.conftest import PASSWORD, browser
from tests.portal.helpers import location, plain
from tests.portal.registration.walk import code_in, link_in, mail_to

PAGE = "/accounts/mail/"
OLD, NEW = "wang0001@portal.example", "new@portal.example"


@pytest.fixture
def member(user: User) -> User:
    """A member whose address is confirmed."""
    EmailAddress.objects.create(user=user, email=OLD, verified=True, primary=True)
    return user


@pytest.fixture
def entered(client: Client, member: User) -> Client:
    """The member's browser, logged in."""
    client.post("/accounts/login/", {"login": member.username, "password": PASSWORD})
    return client


def ask(client: Client, address: str = NEW, again: str | None = None) -> Any:
    """The form for another address."""
    return client.post(PAGE, {"email": address, "email_again": address if again is None else again}, follow=True)


def code_of(page: Any, place: str = "mail") -> str:
    """The failure that a page shows."""
    return str(page.content.decode().split(f'id="{place}-message" data-code="', 1)[1].split('"', 1)[0])


def done(page: Any) -> str:
    """What a page says was done."""
    return str(page.content.decode().split('data-done="', 1)[1].split('"', 1)[0])


def state() -> tuple[str, set[tuple[str, bool, bool]]]:
    """Everything that is kept of the addresses."""
    rows = EmailAddress.objects.values_list("email", "primary", "verified")
    return User.objects.get(username="wang0001").email, set(rows)


def test_old_address_stays_until_the_new_one_is_confirmed(entered: Client) -> None:
    page = ask(entered)
    assert done(page) == "asked"
    assert state() == (OLD, {(OLD, True, True), (NEW, False, False)})
    text = page.content.decode()
    assert re.search(f'id="present">{OLD}', text)
    assert f'id="waiting">{NEW}' in text
    assert [one.to for one in mail.outbox] == [[OLD], [NEW]]


def test_link_makes_the_change_by_its_button(entered: Client) -> None:
    ask(entered)
    link = link_in(mail_to(NEW))
    stranger = browser()
    assert stranger.get(link).status_code == 200
    assert state()[0] == OLD
    page = stranger.post(link, follow=True)
    assert "電子信箱已變更" in plain(page)
    assert page.redirect_chain == [("/accounts/login/", 302)]
    assert state() == (NEW, {(NEW, True, True)})
    assert "已改為另一個地址" in mail_to(OLD)
    assert AuditEvent.objects.filter(action="change_mail", code="ok").count() == 1


def test_own_browser_comes_back_to_the_page(entered: Client) -> None:
    ask(entered)
    assert done(entered.post(link_in(mail_to(NEW)), follow=True)) == "changed"


def test_code_makes_the_change_too(entered: Client) -> None:
    ask(entered)
    wrong = entered.post(f"{PAGE}code/", {"code": "x"}, follow=True)
    assert code_of(wrong) == "confirm_code_wrong"
    page = entered.post(f"{PAGE}code/", {"code": code_in(mail_to(NEW))}, follow=True)
    assert done(page) == "changed"
    assert state() == (NEW, {(NEW, True, True)})


@pytest.mark.parametrize("what", ["used", "expired", "cancelled", "replaced", "unknown"])
def test_links_that_lead_nowhere(entered: Client, what: str) -> None:
    ask(entered)
    link, later = link_in(mail_to(NEW)), timezone.now()
    if what == "used":
        entered.post(link)
    elif what == "expired":
        later += policy().confirm_within + timedelta(seconds=1)
    elif what == "cancelled":
        assert done(entered.post(f"{PAGE}cancel/", follow=True)) == "cancelled"
    elif what == "replaced":
        ask(entered, "third@portal.example")
    else:
        link = f"{PAGE}confirm/unknown/"
    before = state()
    with time_machine.travel(later):
        for page in (browser().get(link), browser().post(link)):
            assert page.status_code == 410
            expected = what if what in ("expired", "unknown") else "used"
            assert code_of(page, "confirm") == f"confirm_link_{expected}"
    assert state() == before


def test_registration_link_is_no_change_link(entered: Client, member: User) -> None:
    ask(entered)
    token = link_in(mail_to(NEW)).split("/")[-2]
    assert browser().post(f"/accounts/confirm/{token}/").status_code == 410
    assert state()[0] == OLD


def test_pressed_many_times_at_once_changes_once(entered: Client) -> None:
    ask(entered)
    link = link_in(mail_to(NEW))

    def press(_: int) -> int:
        try:
            return int(browser().post(link).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(press, range(4))) == [302, 410, 410, 410]
    assert state() == (NEW, {(NEW, True, True)})


def test_nothing_is_left_of_a_change_that_breaks_half_way(entered: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(entered)
    before = state()

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("portal.registration.change.record", fail)
    with pytest.raises(RuntimeError):
        entered.post(link_in(mail_to(NEW)))
    assert state() == before
    monkeypatch.undo()
    assert done(entered.post(link_in(mail_to(NEW)), follow=True)) == "changed"


def test_codes_in_the_old_mailbox_end_with_the_change(entered: Client, member: User) -> None:
    stolen = issue(member, CodePurpose.RESET_PASSWORD, IssuedCode.Channel.MAIL, OLD, timedelta(hours=1))
    ask(entered)
    entered.post(link_in(mail_to(NEW)))
    assert take_link(CodePurpose.RESET_PASSWORD, stolen.link) is None


def test_address_of_another_account_gives_the_same_page_and_a_mail_to_its_owner(entered: Client) -> None:
    other = User.objects.create_user("lin00002", NEW, PASSWORD, name="林美玲")
    EmailAddress.objects.create(user=other, email=NEW, verified=True, primary=True)
    page = ask(entered)
    assert done(page) == "asked"
    assert f'id="waiting">{NEW}' in page.content.decode()
    assert "已屬於您的帳號" in mail_to(NEW)
    assert not IssuedCode.objects.exists()


def test_address_confirmed_by_another_account_meanwhile(entered: Client) -> None:
    ask(entered)
    other = User.objects.create_user("lin00002", NEW, PASSWORD, name="林美玲")
    EmailAddress.objects.create(user=other, email=NEW, verified=True, primary=True)
    page = browser().post(link_in(mail_to(NEW)))
    assert code_of(page, "confirm") == "mail_taken"
    assert state()[0] == OLD


def test_change_needs_a_fresh_proof(entered: Client) -> None:
    with time_machine.travel(timezone.now() + timedelta(seconds=301)):
        for path in (PAGE, f"{PAGE}code/"):
            assert location(entered.post(path, {"email": NEW, "email_again": NEW})).startswith("/accounts/reauth")
    assert state() == (OLD, {(OLD, True, True)})


@pytest.mark.parametrize("path", ["", "code/", "cancel/"])
def test_strangers_are_sent_to_log_in(client: Client, path: str) -> None:
    assert location(client.post(f"{PAGE}{path}")).startswith("/accounts/login/")


@pytest.mark.parametrize(
    ("address", "again"), [(OLD, OLD), ("x", "x"), (NEW, "other@portal.example"), ("", ""), (NEW, "")]
)
def test_refused_addresses(entered: Client, address: str, again: str) -> None:
    page = ask(entered, address, again)
    assert page.context["form"].errors
    assert mail.outbox == []


def test_unconfirmed_own_address_is_confirmed_from_here(client: Client, user: User) -> None:
    EmailAddress.objects.create(user=user, email=OLD, verified=False, primary=True)
    client.post("/accounts/login/", {"login": user.username, "password": PASSWORD})
    assert "尚未確認" in plain(client.get(PAGE))
    ask(client, OLD)
    assert location(client.post(link_in(mail_to(OLD)))) == "/member/"
    assert EmailAddress.objects.get().verified


def test_account_without_an_address_gets_one(client: Client, user: User) -> None:
    User.objects.update(email="")
    client.post("/accounts/login/", {"login": user.username, "password": PASSWORD})
    ask(client)
    assert [one.to for one in mail.outbox] == [[NEW]]
    client.post(link_in(mail_to(NEW)))
    assert state() == (NEW, {(NEW, True, True)})


def test_mail_can_be_sent_again(entered: Client) -> None:
    ask(entered)
    older = link_in(mail_to(NEW))
    assert done(entered.post(f"{PAGE}code/", {"again": "1"}, follow=True)) == "again"
    assert browser().post(older).status_code == 410
    assert browser().post(link_in(mail_to(NEW))).status_code == 302
    # Nothing waits any more: nothing is sent.
    count = len(mail.outbox)
    entered.post(f"{PAGE}code/", {"again": "1"})
    assert len(mail.outbox) == count


def test_changes_are_limited(entered: Client, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"mail_change": "2/h/user", "confirm_code": "1/m/ip"}
    pages = [ask(entered, f"n{number}@portal.example") for number in range(3)]
    assert code_of(pages[-1]) == "rate_limited"
    entered.post(f"{PAGE}code/", {"code": "x"})
    assert code_of(entered.post(f"{PAGE}code/", {"code": "x"}, follow=True)) == "rate_limited"


def test_notice_to_the_old_address_is_never_held_back(entered: Client, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"confirm_mail": "0/h/key"}
    ask(entered)
    assert [one.to for one in mail.outbox] == [[OLD]]


def test_link_of_an_account_closed_meanwhile(entered: Client) -> None:
    ask(entered)
    User.objects.update(is_active=False)
    assert browser().post(link_in(mail_to(NEW))).status_code == 410
    assert state()[0] == OLD
