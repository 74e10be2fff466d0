"""國民身分證統一編號, the national ID number, and what it shares with the resident's number."""

import re
from enum import Enum
from typing import Final

_SHAPE: Final = re.compile(r"[A-Z][12][0-9]{8}")
_LETTERS: Final = dict(zip("ABCDEFGHJKLMNPQRSTUVXYWZIO", range(10, 36), strict=True))
_WEIGHTS: Final = (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)


class Gender(Enum):
    """What a number says of its holder."""

    MALE = "male"
    FEMALE = "female"


def is_national_id(number: str) -> bool:
    """Whether the number, in normal form, is a national ID with a right check digit.

    The check digit finds typing errors (one in ten passes) and proves nothing about a person.
    """
    return bool(_SHAPE.fullmatch(number)) and checksum(number[0], number[1:]) % 10 == 0


def gender_of_national_id(number: str) -> Gender:
    """The gender in a valid national ID. Raises ValueError for anything else."""
    if not is_national_id(number):
        raise ValueError("not a national ID")
    return Gender.MALE if number[1] == "1" else Gender.FEMALE


def checksum(letter: str, digits: str) -> int:
    """The weighted sum of a letter's two digits and nine more; a multiple of ten in a valid number."""
    figures = (*divmod(_LETTERS[letter], 10), *map(int, digits))
    return sum(figure * weight for figure, weight in zip(figures, _WEIGHTS, strict=True))
