"""The end of a registration: everything or nothing, once, and the same answer whatever exists already."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import connection
from django.test import Client
from pytest_django import Settings

from portal.accounts.models import IdKind, IssuedCode, Person, User
from portal.accounts.recovery_codes import use_code
from portal.audit.models import AuditEvent
from portal.policy import policy
from portal.registration import creation
from tests.portal.conftest import browser
from tests.portal.helpers import plain
from tests.portal.registration.walk import (
    ACCOUNT,
    BASIC,
    CONSENT,
    DONE,
    MAIL,
    PASSWORD,
    REGISTER,
    RESCUE,
    Walk,
    link_in,
    mail_to,
    solved,
    step_of,
)  # fmt: skip

SUCCESS = "一般會員註冊成功，系統已發送「確認信」至您的電子信箱({})，請於十分鐘後依程序啟用帳號後，方能順利登入系統！"


def confirmed(name: str, address: str, number: str = "") -> User:
    """An account in use."""
    user = User.objects.create_user(name, address, PASSWORD, name="王小明")
    EmailAddress.objects.create(user=user, email=address, verified=True, primary=True)
    if number:
        person = Person(user=user)
        person.set_id_number(IdKind.NATIONAL, number)
        person.save()
    return user


def same_but_for(page: Any, *parts: str) -> str:
    """A page without what differs from person to person."""
    text = plain(page)
    for part in parts:
        text = text.replace(part, "…")
    return re.sub("[A-Z2-7]{4}(-[A-Z2-7]{4}){3}", "…", text)


def test_plain_registration_leaves_an_inactive_account(client: Client) -> None:
    Walk(client).plain()
    user = User.objects.get()
    assert (user.username, user.name, user.nickname, user.email) == ("clairesu1234", "蘇小明", "小明", MAIL)
    assert not user.is_active
    assert user.check_password(PASSWORD)
    assert user.password_policy == policy().version
    address = EmailAddress.objects.get()
    assert (address.email, address.primary, address.verified) == (MAIL, True, False)
    event = AuditEvent.objects.get(action="register")
    assert (event.account, event.code) == (user.pk, "ok")
    assert "clairesu" not in str(event.facts)


def test_advanced_data_are_kept_and_the_number_sealed(client: Client) -> None:
    Walk(client).advanced()
    person = Person.objects.get()
    assert str(person.birthday) == "1971-01-01"
    assert (person.id_kind, person.id_number, person.gender) == ("national", "A123456789", "male")
    assert (person.county, person.postcode, person.address) == ("臺北市", "10020", "示範路 1 號")
    assert (person.phone, person.extension, person.rescue_mobile) == ("0223165300", "12345", "0911123456")
    assert b"A123456789" not in bytes(person.id_sealed or b"")
    assert (person.id_index, person.id_proven) == (None, False)


def test_last_page_says_what_the_manuals_say(client: Client) -> None:
    page = Walk(client).plain()
    text = plain(page)
    assert page.redirect_chain == [(DONE, 302)]
    for words in (
        "註冊完成，請至信箱啟用帳號", SUCCESS.format(MAIL), "垃圾郵件信箱", "「非垃圾郵件」", "FAQ Q2", "回首頁",
        "如果您的帳號需公務身分，請依[確認信]中指示執行後續審核步驟，方能完成公務帳號轉換，謝謝。",
    ):  # fmt: skip
        assert words in text


def test_recovery_code_is_shown_once_and_works_once(client: Client, profile: str) -> None:
    page = Walk(client).plain().content.decode()
    shown = re.findall("<code>([A-Z2-7-]{19})</code>", page)
    again = client.get(DONE).content.decode()
    assert "recovery-code" not in again
    assert MAIL in again
    user = User.objects.get()
    if profile == "egov-compat":
        assert (shown, Person.objects.get().recovery_code_hash) == ([], "")
        return
    assert shown[0] not in Person.objects.get().recovery_code_hash
    assert use_code(user, shown[0].lower().replace("-", " "))
    assert not use_code(user, shown[0])


def test_recovery_code_lies_nowhere_in_the_clear(client: Client, profile: str) -> None:
    walk = Walk(client).to_consent()
    answer = client.post(f"{REGISTER}5/", {**walk.stamp(), **CONSENT})
    kept = json.dumps(dict(client.session.items()))
    shown = re.findall("<code>([A-Z2-7-]{19})</code>", client.get(answer["Location"]).content.decode())
    assert len(shown) == (profile == "modern")
    assert not any(code in kept for code in shown)


def test_last_page_without_a_registration_leads_to_the_first(client: Client) -> None:
    assert client.get(DONE, follow=True).redirect_chain == [(REGISTER, 302)]


def test_last_form_sent_twice_makes_one_account_and_shows_the_same_page(client: Client) -> None:
    walk = Walk(client).to_consent()
    fields = {**walk.stamp(), **CONSENT}
    first = client.post(f"{REGISTER}5/", fields)
    second = client.post(f"{REGISTER}5/", fields, follow=True)
    assert first["Location"] == DONE
    assert SUCCESS.format(MAIL) in plain(second)
    assert User.objects.count() == len(mail.outbox) == 1


def test_last_form_sent_many_times_at_once_makes_one_account(client: Client, profile: str) -> None:
    walk = Walk(client).to_consent()
    fields = {**walk.stamp(), **CONSENT}
    others = [browser() for _ in range(4)]
    for other in others:
        other.cookies["__Host-session"] = client.cookies["__Host-session"].value

    def send(other: Client) -> str:
        try:
            return str(other.post(f"{REGISTER}5/", fields)["Location"])
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(send, others)) == {DONE}
    assert User.objects.count() == len(mail.outbox) == 1
    page = client.get(DONE).content.decode()
    shown = re.findall("<code>([A-Z2-7-]{19})</code>", page)
    assert len(shown) == (profile == "modern")
    assert all(use_code(User.objects.get(), code) for code in shown)


def test_two_people_with_one_name_at_once_get_one_account(client: Client) -> None:
    walks = [Walk(browser()).to_consent(**dict.fromkeys(("email", "email_again"), f"{n}@p.example")) for n in "ab"]

    def send(walk: Walk) -> Any:
        try:
            return walk.send(CONSENT)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        pages = list(pool.map(send, walks))
    assert User.objects.count() == 1
    (loser,) = [page for page in pages if page.redirect_chain != [(DONE, 302)]]
    assert step_of(loser) == 1
    assert 'data-code="account_taken"' in loser.content.decode()


def test_loser_of_a_name_goes_on_with_another(client: Client) -> None:
    walk = Walk(client).to_consent()
    User.objects.create_user("clairesu1234", "other@portal.example", PASSWORD, name="另一人")
    assert step_of(walk.send(CONSENT)) == 1
    assert walk.draft["basic"]["name"] == "蘇小明"
    for fields in ({**ACCOUNT, "account": "clairesu1235"}, BASIC, RESCUE):
        walk.send(fields)
    walk.send(solved())
    assert walk.send(CONSENT).redirect_chain == [(DONE, 302)]


@pytest.mark.parametrize("broken", ["EmailAddress", "send_confirmation", "record"])
def test_nothing_is_left_of_a_registration_that_breaks_half_way(
    client: Client, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    walk = Walk(client).to_consent()

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(EmailAddress, "save", fail) if broken == "EmailAddress" else monkeypatch.setattr(
        creation, broken, fail
    )
    with pytest.raises(RuntimeError):
        walk.send(CONSENT)
    assert not User.objects.exists()
    assert not Person.objects.exists()
    assert mail.outbox == []


def test_address_in_use_gives_the_same_page_and_a_mail_to_its_owner(client: Client) -> None:
    free = Walk(browser()).advanced("freename1", {"email": "f@portal.example", "email_again": "f@portal.example"})
    owner = confirmed("owner0001", MAIL)
    taken = Walk(client).advanced(id_number="A100000001")
    assert same_but_for(taken, MAIL) == same_but_for(free, "f@portal.example")
    assert "註冊未完成" in mail.outbox[-1].subject
    assert mail.outbox[-1].to == [MAIL]
    assert not IssuedCode.objects.filter(recipient=MAIL).exists()
    assert EmailAddress.objects.get(email=MAIL, verified=True).user == owner


def test_name_of_such_a_registration_is_taken_like_any_other(client: Client) -> None:
    confirmed("owner0001", MAIL)
    Walk(client).plain()
    answer = Walk(browser()).send(ACCOUNT)
    assert 'id="id_account_error"' in answer.content.decode()


def test_proven_number_gives_the_same_page_and_a_mail_to_its_holder_once_confirmed(client: Client) -> None:
    holder = confirmed("owner0001", "owner@portal.example", "A123456789")
    Person.objects.filter(user=holder).update(id_proven=True)
    page = Walk(client).advanced()
    assert SUCCESS.format(MAIL) in plain(page)
    assert [one.to for one in mail.outbox] == [[MAIL]]
    client.post(link_in(mail_to(MAIL)))
    assert "有人填寫了您的證號" in next(one.subject for one in mail.outbox if one.to == ["owner@portal.example"])
    assert Person.with_id_number("A123456789") == holder.person
    made = Person.objects.get(user__username="clairesu1234")
    assert made.user.is_active
    assert (made.id_index, made.id_number) == (None, "A123456789")


def test_unconfirmed_address_of_another_registration_is_no_hindrance(client: Client) -> None:
    Walk(browser()).plain()
    Walk(client).advanced("another01")
    assert User.objects.count() == 2
    assert IssuedCode.objects.filter(recipient=MAIL, used=None).count() == 2


@pytest.mark.parametrize("limit", ["registration", "registration_done"])
def test_registrations_from_one_network_address_are_limited(client: Client, settings: Settings, limit: str) -> None:
    settings.ACCOUNT_RATE_LIMITS = {limit: "5/h/ip"}
    for number in range(1, 7):
        walk = Walk(browser())
        walk.page = walk.send({**ACCOUNT, "account": f"person{number}"})
        if limit == "registration_done":
            walk.send(BASIC)
            walk.send(RESCUE)
            walk.send(solved())
            walk.send(CONSENT)
        assert walk.page.status_code == (429 if number == 6 else 200)
    assert User.objects.count() == (5 if limit == "registration_done" else 0)


def test_mailbox_is_not_filled_by_strangers(client: Client, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"confirm_mail": "2/h/key"}
    for number in range(3):
        page = Walk(browser()).advanced(f"stranger{number}", id_number="")
        assert SUCCESS.format(MAIL) in plain(page)
    assert len(mail.outbox) == 2
