"""The texts for people: by language, with a default, and nothing lost on the way."""

import pytest

from cardlogin_server.failures import CertificateExpired
from cardlogin_server.messages import in_every_language, languages, translate

EXPIRED = CertificateExpired.meaning


def test_languages_are_those_of_the_catalogues_the_default_first() -> None:
    assert languages() == ("zh-Hant", "en")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh-Hant", "這張憑證已經過期。"),
        ("zh-hant", "這張憑證已經過期。"),
        ("en", "This certificate has expired."),
        ("EN", "This certificate has expired."),
        ("fr", "這張憑證已經過期。"),
        ("", "這張憑證已經過期。"),
        ("../en", "這張憑證已經過期。"),
    ],
)
def test_message_in_a_language(language: str, text: str) -> None:
    assert translate(EXPIRED, language) == text


def test_message_without_a_translation_stays_as_it_is() -> None:
    assert translate("Not a message of this library.", "zh-Hant") == "Not a message of this library."


def test_message_in_every_language() -> None:
    assert in_every_language(EXPIRED) == {"zh-Hant": "這張憑證已經過期。", "en": "This certificate has expired."}
