"""Telephone numbers: what is accepted, and what the numbering plan says, which only warns."""

import re
import unicodedata
from typing import Final, NamedTuple

_LONGEST: Final = 60
_MOBILE: Final = re.compile(r"09[0-9]{8}")
_CONTACT: Final = re.compile(r"070[0-9]{8}|0[0-9]{8,9}")
_EXTENSION: Final = re.compile(r"[0-9]{1,6}")
# Area code, then the rest of the number; the longest code that fits decides.
_PLAN: Final = {
    "0826": r"6[0-9]{4}",
    "0836": r"[2-5][0-9]{4}",
    "037": r"[2-9][0-9]{5}",
    "049": r"[2-9][0-9]{6}",
    "070": r"[0-9]{8}",  # telephones over the internet
    "082": r"[2-57-9][0-9]{5}",
    "089": r"[2-9][0-9]{5}",
    "02": r"[2-8][0-9]{7}",
    "03": r"[2-689][0-9]{6}",
    "04": r"[2-4][0-9]{7}|[478][0-9]{6}",
    "05": r"[2-7][0-9]{6}",
    "06": r"[2-79][0-9]{6}",
    "07": r"[2-9][0-9]{6}",
    "08": r"[478][0-9]{6}",
}
# How people write numbers, separators left out: the country's code, the area's in brackets, an extension.
_SEPARATORS: Final = re.compile(r"[ \t.\-\u2010-\u2015\u2212]")
_TYPED: Final = re.compile(
    r"(?P<country>\+886|\(\+?886\)|00886|886(?=[1-9]))?(?:\((?P<area>[0-9]{1,4})\))?(?P<rest>[0-9]+)"
    r"(?:(?:#|轉|分機|extension|ext|x)+(?P<extension>[0-9]+))?"
)


class Telephone(NamedTuple):
    """A number in the form that is stored, digits only and area code first, and its extension or an empty text."""

    number: str
    extension: str = ""


def telephone_form(text: str) -> Telephone:
    """Read a Taiwanese number as people write it, such as “(02)2192-7111 #123” or “+886 2 2192 7111”.

    Whether there can be such a number is for the questions below. Raises ValueError where something else stands beside
    the digits, such as the code of another country.
    """
    if len(text) > _LONGEST:
        raise ValueError("too long for a telephone number")
    typed = _TYPED.fullmatch(_SEPARATORS.sub("", unicodedata.normalize("NFKC", text).lower()))
    if typed is None:
        raise ValueError("not a telephone number")
    number = (typed["area"] or "") + typed["rest"]
    return Telephone("0" + number.removeprefix("0") if typed["country"] else number, typed["extension"] or "")


def is_rescue_mobile(text: str) -> bool:
    """Whether it is a mobile number of ten digits and nothing else (F051)."""
    return bool(_MOBILE.fullmatch(text))


def is_contact_number(text: str) -> bool:
    """Whether it can be a telephone number, area code included (F048); lenient."""
    return bool(_CONTACT.fullmatch(text))


def is_extension(text: str) -> bool:
    """Whether it can be an extension of a number."""
    return bool(_EXTENSION.fullmatch(text))


def fits_numbering_plan(text: str) -> bool:
    """Whether the number is in the national plan, mobile or land-line: a warning when not, never a refusal."""
    if is_rescue_mobile(text):
        return True
    area = next((code for code in _PLAN if text.startswith(code)), None)
    return area is not None and bool(re.fullmatch(_PLAN[area], text[len(area) :]))
