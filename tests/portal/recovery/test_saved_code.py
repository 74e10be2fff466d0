"""The saved recovery code (modern): a code by mail first, then the saved one, which is good for one use."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from pytest_django import Settings

from portal.accounts.models import Person, User
from portal.accounts.recovery_codes import new_code, use_code
from tests.portal.helpers import location
from tests.portal.recovery.people import (
    BASE,
    asks_for_password,
    code,
    mailed_code,
    neutral,
    set_password,
    start,
    texted_code,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def saved(owner: User) -> str:
    """The code the owner saved."""
    return new_code(owner)


def confirm_mail(client: Client, sends: Any) -> Any:
    """The first page and the code in the mail; the page that follows."""
    with sends():
        start(client, "saved-code")
    return client.post(f"{BASE}saved-code/code/", {"code": mailed_code()}, follow=True)


def give(client: Client, saved: str) -> Any:
    """Fill in the saved code; the page that follows."""
    return client.post(f"{BASE}saved-code/saved-code/", {"saved_code": saved}, follow=True)


@pytest.mark.parametrize("typed", [str, str.lower, lambda code: code.replace("-", ""), lambda code: f" {code} "])
def test_both_codes_lead_to_the_new_password(client: Client, saved: str, sends: Any, typed: Any) -> None:
    confirm_mail(client, sends)
    assert asks_for_password(give(client, typed(saved)))
    assert code(set_password(client)) == "reset"
    assert Person.objects.get().recovery_code_hash == ""


def test_saved_code_serves_once(client: Client, saved: str, sends: Any) -> None:
    confirm_mail(client, sends)
    give(client, saved)
    confirm_mail(client, sends)
    assert code(give(client, saved)) == "saved_code_wrong"


def test_mailed_code_alone_is_not_enough(client: Client, saved: str, sends: Any) -> None:
    assert "saved_code" in confirm_mail(client, sends).content.decode()
    assert code(set_password(client)) == "proof_ended"


def test_saved_code_alone_is_not_enough(client: Client, saved: str) -> None:
    start(client, "saved-code")
    assert code(give(client, saved)) == "proof_ended"


def test_after_five_wrong_saved_codes_there_is_a_wait(client: Client, saved: str, sends: Any) -> None:
    confirm_mail(client, sends)
    for _ in range(5):
        assert code(give(client, "AAAA-BBBB-CCCC-DDDD")) == "saved_code_wrong"
    assert code(give(client, saved)) == "recovery_tries"


def test_account_without_a_saved_code(client: Client, owner: User, sends: Any) -> None:
    confirm_mail(client, sends)
    assert code(give(client, "AAAA-BBBB-CCCC-DDDD")) == "saved_code_wrong"


def test_mobile_takes_the_place_of_a_mail_that_was_never_confirmed(client: Client, saved: str, sends: Any) -> None:
    EmailAddress.objects.update(verified=False)
    with sends():
        start(client, "saved-code")
    assert mail.outbox == []
    client.post(f"{BASE}saved-code/code/", {"code": texted_code()})
    assert asks_for_password(give(client, saved))


@pytest.mark.parametrize("account", ["nobody01", "chen0003"])
def test_unknown_names_get_the_same_pages_and_no_mail(client: Client, saved: str, sends: Any, account: str) -> None:
    User.objects.create_user("chen0003", "chen@portal.example", name="陳大文", is_active=False)
    real = neutral(start(client, "saved-code"))
    mail.outbox.clear()
    with sends():
        assert neutral(start(client, "saved-code", account)) == real
    assert mail.outbox == []
    refused = client.post(f"{BASE}saved-code/code/", {"code": "123456"})
    assert (refused.status_code, code(refused)) == (200, "code_wrong")


def test_manuals_profile_has_no_saved_code(client: Client, saved: str, settings: Settings) -> None:
    settings.CARDLOGIN_PROFILE = "egov-compat"
    assert location(client.get(f"{BASE}saved-code/")) == BASE
    assert f"{BASE}saved-code/" not in client.get(BASE).content.decode()


def test_code_has_eighty_bits_in_groups_of_four(owner: User) -> None:
    made = new_code(owner)
    assert [len(group) for group in made.split("-")] == [4, 4, 4, 4]
    assert set(made) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567-")
    assert made.replace("-", "") not in Person.objects.get().recovery_code_hash
    assert made != new_code(owner)


def test_new_code_ends_the_one_before(owner: User) -> None:
    older, newer = new_code(owner), new_code(owner)
    assert not use_code(owner, older)
    assert use_code(owner, newer)


def test_look_alikes_are_put_right(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.accounts.recovery_codes.secrets.token_bytes", lambda _: bytes(10))
    assert new_code(owner) == "AAAA-AAAA-AAAA-AAAA"
    monkeypatch.setattr("portal.accounts.recovery_codes.base64.b32encode", lambda _: b"OIBOIBOIBOIBOIBO")
    new_code(owner)
    assert use_code(owner, "0180-1801-8018-0180")


@pytest.mark.parametrize("garbage", ["", "\0", "x" * 5000, "王小明"])
def test_garbage_is_no_code(owner: User, saved: str, garbage: str) -> None:
    assert not use_code(owner, garbage)


def test_somebody_without_further_data_has_no_code(user: User) -> None:
    assert not use_code(user, "AAAA-BBBB-CCCC-DDDD")
    assert use_code(user, new_code(user))
