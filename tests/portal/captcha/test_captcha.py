"""The captcha: one answer for one question, in a picture or in a sound."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO

import pytest
import time_machine
from captcha.models import CaptchaStore
from django.db import connection
from django.http import QueryDict
from django.test import Client, RequestFactory
from django.utils import timezone
from PIL import Image

from portal.captcha.forms import CaptchaForm, Question, new_question, wants_new_question
from portal.captcha.questions import LETTERS, Kind, letters

pytestmark = pytest.mark.django_db


def answer_to(question: Question) -> str:
    """The right answer, as kept in the database."""
    return str(CaptchaStore.objects.get(hashkey=question.key).response)


def filled(question: Question, answer: str) -> CaptchaForm:
    """The form as a person sends it."""
    data = QueryDict(mutable=True)
    data.update({"captcha_key": question.key, "captcha": answer})
    return CaptchaForm(data)


@pytest.mark.parametrize("kind", list(Kind))
def test_right_answer_counts_once(kind: Kind) -> None:
    question = new_question(kind)
    answer = answer_to(question)
    assert filled(question, answer).is_valid()
    assert not filled(question, answer).is_valid()


def test_case_and_width_do_not_matter() -> None:
    question = new_question(Kind.PICTURE)
    wide = "".join(chr(ord(c) + 0xFEE0) for c in answer_to(question).upper())
    assert filled(question, wide).is_valid()


def test_wrong_answer_uses_the_question_up() -> None:
    question = new_question(Kind.PICTURE)
    answer = answer_to(question)
    form = filled(question, "wrong")
    assert not form.is_valid()
    assert form.has_error("captcha", "captcha_wrong")
    assert not filled(question, answer).is_valid()


@pytest.mark.parametrize(("minutes", "valid"), [(4, True), (6, False)])
def test_question_lives_five_minutes(minutes: int, valid: bool) -> None:
    question = new_question(Kind.PICTURE)
    answer = answer_to(question)
    with time_machine.travel(timezone.now() + timedelta(minutes=minutes)):
        assert filled(question, answer).is_valid() is valid


@pytest.mark.parametrize("key", ["", "x" * 5000, "\0", "unknown"])
def test_unknown_question_is_refused(key: str) -> None:
    assert not filled(Question(key, Kind.PICTURE), "abcde").is_valid()


def test_empty_answer_is_refused() -> None:
    assert not filled(new_question(Kind.PICTURE), "").is_valid()


@pytest.mark.django_db(transaction=True)
def test_answer_sent_many_times_at_once_counts_once() -> None:
    question = new_question(Kind.PICTURE)
    answer = answer_to(question)

    def send(_: int) -> bool:
        try:
            return filled(question, answer).is_valid()
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(send, range(6))) == 1


def test_picture_is_a_picture_and_ends_with_its_question(client: Client) -> None:
    question = new_question(Kind.PICTURE)
    answer = client.get(question.address)
    assert answer["Content-Type"] == "image/png"
    with Image.open(BytesIO(answer.content)) as picture:
        assert picture.width > 60
    filled(question, "wrong").is_valid()
    assert client.get(question.address).status_code in (404, 410)


def test_person_keeps_the_kind_that_was_chosen() -> None:
    data = QueryDict(mutable=True)
    data.update({"captcha_new": "sound"})
    assert CaptchaForm(data).question.kind is Kind.SOUND
    data = QueryDict(mutable=True)
    data.update({"captcha_kind": "sound", "captcha": "1"})
    assert CaptchaForm(data).question.kind is Kind.SOUND
    assert CaptchaForm().question.kind is Kind.PICTURE


def test_only_the_buttons_ask_for_another_question() -> None:
    factory = RequestFactory()
    assert wants_new_question(factory.post("/", {"captcha_new": "sound"}))
    assert not wants_new_question(factory.post("/", {"captcha": "x"}))
    assert not wants_new_question(factory.get("/", {"captcha_new": "sound"}))


def test_letters_have_no_look_alikes() -> None:
    assert not set("0O1IL") & set(LETTERS)
    seen = {letters()[0] for _ in range(50)}
    assert len(seen) == 50
