"""救援手機門號: fresh proof, a code to the new number, word to the old one."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client
from pytest_django import Settings

from portal.accounts.models import Person, User
from portal.messages.models import OutboxMessage
from tests.portal.conftest import browser
from tests.portal.helpers import location
from tests.portal.member.people import audited, later, told
from tests.portal.recovery.people import MOBILE, start, texted_code

PAGE, NUMBER = "/member/mobile/", "0922333444"
pytestmark = pytest.mark.django_db


def ask(client: Client, sends: Any, number: str = NUMBER) -> Any:
    """Ask for another number; the page that follows."""
    with sends():
        return client.post(PAGE, {"mobile": number}, follow=True)


def mobile() -> str:
    """The number the account has."""
    return Person.objects.get().rescue_mobile


def test_number_counts_when_the_code_was_typed(inside: Client, sends: Any) -> None:
    page = ask(inside, sends)
    assert told(page) == "mobile_code"
    assert NUMBER not in page.content.decode()
    assert OutboxMessage.objects.get().recipient == NUMBER
    assert mobile() == MOBILE
    with sends():
        assert told(inside.post(f"{PAGE}code/", {"code": texted_code()}, follow=True)) == "mobile"
    assert mobile() == NUMBER
    assert OutboxMessage.objects.latest("pk").recipient == MOBILE
    assert mail.outbox[-1].to == ["wang0001@portal.example"]
    assert audited("change_mobile") == ["ok"]


def test_five_wrong_codes_end_it(inside: Client, sends: Any) -> None:
    ask(inside, sends)
    right = texted_code()
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    for _ in range(5):
        assert told(inside.post(f"{PAGE}code/", {"code": wrong}, follow=True)) == "code_wrong"
    assert told(inside.post(f"{PAGE}code/", {"code": right}, follow=True)) == "code_wrong"
    assert mobile() == MOBILE


def test_code_ends_with_its_time(inside: Client, sends: Any) -> None:
    ask(inside, sends)
    with later(minutes=10, seconds=1):
        assert location(inside.post(f"{PAGE}code/", {"code": texted_code()})).startswith("/accounts/reauthenticate/")
        inside.post("/accounts/reauthenticate/", {"password": "correct horse 9 battery"})
        assert told(inside.post(f"{PAGE}code/", {"code": texted_code()}, follow=True)) == "code_wrong"


def test_newer_code_ends_the_older(inside: Client, sends: Any) -> None:
    ask(inside, sends)
    first = texted_code()
    ask(inside, sends, "0933444555")
    inside.post(f"{PAGE}code/", {"code": first}, follow=True)
    # One time in a million both codes are the same, and then the newer number counts.
    assert mobile() in ((MOBILE,) if first != texted_code() else ("0933444555",))


@pytest.mark.parametrize(
    "number", ["0222-333444 #1", "911123456", "0811123456", "07010101234", "(02)2192-7111", "09111234567", "", "x" * 30]
)
def test_what_is_no_mobile_is_refused(inside: Client, sends: Any, number: str) -> None:
    assert 'class="field wrong"' in ask(inside, sends, number).content.decode()
    assert not OutboxMessage.objects.exists()


@pytest.mark.parametrize("typed", ["0922-333-444", "+886 922 333 444", "０９２２３３３４４４", "(0922)333444"])
def test_mobile_as_people_write_it(inside: Client, sends: Any, typed: str) -> None:
    ask(inside, sends, typed)
    assert OutboxMessage.objects.get().recipient == "0922333444"


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}code/", f"{PAGE}remove/"])
def test_every_step_needs_a_fresh_proof(inside: Client, path: str) -> None:
    with later(seconds=301):
        assert location(inside.post(path, {"mobile": NUMBER})).startswith("/accounts/reauthenticate/?next=")


def test_number_is_removed_and_the_old_one_told(inside: Client, sends: Any) -> None:
    with sends():
        assert told(inside.post(f"{PAGE}remove/", follow=True)) == "mobile_removed"
    assert mobile() == ""
    assert OutboxMessage.objects.get().recipient == MOBILE


def test_texts_to_strangers_are_limited(inside: Client, sends: Any, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"recovery_send": "1/h/key"}
    ask(inside, sends)
    assert told(ask(inside, sends, "0933444555")) == "rate_limited"
    assert OutboxMessage.objects.count() == 1


def test_account_without_any_data_gets_its_first_number(client: Client, user: User, sends: Any) -> None:
    client.post("/accounts/login/", {"login": "wang0001", "password": "correct horse 9 battery"})
    ask(client, sends)
    assert told(client.post(f"{PAGE}code/", {"code": texted_code()}, follow=True)) == "mobile"
    assert mobile() == NUMBER


def test_number_of_the_registration_is_confirmed_without_typing_it(inside: Client, sends: Any, profile: str) -> None:
    Person.objects.update(mobile_confirmed=False)
    assert 'data-confirmed="no"' in inside.get(PAGE).content.decode()
    with sends():
        assert told(inside.post(PAGE, {"present": "1"}, follow=True)) == "mobile_code"
    assert OutboxMessage.objects.get().recipient == MOBILE
    with sends():
        assert told(inside.post(f"{PAGE}code/", {"code": texted_code()}, follow=True)) == "mobile"
    assert Person.objects.get().mobile_confirmed
    assert OutboxMessage.objects.count() == 1
    assert 'data-confirmed="yes"' in inside.get(PAGE).content.decode()


def test_there_must_be_a_number_to_confirm(inside: Client, sends: Any) -> None:
    Person.objects.update(rescue_mobile="")
    with sends():
        assert 'class="field wrong"' in inside.post(PAGE, {"present": "1"}).content.decode()
    assert not OutboxMessage.objects.exists()


def test_unconfirmed_number_gets_codes_in_the_manuals_profile_only(owner: User, sends: Any, profile: str) -> None:
    Person.objects.update(mobile_confirmed=False)
    with sends():
        start(browser(), "text")
    assert OutboxMessage.objects.exists() is (profile == "egov-compat")
