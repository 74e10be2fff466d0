"""The old question (egov-compat): an answer and a second proof; a question for every name."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.contrib.auth import hashers
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from portal.accounts.answers import QUESTIONS
from portal.accounts.models import Person, User
from portal.recovery.questions import question_for
from tests.portal.helpers import location, plain
from tests.portal.recovery.people import (
    ANSWER,
    BASE,
    QUESTION,
    asks_for_password,
    code,
    mailed_code,
    neutral,
    set_password,
    start,
    texted_code,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("compat")]
UNKNOWN = "nobody01"


def reply(client: Client, answer: str) -> Any:
    """Answer the question; the page that follows."""
    return client.post(f"{BASE}question/answer/", {"answer": answer}, follow=True)


def type_code(client: Client, typed: str) -> Any:
    """Fill in the code; the page that follows."""
    return client.post(f"{BASE}question/code/", {"code": typed}, follow=True)


@pytest.mark.parametrize("typed", [ANSWER, "a小明", " A小 明 "])
def test_answer_and_mailed_code_lead_to_the_new_password(client: Client, owner: User, sends: Any, typed: str) -> None:
    assert QUESTION in plain(start(client, "question"))
    with sends():
        assert reply(client, typed).redirect_chain == [(f"{BASE}question/code/", 302)]
    assert mail.outbox[0].to == ["wang0001@portal.example"]
    assert asks_for_password(type_code(client, mailed_code()))
    assert code(set_password(client)) == "reset"


def test_code_goes_to_the_mobile_without_a_confirmed_mail(client: Client, owner: User, sends: Any) -> None:
    EmailAddress.objects.update(verified=False)
    start(client, "question")
    with sends():
        reply(client, ANSWER)
    assert mail.outbox == []
    assert asks_for_password(type_code(client, texted_code()))


def test_neither_mail_nor_mobile(client: Client, owner: User) -> None:
    EmailAddress.objects.all().delete()
    Person.objects.update(rescue_mobile="")
    start(client, "question")
    assert code(reply(client, ANSWER)) == "no_second_proof"


def test_wrong_code_goes_no_further(client: Client, owner: User, sends: Any) -> None:
    start(client, "question")
    with sends():
        reply(client, ANSWER)
    wrong = "000000" if mailed_code() != "000000" else "111111"
    assert code(type_code(client, wrong)) == "code_wrong"
    assert code(set_password(client)) == "proof_ended"


@pytest.mark.parametrize("kind", ["unknown", "no question", "inactive", "right name"])
def test_every_name_has_a_question_and_every_wrong_answer_the_same_page(client: Client, owner: User, kind: str) -> None:
    if kind == "no question":
        Person.objects.update(question="", answer_hash="")
    elif kind == "inactive":
        User.objects.update(is_active=False)
    account = UNKNOWN if kind == "unknown" else "wang0001"
    page = start(client, "question", account)
    shown = question_for(account)
    assert shown in [str(text) for _, text in QUESTIONS]
    assert neutral(page).replace(shown, "?") == neutral(start(client, "question", "other999")).replace(
        question_for("other999"), "?"
    )
    start(client, "question", account)
    refused = reply(client, "wrong" if kind == "right name" else ANSWER)
    assert (refused.status_code, code(refused)) == (200, "answer_wrong")
    start(client, "question", "other999")
    other = reply(client, "wrong")
    assert neutral(refused).replace(shown, "?") == neutral(other).replace(question_for("other999"), "?")


def test_question_of_a_name_stays_the_same_and_names_differ(db: None, settings: Settings) -> None:
    assert question_for(UNKNOWN) == question_for(UNKNOWN)
    assert len({question_for(f"nobody{number:02}") for number in range(60)}) == len(QUESTIONS)
    before = [question_for(f"nobody{number:02}") for number in range(20)]
    settings.CARDLOGIN_SEAL_KEYS = ("another key " * 4,)
    assert [question_for(f"nobody{number:02}") for number in range(20)] != before


@pytest.mark.parametrize("account", ["wang0001", UNKNOWN])
def test_same_hashing_is_done_for_every_name(
    client: Client, owner: User, monkeypatch: pytest.MonkeyPatch, account: str
) -> None:
    done: list[int] = []
    hasher = type(hashers.get_hasher())
    encode = hasher.encode

    def counted(*given: Any) -> str:
        done.append(1)
        return str(encode(*given))

    monkeypatch.setattr(hasher, "encode", counted)
    start(client, "question", account)
    done.clear()
    reply(client, "wrong")
    assert done == [1]


@pytest.mark.parametrize("account", ["wang0001", UNKNOWN])
def test_five_tries_then_a_pause_for_every_name(client: Client, owner: User, account: str) -> None:
    start(client, "question", account)
    for _ in range(5):
        assert code(reply(client, "wrong")) == "answer_wrong"
    start(client, "question", account)
    assert code(reply(client, ANSWER)) == "recovery_tries"
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        start(client, "question", account)
        assert code(reply(client, "wrong")) == "answer_wrong"
    # The next wait is twice as long; none is longer than a quarter of an hour.
    with time_machine.travel(timezone.now() + timedelta(seconds=61 + 100)):
        start(client, "question", account)
        assert code(reply(client, "wrong")) == "recovery_tries"


def test_modern_has_no_question(client: Client, owner: User, settings: Settings) -> None:
    start(client, "question")
    settings.CARDLOGIN_PROFILE = "modern"
    assert location(client.get(f"{BASE}question/")) == BASE
    assert location(client.post(f"{BASE}question/", {"account": "wang0001"})) == BASE
    assert code(reply(client, ANSWER)) == "proof_ended"
    assert f"{BASE}question/" not in client.get(BASE).content.decode()
