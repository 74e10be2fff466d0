"""The two kinds of question, made with the system's random numbers."""

import secrets
from enum import StrEnum

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

# No look-alikes: 0 O 1 I L are left out (portal rules, 3.5).
LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
LENGTH = 5
_NUMBERS = (
    _("zero"), _("one"), _("two"), _("three"), _("four"), _("five"),
    _("six"), _("seven"), _("eight"), _("nine"), _("ten"),
)  # fmt: skip


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


def spell(challenge: str) -> str:
    """The sentence of a sum in the language in use; raises ValueError for anything that `words` did not make."""
    first, _plus, second = challenge.partition("+")
    numbers = {"first": _NUMBERS[int(first)], "second": _NUMBERS[int(second)]}
    return gettext("What is %(first)s plus %(second)s? Answer in digits.") % numbers
