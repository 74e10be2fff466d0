"""The captcha and a program: no question is answered by its page, and neither picture nor sound outlives it."""

from datetime import timedelta
from random import Random

import pytest
import time_machine
from captcha.models import CaptchaStore
from django.test import Client
from django.utils import timezone

from portal.captcha.forms import new_question
from portal.captcha.questions import Kind
from portal.captcha.sound import spoken

WHO = "a bot"
PATH = "/accounts/recover/account/"
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", ["picture", "sound", "words", "x" * 99])
@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_answer_in_the_page(client: Client, kind: str, language: str) -> None:
    """Read the answer, or a sum to be done, out of the page, its headers or its cookies."""
    answer = client.post(PATH, {"email": "", "captcha_new": kind}, headers={"accept-language": language})
    store = CaptchaStore.objects.latest("pk")
    told = answer.content.decode() + str(answer.headers) + str(client.cookies)
    assert store.response not in told.lower()
    assert "plus" not in told
    assert "等於" not in told
    assert "/captcha/sound/" in told or "/captcha/image/" in told


@pytest.mark.parametrize(("kind", "other"), [(Kind.SOUND, "image"), (Kind.PICTURE, "sound")])
def test_question_of_one_kind_as_the_other(client: Client, kind: Kind, other: str) -> None:
    """Have a question drawn that is to be heard, or spoken that is to be read, whichever is easier for a program."""
    key = new_question(kind).key
    assert client.get(f"/captcha/{other}/{key}/").status_code == 410


@pytest.mark.parametrize("kind", list(Kind))
def test_picture_or_sound_of_an_old_question(client: Client, kind: Kind) -> None:
    """Collect questions and look at them later."""
    question = new_question(kind)
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        assert client.get(question.address).status_code == 410


@pytest.mark.parametrize("key", ["x", "0" * 40, "a" * 5000])
def test_sound_of_no_question(client: Client, key: str) -> None:
    """Ask for the sound of a key of one's own making."""
    assert client.get(f"/captcha/sound/{key}/").status_code == 410


@pytest.mark.parametrize("span", ["bytes=5-2", "bytes=-", "bytes=a-b", "bytes=0-1,3-4", "bytes=999999999-", "x" * 4000])
def test_odd_parts_of_a_sound(client: Client, span: str) -> None:
    """Ask for parts that there are none of."""
    answer = client.get(new_question(Kind.SOUND).address, headers={"range": span})
    assert answer.status_code in (200, 206, 416)


def test_sound_by_its_bytes() -> None:
    """Keep a table of how each digit sounds, byte for byte, and look for it in the next question."""
    known = spoken("2", "en", Random(1))[44:]
    pieces = {known[start : start + 200] for start in range(4000, len(known) - 4000, 200)}
    other = spoken("2", "en", Random(2))
    assert not [piece for piece in pieces if piece in other]
