"""Confirming an address: by link or by code, by POST, once, in time, and nobody is logged in by it."""

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

from portal.accounts.models import IssuedCode, Person, User
from portal.audit.models import AuditEvent
from portal.policy import policy
from tests.portal.conftest import browser
from tests.portal.helpers import location, logged_in, plain
from tests.portal.registration.walk import MAIL, PASSWORD, REGISTER, Walk, code_in, link_in, mail_to, solved

LOGIN = "/accounts/login/"
KNOWN = {"registered": "1", "password": PASSWORD}
"""What another browser than the one that registered is asked for."""
CODE = "/accounts/confirm/"
RESEND = "/accounts/resend/"


@pytest.fixture
def registered(client: Client) -> User:
    """An account that waits for its confirmation, registered in the browser of the test."""
    Walk(client).plain()
    return User.objects.get()


def code_of(page: Any) -> str:
    """The failure that a page shows."""
    return str(page.content.decode().split('id="confirm-message" data-code="', 1)[1].split('"', 1)[0])


def type_code(client: Client, code: str, account: str = "clairesu1234") -> Any:
    """The page where the code is typed."""
    return client.post(CODE, {"account": account, "code": code}, follow=True)


def log_in(client: Client) -> Any:
    """Log in by password."""
    return client.post(LOGIN, {"login": "clairesu1234", "password": PASSWORD})


def test_link_shows_a_button_and_changes_nothing(client: Client, registered: User) -> None:
    link = link_in(mail_to(MAIL))
    for _ in range(3):
        page = client.get(link)
        assert page.status_code == 200
        assert 'id="confirm"' in page.content.decode()
        client.head(link)
    assert not User.objects.get().is_active
    assert IssuedCode.objects.get().used is None


def test_button_activates_the_account_and_logs_nobody_in(client: Client, registered: User) -> None:
    page = client.post(link_in(mail_to(MAIL)), follow=True)
    assert page.redirect_chain == [(LOGIN, 302)]
    assert "您的帳號已啟用成功" in plain(page)
    assert "已啟用成功" not in plain(client.get(LOGIN))
    assert not logged_in(client)
    assert EmailAddress.objects.get().verified
    assert AuditEvent.objects.filter(action="confirm_mail", code="ok", account=registered.pk).count() == 1
    log_in(client)
    assert logged_in(client)


def test_nobody_logs_in_before(client: Client, registered: User) -> None:
    assert location(log_in(client)) == LOGIN
    assert not logged_in(client)


def test_code_is_as_good_as_the_link(client: Client, registered: User) -> None:
    page = type_code(client, f" {code_in(mail_to(MAIL))} ", "ClaireSu1234")
    assert page.redirect_chain == [(LOGIN, 302)]
    assert User.objects.get().is_active


def test_link_works_once(client: Client, registered: User) -> None:
    link = link_in(mail_to(MAIL))
    client.post(link)
    for page in (client.get(link), client.post(link)):
        assert (page.status_code, code_of(page)) == (410, "confirm_link_used")
        assert f'href="{RESEND}"' in page.content.decode()


def test_code_ends_with_the_link_and_after_five_wrong_ones(client: Client, registered: User) -> None:
    right = code_in(mail_to(MAIL))
    wrong = "000000" if right != "000000" else "000001"
    for _ in range(policy().code_tries):
        assert code_of(type_code(client, wrong)) == "confirm_code_wrong"
    assert code_of(type_code(client, right)) == "confirm_code_wrong"
    # The link, which nobody can guess, still works.
    assert location(client.post(link_in(mail_to(MAIL)))) == LOGIN


@pytest.mark.parametrize("account", ["nobody01", "", "x" * 16, "clairesu1234'--"])
def test_unknown_account_and_wrong_code_look_alike(client: Client, registered: User, account: str) -> None:
    page = type_code(client, "000000", account)
    if 5 <= len(account) <= 15:
        assert code_of(page) == code_of(type_code(client, "x"))
    assert not User.objects.get().is_active


def test_typed_codes_are_limited(client: Client, registered: User, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"confirm_code": "2/m/ip"}
    codes = [code_of(type_code(client, "000000")) for _ in range(3)]
    assert codes == ["confirm_code_wrong", "confirm_code_wrong", "rate_limited"]


@pytest.mark.parametrize("second", [-1, 1])
def test_link_and_code_live_as_long_as_the_profile_says(client: Client, registered: User, second: int) -> None:
    body = mail_to(MAIL)
    with time_machine.travel(IssuedCode.objects.get().created + policy().confirm_within + timedelta(seconds=second)):
        page = client.get(link_in(body))
        if second < 0:
            assert page.status_code == 200
            return
        assert (page.status_code, code_of(page)) == (410, "confirm_link_expired")
        assert code_of(client.post(link_in(body))) == "confirm_link_expired"
        assert code_of(type_code(client, code_in(body))) == "confirm_code_wrong"
    assert not User.objects.get().is_active


