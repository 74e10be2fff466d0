"""Question and answer (`egov-compat`), the saved recovery code (`modern`)."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client

from portal.accounts.answers import QUESTIONS, answer_fits
from portal.accounts.models import Person, User
from portal.accounts.recovery_codes import use_code
from tests.portal.helpers import location
from tests.portal.member.people import audited, later, told

QUESTION, CODE = "/member/question/", "/member/recovery-code/"
pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("compat")
def test_question_is_changed(inside: Client, sends: Any) -> None:
    key = QUESTIONS[0][0]
    with sends():
        page = inside.post(QUESTION, {"question": key, "answer": "成功 國小"}, follow=True)
    assert told(page) == "question"
    person = Person.objects.get()
    assert person.question == key
    assert answer_fits("成功國小", person.answer_hash)
    assert mail.outbox[-1].subject.startswith("示範入口網：密碼提示問題已變更")
    assert audited("change_question") == ["ok"]
    assert f'value="{key}" selected' in inside.get(QUESTION).content.decode()


@pytest.mark.usefixtures("compat")
def test_question_is_removed(inside: Client) -> None:
    assert told(inside.post(QUESTION, {"question": "", "answer": ""}, follow=True)) == "question_removed"
    person = Person.objects.get()
    assert (person.question, person.answer_hash) == ("", "")


@pytest.mark.usefixtures("compat")
@pytest.mark.parametrize("fields", [{"question": "school", "answer": " 。"}, {"question": "mine", "answer": "x"}])
def test_half_of_it_changes_nothing(inside: Client, fields: dict[str, str]) -> None:
    before = Person.objects.get().answer_hash
    assert 'class="field wrong"' in inside.post(QUESTION, fields).content.decode()
    assert Person.objects.get().answer_hash == before


def test_code_is_shown_once_and_replaces_the_one_before(inside: Client, owner: User, sends: Any) -> None:
    assert 'data-has-code="no"' in inside.get(CODE).content.decode()
    codes = []
    for _ in range(2):
        with sends():
            text = inside.post(CODE, follow=True).content.decode()
        codes.append(text.split('class="saved-code"><code>')[1].split("<")[0])
    page = inside.get(CODE).content.decode()
    assert 'data-has-code="yes"' in page
    assert codes[1] not in page
    assert not use_code(owner, codes[0])
    assert use_code(owner, codes[1])
    assert len(mail.outbox) == 2
    assert codes[1] not in str(mail.outbox[-1].body)


@pytest.mark.usefixtures("compat")
def test_manuals_profile_leads_from_the_code_to_the_question(inside: Client) -> None:
    assert location(inside.get(CODE)) == QUESTION


def test_modern_profile_leads_from_the_question_to_the_code(inside: Client) -> None:
    assert location(inside.get(QUESTION)) == CODE


@pytest.mark.parametrize("path", [QUESTION, CODE])
def test_both_need_a_fresh_proof(inside: Client, profile: str, path: str) -> None:
    with later(seconds=301):
        assert location(inside.post(path)).startswith("/accounts/reauthenticate/?next=")
    assert audited("recovery_code_issued") == []
