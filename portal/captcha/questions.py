"""The two kinds of question, made with the system's random numbers."""

import secrets
from enum import StrEnum

from django.utils.translation import get_language

from portal.captcha.sound import DIGITS

# No look-alikes: 0 O 1 I L are left out (portal rules, 3.5).
LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
LENGTH = 5
SPOKEN_LENGTH = 6
_MARK = ":"


class Kind(StrEnum):
    """How the question is put."""

    PICTURE = "picture"
    SOUND = "sound"


def letters() -> tuple[str, str]:
    """Letters and digits to be read from a picture, and the answer (in lower case: case is ignored)."""
    text = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    return text, text.lower()


def digits() -> tuple[str, str]:
    """Digits to be heard, with the language they are said in, and the answer."""
    text = "".join(secrets.choice(DIGITS) for _ in range(SPOKEN_LENGTH))
    language = "zh" if (get_language() or "").startswith("zh") else "en"
    return f"{language}{_MARK}{text}", text


def to_speak(challenge: str) -> tuple[str, str] | None:
    """The language and the digits of what `digits` made; None for what is to be read."""
    language, mark, text = challenge.partition(_MARK)
    return (language, text) if mark else None
