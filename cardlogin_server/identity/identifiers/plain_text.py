"""What may stand in a name, a nickname or an address: text that a reader sees all of, in the order it is stored in."""

import unicodedata
from enum import StrEnum
from typing import Final

# Unicode 16, 23.8: characters that show nothing although their category says letter, mark or symbol.
_BLANK: Final = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0\ufffc\ufffd\U0001d159"
)
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Cn", "Zl", "Zp", "Zs"})
# Reserved for ideographs; Python's table may be older than a name's character (extension H came with Unicode 15).
_IDEOGRAPHIC_PLANES: Final = range(0x20000, 0x40000)
_NONCHARACTERS: Final = 0xFFFE
_MARKS_IN_A_ROW: Final = 4  # UTS 39, 5.4


class Unfit(StrEnum):
    """Why a text is refused."""

    INVISIBLE = "invisible"
    PRIVATE_USE = "private use"
    MARKS = "marks"


class UnfitText(ValueError):
    """Raised for a text that is refused; `reason` says why."""

    def __init__(self, reason: Unfit) -> None:
        super().__init__(f"the name or text has characters that are refused: {reason}")
        self.reason = reason


def plain_text(text: str) -> str:
    """The text in the form in which it is stored: NFKC, one blank between words, nothing around it; it may be empty.

    Raises UnfitText for what nobody sees or what turns the text around (bidirectional controls, zero-width and blank
    letters, line separators, unassigned code points, surrogates), for private use (造字: every computer shows another
    character) and for marks that begin a text or come more than four in a row (UTS 39, 5.4).
    """
    plain = " ".join(part for part in unicodedata.normalize("NFKC", text).split(" ") if part)
    unfit = next((reason for reason in map(_unfit, plain) if reason), None)
    if unfit is not None:
        raise UnfitText(unfit)
    if _has_stray_marks(plain):
        raise UnfitText(Unfit.MARKS)
    return plain


def _unfit(character: str) -> Unfit | None:
    code = ord(character)
    if code in _IDEOGRAPHIC_PLANES:
        return Unfit.INVISIBLE if code & _NONCHARACTERS == _NONCHARACTERS else None
    category = unicodedata.category(character)
    if category == "Co":
        return Unfit.PRIVATE_USE
    return Unfit.INVISIBLE if character != " " and (category in _INVISIBLE or character in _BLANK) else None


def _has_stray_marks(text: str) -> bool:
    in_a_row = _MARKS_IN_A_ROW  # so that a mark at the beginning is one too many
    for character in text:
        in_a_row = in_a_row + 1 if unicodedata.category(character).startswith("M") else 0
        if in_a_row > _MARKS_IN_A_ROW:
            return True
    return False
