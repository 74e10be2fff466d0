"""Texts from a card, a driver or a page, without what would move, hide or fake anything where they are shown.

Without cryptography: a window needs it before that is loaded.
"""

import unicodedata
from collections.abc import Iterator

MAX_NAME = 64
# Characters; nobody reads more in a window, and a toolkit has to lay it out.
LONGEST = 20_000
UNSEEN = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Fillers and a blank pattern: letters and symbols by category that show nothing (Unicode, Default_Ignorable)."""
# A Vietnamese vowel has two; more only pile up over the lines around.
_MAX_MARKS = 2
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_TAB = "    "
# Everything that some program ends a line at.
_LINE_ENDS = str.maketrans(dict.fromkeys("\r\v\f\x1c\x1d\x1e\x85\u2028\u2029", "\n"))


def harmless(text: str, longest: int = MAX_NAME) -> str:
    """Text fit to be shown in one line: at most so many characters, and "…" where it was longer.

    No controls, direction marks, line breaks and invisible characters; at most two combining marks on a character.
    """
    return "".join(_harmless(text[:longest])) + "…" * (len(text) > longest)


def harmless_lines(text: str) -> str:
    """The same for text in its lines; at most LONGEST characters are read.

    Tabs are blanks, and all that ends a line anywhere ends one here.
    """
    lines = text[:LONGEST].replace("\r\n", "\n").translate(_LINE_ENDS).split("\n")
    return "\n".join("".join(_harmless(line.replace("\t", _TAB))) for line in lines)


def _harmless(line: str) -> Iterator[str]:
    marks = _MAX_MARKS  # a mark at the very beginning would sit on what is before
    for character in line:
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks <= _MAX_MARKS:
            yield _REPLACEMENT if _moves_text(character, category) else character


def _moves_text(character: str, category: str) -> bool:
    # Other (control, format, unassigned), and the separators of lines and paragraphs, which would fake a second row.
    return category[0] == "C" or category in ("Zl", "Zp") or character in UNSEEN
