"""A new password by text message: the same page for every name, a code of six digits, ten minutes, five tries."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from portal.accounts import lockout
from portal.accounts.models import IssuedCode, Person, User
from portal.audit.models import AuditEvent
from portal.messages.models import OutboxMessage
from portal.policy import policy
from tests.portal.conftest import PASSWORD
from tests.portal.helpers import plain
from tests.portal.recovery.people import (
    BASE,
    MOBILE,
    asks_for_password,
    code,
    neutral,
    set_password,
    solved,
    start,
    texted_code,
)

pytestmark = pytest.mark.django_db
CODE = f"{BASE}text/code/"


@pytest.fixture
def waiting(client: Client, owner: User, sends: Any) -> Client:
    """A browser on the page that asks for the code."""
    with sends():
        start(client, "text")
    return client


def type_code(client: Client, typed: str) -> Any:
    """Fill in the code; the page that follows."""
    return client.post(CODE, {"code": typed}, follow=True)


def test_code_leads_to_the_new_password(owner: User, profile: str, client: Client, sends: Any) -> None:
    with sends():
        start(client, "text")
    (sent,) = OutboxMessage.objects.all()
    assert (sent.channel, sent.recipient) == ("text", MOBILE)
    assert asks_for_password(type_code(client, texted_code()))
    lockout.begin("wang0001")
    with sends():
        assert code(set_password(client)) == "reset"
    assert lockout.standing("wang0001").wrong == 0
    assert [sent.to for sent in mail.outbox] == [["wang0001@portal.example"]]
    assert OutboxMessage.objects.filter(body__contains="密碼已重設", recipient=MOBILE).count() == 1
    events = AuditEvent.objects.filter(account=owner.pk).order_by("pk").values_list("action", "code")
    assert [event for event in events if event[0] != "login"] == [
        ("recovery_code", "ok"), ("reset_proof", "ok"), ("reset_password", "ok"), ("sessions_ended", "ok"),
    ]  # fmt: skip


def test_no_password_is_ever_sent(waiting: Client) -> None:
    assert PASSWORD not in OutboxMessage.objects.get().body


@pytest.mark.parametrize("typed", ["１２３ ４５６", " 123-456 "])
def test_input_methods_do_not_matter(waiting: Client, owner: User, typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr("portal.recovery.sending.take_code", lambda *given: seen.append(given[2]))
    type_code(waiting, typed)
    assert seen == ["123456"]


def test_code_serves_once(waiting: Client) -> None:
    typed = texted_code()
    assert asks_for_password(type_code(waiting, typed))
    assert code(type_code(waiting, typed)) == "proof_ended"
    start(waiting, "text")
    assert code(type_code(waiting, typed)) == "code_wrong"


def test_five_wrong_codes_end_it(waiting: Client) -> None:
    right = texted_code()
    wrong = "000000" if right != "000000" else "111111"
    for _ in range(policy().code_tries):
        assert code(type_code(waiting, wrong)) == "code_wrong"
    assert code(type_code(waiting, right)) == "code_wrong"
    assert AuditEvent.objects.filter(action="reset_text", code="code_wrong").count() == 5  # later ones are summed up


@pytest.mark.parametrize(("seconds", "good"), [(595, True), (601, False)])
def test_code_lives_ten_minutes(waiting: Client, seconds: int, good: bool) -> None:
    typed = texted_code()
    with time_machine.travel(timezone.now() + timedelta(seconds=seconds)):
        assert asks_for_password(type_code(waiting, typed)) is good


def test_newer_code_ends_the_older(waiting: Client, sends: Any) -> None:
    older = texted_code()
    with sends():
        start(waiting, "text")
    newer = texted_code()
    if older != newer:
        assert code(type_code(waiting, older)) == "code_wrong"
    assert asks_for_password(type_code(waiting, newer))


@pytest.mark.parametrize("kind", ["unknown", "inactive", "no mobile"])
def test_nothing_is_sent_and_nothing_shows(client: Client, owner: User, profile: str, sends: Any, kind: str) -> None:
    with sends():
        real = neutral(start(client, "text"))
    OutboxMessage.objects.all().delete()
    account = "nobody01" if kind == "unknown" else "wang0001"
    if kind == "inactive":
        User.objects.update(is_active=False)
    elif kind == "no mobile":
        Person.objects.update(rescue_mobile="")
    with sends():
        answer = start(client, "text", account)
    assert neutral(answer) == real
    assert MOBILE[-3:] not in plain(answer)
    assert not OutboxMessage.objects.exists()
    refused = type_code(client, "123456")
    assert (refused.status_code, code(refused)) == (200, "code_wrong")


def test_modern_warns_and_offers_better_ways_first(client: Client, db: None) -> None:
    page = client.get(f"{BASE}text/").content.decode()
    warned = page.split('id="better-ways"', 1)[1]
    assert warned.index(f"{BASE}reset-card/") < warned.index('name="account"')
    assert "可能被攔截" in warned


@pytest.mark.usefixtures("compat")
def test_manuals_profile_does_not_warn(client: Client, db: None) -> None:
    assert 'id="better-ways"' not in client.get(f"{BASE}text/").content.decode()


def test_without_the_captcha_nothing_is_sent(client: Client, owner: User, sends: Any) -> None:
    wrong = {**solved(client, f"{BASE}text/"), "captcha": "wrong"}
    with sends():
        answer = client.post(f"{BASE}text/", {"account": "wang0001", **wrong})
    assert 'class="errors"' in answer.content.decode()
    assert not IssuedCode.objects.exists()


def test_another_question_keeps_the_name_and_sends_nothing(client: Client, owner: User) -> None:
    page = client.post(f"{BASE}text/", {"account": "wang0001", "captcha_new": "sound"}).content.decode()
    assert 'value="wang0001"' in page
    assert "您聽到的 6 個數字" in page
    assert not IssuedCode.objects.exists()


def test_gateway_that_fails_shows_nothing_either(client: Client, owner: User, settings: Any, sends: Any) -> None:
    settings.CARDLOGIN_TEXT_GATEWAY = "portal.messages.gateway.HttpGateway"
    with sends():
        assert start(client, "text").status_code == 200
