"""The two kinds of question, made with the system's random numbers."""

import secrets
from enum import StrEnum

# No look-alikes: 0 O 1 I L are left out (portal rules, 3.5).
LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
LENGTH = 5
_WORDS = ("零", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十")
_ENGLISH = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


class Kind(StrEnum):
    """How the question is put."""

    PICTURE = "picture"
    WORDS = "words"


def letters() -> tuple[str, str]:
    """Letters and digits to be read from a picture, and the answer (in lower case: case is ignored)."""
    text = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    return text, text.lower()


def words() -> tuple[str, str]:
    """A sum written in words, and its answer in digits; `spell` turns the first into a sentence."""
    first, second = 1 + secrets.randbelow(10), 1 + secrets.randbelow(10)
    return f"{first}+{second}", str(first + second)


def spell(challenge: str) -> tuple[str, str]:
    """The sentence of a sum, in Chinese and English; raises ValueError for anything that `words` did not make."""
    first, _, second = challenge.partition("+")
    one, two = int(first), int(second)
    return (
        f"{_WORDS[one]}加{_WORDS[two]}等於多少？請填數字。",
        f"What is {_ENGLISH[one]} plus {_ENGLISH[two]}? Answer in digits.",
    )
