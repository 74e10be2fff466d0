"""Digits to be heard: a WAV file, another one for each question, in the person's language, for who does not see."""

import wave
from io import BytesIO
from random import Random
from typing import Any

import pytest
from captcha.models import CaptchaStore
from django.core.cache import cache
from django.test import Client
from django.utils.translation import override
from pytest_django import Settings

from portal.captcha.forms import Question, new_question
from portal.captcha.questions import SPOKEN_LENGTH, Kind, to_speak
from portal.captcha.sound import CLIPS, DIGITS, RATE, SLOT, VOICES, spoken
from tests.portal.captcha.test_captcha import answer_to, filled

pytestmark = pytest.mark.django_db


def heard(client: Client, question: Question) -> bytes:
    """The sound of a question."""
    return content(client.get(question.address))


def content(answer: Any) -> bytes:
    """What was sent."""
    return b"".join(answer.streaming_content)


def seconds(sound: bytes) -> float:
    """How long it is; it is a WAV file as every browser plays it."""
    with wave.open(BytesIO(sound), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 1, RATE)
        length: float = file.getnframes() / RATE
        return length


def test_sound_is_a_wav_file_and_ends_with_its_question(client: Client) -> None:
    question = new_question(Kind.SOUND)
    answer = client.get(question.address)
    assert (answer.status_code, answer["Content-Type"]) == (200, "audio/wav")
    assert 3 < seconds(content(answer)) < 12
    filled(question, "wrong").is_valid()
    assert client.get(question.address).status_code == 410


def test_right_digits_are_the_answer() -> None:
    question = new_question(Kind.SOUND)
    answer = answer_to(question)
    assert len(answer) == question.length == SPOKEN_LENGTH
    assert set(answer) <= set(DIGITS)
    assert filled(question, f" {answer} ").is_valid()


@pytest.mark.parametrize(("language", "clips"), [("zh-hant", "zh"), ("en", "en")])
def test_sound_is_in_the_language_of_the_page(language: str, clips: str) -> None:
    with override(language):
        question = new_question(Kind.SOUND)
    asked = to_speak(CaptchaStore.objects.get(hashkey=question.key).challenge)
    assert asked is not None
    assert asked[0] == clips


def test_same_digits_never_sound_the_same_in_two_questions() -> None:
    assert len({spoken("234567", "zh", Random(number)) for number in range(5)}) == 5


def test_one_question_sounds_the_same_each_time(client: Client) -> None:
    question = new_question(Kind.SOUND)
    assert heard(client, question) == heard(client, question)


def test_parts_are_answered_for_browsers_that_ask_for_parts(client: Client) -> None:
    question = new_question(Kind.SOUND)
    whole = heard(client, question)
    answer = client.get(question.address, headers={"range": "bytes=0-1"})
    assert (answer.status_code, answer["Content-Range"]) == (206, f"bytes 0-1/{len(whole)}")
    assert content(answer) == whole[:2]


def test_one_question_is_not_fetched_for_ever(client: Client, settings: Settings) -> None:
    cache.clear()
    settings.ACCOUNT_RATE_LIMITS = {"captcha_sound": "2/5m/key"}
    question = new_question(Kind.SOUND)
    assert [client.get(question.address).status_code for _ in range(3)] == [200, 200, 429]
    cache.clear()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_digit_is_recorded_in_every_voice(language: str) -> None:
    with wave.open(str(CLIPS / f"{language}.wav")) as file:
        frames = file.readframes(file.getnframes())
    slots = [frames[start : start + SLOT] for start in range(0, len(frames), SLOT)]
    assert len(slots) == VOICES * len(DIGITS) == len(set(slots))
    assert all(max(slot) > 200 for slot in slots)


def test_page_says_how_many_characters_and_lets_the_sound_be_played(client: Client) -> None:
    path = "/accounts/recover/account/"
    assert "驗證碼皆為英文字母或數字，不分大小寫，共 5 個字元" in client.get(path).content.decode()
    answer = client.post(path, {"email": "", "captcha_new": "sound"})
    page = answer.content.decode()
    assert "您聽到的 6 個數字" in page
    assert "<audio" in page
    assert "media-src 'self'" in answer["Content-Security-Policy"]
    assert "加" not in page.split('id="captcha_hint"', 1)[1].split("</p>", 1)[0]