def test_life_is_the_manuals_or_a_day(profile: str) -> None:
    assert policy().confirm_within == (timedelta(days=7) if profile == "egov-compat" else timedelta(hours=24))


def test_expired_link_resend_confirm(client: Client, registered: User) -> None:
    with time_machine.travel(timezone.now() + policy().confirm_within + timedelta(seconds=1)):
        client.get(RESEND)
        assert "系統將會重寄確認信" in plain(client.post(RESEND, {"account": "clairesu1234", **solved()}, follow=True))
        # The session of the registration is long over.
        assert client.post(link_in(mail_to(MAIL)), KNOWN, follow=True).redirect_chain == [(LOGIN, 302)]
        log_in(client)
        assert logged_in(client)


@pytest.mark.parametrize("link", ["x", "x" * 1500, "..%2f", "%00"])
def test_unknown_link_is_explained(client: Client, db: None, link: str) -> None:
    page = client.get(f"{CODE}{link}/")
    assert page.status_code in (404, 410)
    if page.status_code == 410:
        assert code_of(page) == code_of(client.post(f"{CODE}{link}/")) == "confirm_link_unknown"


def test_older_link_stays_good_until_one_is_used(client: Client, registered: User) -> None:
    """Anybody may have the mail sent again; that ends nothing its holder has in the mailbox."""
    older = link_in(mail_to(MAIL))
    client.get(RESEND)
    client.post(RESEND, {"account": "clairesu1234", **solved()})
    newer = link_in(mail_to(MAIL))
    assert newer != older
    assert location(client.post(older)) == LOGIN
    assert code_of(client.post(newer)) == "confirm_link_used"


def test_link_pressed_many_times_at_once_confirms_once(client: Client, registered: User) -> None:
    link = link_in(mail_to(MAIL))

    def press(_: int) -> int:
        try:
            (same := browser()).cookies = client.cookies
            return int(same.post(link).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(press, range(4))) == [302, 410, 410, 410]


def test_first_confirmation_of_an_address_wins(client: Client) -> None:
    Walk(browser()).plain()
    first = link_in(mail_to(MAIL))
    Walk(browser()).plain("another01")
    second = link_in(mail_to(MAIL))
    assert location(client.post(first, KNOWN)) == LOGIN
    assert code_of(client.post(second, KNOWN)) == "mail_taken"
    assert not User.objects.get(username="another01").is_active
    assert EmailAddress.objects.filter(verified=True).count() == 1


def test_confirmations_of_one_address_at_once_make_one_account_active() -> None:
    links = []
    for name in ("person01", "person02", "person03"):
        Walk(browser()).plain(name)
        links.append(link_in(mail_to(MAIL)))

    def press(link: str) -> None:
        try:
            browser().post(link, KNOWN)
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(press, links))
    assert User.objects.filter(is_active=True).count() == EmailAddress.objects.filter(verified=True).count() == 1


@pytest.mark.parametrize(
    "state", [{"delete_after": timezone.now()}, {"certificate_only": True}, {"last_login": timezone.now()}]
)
def test_account_that_was_closed_is_not_opened_by_an_old_mail(
    client: Client, registered: User, state: dict[str, object]
) -> None:
    User.objects.update(**state)
    client.post(link_in(mail_to(MAIL)))
    assert not User.objects.get().is_active


def test_link_leads_back_to_an_allowed_page_only(client: Client) -> None:
    Walk(client, next="/member/cards/").plain()
    assert location(client.post(link_in(mail_to(MAIL)))) == f"{LOGIN}?next=%2Fmember%2Fcards%2F"


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "x" * 3000])
def test_link_never_leads_to_another_site(client: Client, registered: User, target: str) -> None:
    link = link_in(mail_to(MAIL))
    assert "evil" not in client.get(link, {"next": target}).content.decode()
    assert location(client.post(link, {"next": target})) == LOGIN
    Walk(browser(), next=target).plain("another01")
    assert "next=" not in mail_to(MAIL)


def test_person_who_is_logged_in_already_goes_to_the_member_page(client: Client, registered: User) -> None:
    User.objects.update(is_active=True)
    log_in(client)
    assert location(client.post(link_in(mail_to(MAIL)))) == "/member/"


def test_button_needs_the_csrf_token(registered: User) -> None:
    client = browser(enforce_csrf_checks=True)
    assert client.post(link_in(mail_to(MAIL))).status_code == 403
    assert not User.objects.get().is_active


