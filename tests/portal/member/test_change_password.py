"""密碼維護."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client

from portal.accounts.models import IssuedCode, User
from portal.accounts.recovery_codes import new_code
from tests.portal.conftest import PASSWORD, browser
from tests.portal.helpers import card_log_in, location, logged_in, plain
from tests.portal.member.people import NEW, audited, later, log_in, told
from tests.portal.pki import Pki
from tests.portal.recovery.people import start

PAGE = "/member/password/"
pytestmark = pytest.mark.django_db


def change(client: Client, current: str = PASSWORD, password: str = NEW, again: str = "") -> Any:
    """Fill in the form; the page that follows."""
    return client.post(PAGE, {"current": current, "password": password, "again": again or password}, follow=True)


def test_new_password_counts_and_others_are_logged_out(inside: Client, owner: User, profile: str, sends: Any) -> None:
    other = browser()
    log_in(other)
    with sends():
        assert told(change(inside)) == "password"
    assert logged_in(inside)
    assert not logged_in(other)
    owner.refresh_from_db()
    assert owner.password_policy == f"{profile}-1"
    assert owner.check_password(NEW)
    assert [sent.to for sent in mail.outbox] == [["wang0001@portal.example"]]
    assert (audited("change_password"), audited("sessions_ended")) == (["ok"], ["ok"])
    assert 'id="here"' in inside.get("/member/sessions/").content.decode()


def test_wrong_present_password_is_a_wrong_try(inside: Client, owner: User) -> None:
    assert told(change(inside, current="wrong")) == "password_wrong"
    owner.refresh_from_db()
    assert owner.check_password(PASSWORD)
    for seconds in (30, 60, 90):
        with later(seconds=seconds):
            assert told(change(inside, current="wrong")) == "password_wrong"
    with later(seconds=120):
        assert told(change(inside, current="wrong")) == "logged_out_wrong"
        assert inside.get("/member/").status_code == 302


def test_rules_of_the_profile(inside: Client, owner: User, profile: str) -> None:
    for bad in ("short7!", "wang0001", "x" * 200):
        assert 'class="field wrong"' in change(inside, password=bad).content.decode()
    assert 'class="field wrong"' in change(inside, again="another-one-9").content.decode()
    common = change(inside, password="abcd1234")
    if profile == "modern":
        assert "太常見" in plain(common)
    else:
        assert told(common) == "password_common"
        assert "這個密碼很常見" in plain(common)


def test_codes_on_their_way_end(inside: Client, owner: User, sends: Any) -> None:
    with sends():
        start(browser(), "text")
    assert IssuedCode.objects.filter(used=None).exists()
    change(inside)
    assert not IssuedCode.objects.filter(used=None).exists()


def test_first_password_of_a_card_account(client: Client, owner: User, pki: Pki) -> None:
    owner.set_unusable_password()
    owner.save()
    card_log_in(client, pki.cards["citizen"])
    assert 'name="current"' not in client.get(PAGE).content.decode()
    with later(seconds=301):
        assert location(client.post(PAGE, {"password": NEW, "again": NEW})).startswith("/accounts/reauthenticate/")
    assert told(client.post(PAGE, {"password": NEW, "again": NEW}, follow=True)) == "password"
    assert log_in(browser(), NEW).url == "/member/"


def test_password_changed_meanwhile_elsewhere(inside: Client, owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def elsewhere(user: User, password: str) -> None:
        user.set_password(password)
        User.objects.filter(pk=user.pk).update(password="another")

    monkeypatch.setattr("portal.member.password.set_password", elsewhere)
    answer = inside.post(PAGE, {"current": PASSWORD, "password": NEW, "again": NEW})
    assert answer.status_code == 302
    owner.refresh_from_db()
    assert owner.password == "another"
    assert audited("sessions_ended") == []


def test_no_password_is_shown_again(inside: Client, owner: User) -> None:
    new_code(owner)
    source = change(inside, current="wrong").content.decode()
    assert NEW not in source
    assert "wrong" not in source.replace("password_wrong", "").replace("field wrong", "")
