"""外來人口統一證號, the number of foreign residents, in its new form and in its old one."""

import re
from datetime import date
from typing import Final

from cardlogin_server.identity.identifiers.national_id import Gender, checksum

_NEW: Final = re.compile(r"[A-Z][89][0-9]{8}")
_OLD: Final = re.compile(r"[A-Z][A-D][0-9]{8}")
_PERMIT: Final = re.compile(r"[0-9]{12}")
LAST_DAY_OF_OLD_NUMBERS: Final = date(2030, 12, 31)


def is_resident_id(number: str, today: date) -> bool:
    """Whether the number, in normal form, is a resident's number in use on that day (Taipei), check digit included.

    Old numbers (two letters) end with 2030-12-31. A person's number changes with the card's renewal: keep it as an
    alias, never as a key.
    """
    if is_new_resident_id(number):
        return True
    return is_old_resident_id(number) and today <= LAST_DAY_OF_OLD_NUMBERS


def is_new_resident_id(number: str) -> bool:
    """Whether it is a number of the form in use since 2021-01-02."""
    return bool(_NEW.fullmatch(number)) and checksum(number[0], number[1:]) % 10 == 0


def is_old_resident_id(number: str) -> bool:
    """Whether it is a number of the form given out before 2021-01-02."""
    if not _OLD.fullmatch(number):
        return False
    # The second letter counts by the units of its own number: A is 10, B is 11 and so on.
    return checksum(number[0], f"{ord(number[1]) - ord('A')}{number[2:]}") % 10 == 0


def looks_like_permit_number(number: str) -> bool:
    """Whether it is the 12-digit 居留證號 of a permit, which people type by mistake: reason for a hint."""
    return bool(_PERMIT.fullmatch(number))


def gender_of_resident_id(number: str) -> Gender:
    """The gender in a valid number of either form. Raises ValueError for anything else."""
    if not (is_new_resident_id(number) or is_old_resident_id(number)):
        raise ValueError("not a resident's number")
    return Gender.MALE if number[1] in "8AC" else Gender.FEMALE