def resend(client: Client, account: str, **more: str) -> Any:
    """The page 重寄確認信."""
    client.get(RESEND)
    return client.post(RESEND, {"account": account, **solved(), **more}, follow=True)


@pytest.mark.parametrize("account", ["clairesu1234", "CLAIRESU1234", "nobody01", "wang0001"])
def test_resend_answers_the_same_for_everybody(client: Client, registered: User, user: User, account: str) -> None:
    mail.outbox.clear()
    page = resend(client, account)
    assert page.redirect_chain == [(f"{RESEND}?sent=1", 302)]
    assert plain(page) == plain(browser().get(f"{RESEND}?sent=1"))
    assert len(mail.outbox) == (account.lower() == "clairesu1234")


def test_resend_serves_an_account_that_its_card_activated(client: Client, registered: User) -> None:
    User.objects.update(is_active=True)
    mail.outbox.clear()
    resend(client, "clairesu1234")
    client.post(link_in(mail_to(MAIL)))
    assert EmailAddress.objects.get().verified
    mail.outbox.clear()
    with time_machine.travel(timezone.now() + timedelta(minutes=4)):
        resend(client, "clairesu1234")
    assert mail.outbox == []


def test_resend_asks_for_the_captcha(client: Client, registered: User) -> None:
    mail.outbox.clear()
    page = resend(client, "clairesu1234", captcha="wrong")
    assert "驗證碼錯誤或已逾時" in plain(page)
    assert mail.outbox == []
    again = resend(client, "clairesu1234", captcha_new="sound")
    assert "您聽到的 6 個數字" in plain(again)
    assert 'value="clairesu1234"' in again.content.decode()
    assert mail.outbox == []


@pytest.mark.parametrize("account", ["clairesu1234", "nobody01"])
def test_resend_is_limited_for_every_name(client: Client, registered: User, settings: Settings, account: str) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"resend": "1/3m/key"}
    resend(client, account)
    page = resend(browser(), account.upper())
    assert 'data-code="rate_limited"' in page.content.decode()
    with time_machine.travel(timezone.now() + timedelta(seconds=181)):
        assert "系統將會重寄確認信" in plain(resend(client, account))


def test_resend_tells_the_truth_where_the_address_belongs_to_another_account(client: Client, user: User) -> None:
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    Walk(client).plain(email=user.email, email_again=user.email)
    mail.outbox.clear()
    resend(client, "clairesu1234")
    assert "註冊未完成" in mail.outbox[0].subject
    assert not IssuedCode.objects.exists()
    # The other account is gone: now the address is free.
    user.delete()
    resend(client, "clairesu1234")
    assert location(client.post(link_in(mail_to(user.email)))) == LOGIN


def test_number_that_became_free_is_taken_over(client: Client) -> None:
    Walk(browser()).advanced("holder001", {"email": "h@portal.example", "email_again": "h@portal.example"})
    Walk(client).advanced()
    User.objects.get(username="holder001").delete()
    resend(client, "clairesu1234")
    client.post(link_in(mail_to(MAIL)))
    assert User.objects.get().is_active
    assert Person.with_id_number("A123456789") is not None


def test_confirmation_is_said_in_no_address(client: Client, registered: User) -> None:
    assert "clairesu" not in link_in(mail_to(MAIL))
    assert "clairesu" not in "".join(hop for hop, _ in Walk(browser()).plain("another01").redirect_chain)
    assert REGISTER


def test_second_device_asks_for_the_password_of_the_registration(registered: User) -> None:
    telephone = browser()
    link = link_in(mail_to(MAIL))
    assert 'name="registered"' in telephone.get(link).content.decode()
    assert code_of(telephone.post(link, {"registered": "1", "password": "wrong"})) == "password_wrong"
    User.objects.update(nickname="kept")
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        assert location(telephone.post(link, KNOWN)) == LOGIN
    assert User.objects.get().nickname == "kept"


def test_code_on_a_second_device_needs_the_password_too(registered: User) -> None:
    typed = {"account": "clairesu1234", "code": code_in(mail_to(MAIL))}
    assert location(browser().post(CODE, {**typed, "password": PASSWORD})) == LOGIN
    assert User.objects.get().is_active


def test_new_password_must_be_good_and_the_same_twice(registered: User) -> None:
    telephone, link = browser(), link_in(mail_to(MAIL))
    for fields in ({"password": "short", "again": "short"}, {"password": "kq8#vlom2Xyz9Ab", "again": "other"}):
        page = telephone.post(link, fields)
        assert 'class="errorlist' in page.content.decode() or "aria-invalid" in page.content.decode()
    assert not User.objects.get().is_active
